import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeMetrics } from '../../../src/push/encoding/otlp.ts';
import { anyPoints, anyText } from '../../support/any-points.ts';
import { decode, expectedOf, samplesOf } from '../../support/otlp.ts';
import { target } from '../target.ts';

/** OTLP, decoded by the generated code of its .proto files. */
export const otlp = target(
  'otlp',
  fc.record({ points: anyPoints, job: anyText, instance: anyText, repeated: fc.boolean() }),
  ({ points, job, instance, repeated }) => {
    const { metrics, ...rest } = decode(encodeMetrics(points, { job, instance }, { repeated }));
    assert.deepEqual(rest, {
      resource: [
        ['service.name', job],
        ['service.instance.id', instance],
      ],
      scope: 'vcc-exporter',
    });
    assert.deepEqual(samplesOf(metrics), expectedOf(points, repeated ? {} : { job, instance }));
  },
  { share: 0.04 },
);

import { gzipSync } from 'node:zlib';
import { describeRequest } from '../http/send.ts';
import { quoteAnswer, toFailure } from './answer.ts';
import { toBatches } from './batches.ts';
import { PushError } from './errors.ts';
import { encodeMetrics, parsePartialSuccess } from './otlp.ts';
import { toPoints } from './points.ts';
import { type DestinationOptions, type DestinationPorts, labelsOf, type Protocol } from './protocol.ts';

/** OTLP/HTTP: the answers after which a request may be sent again. */
const retryableStatuses = new Set([429, 502, 503, 504]);

/** OTLP over HTTP as protobuf: what OpenTelemetry’s collectors and many stores take. */
export function otlp(options: DestinationOptions, { post, now }: DestinationPorts): Protocol {
  return {
    format: 'otlp',
    lasting: true,
    encode({ account, families, timestampMs }, living) {
      const labels = labelsOf(options, account);
      const points = living.follow(toPoints(families, timestampMs, labels), timestampMs);
      return toBatches(points, options.limits, (part) => gzipSync(encodeMetrics(part, labels)));
    },
    async deliver(parcel, signal) {
      const request = {
        method: 'POST',
        url: options.url!,
        headers: {
          ...options.headers,
          'user-agent': options.userAgent,
          'content-type': 'application/x-protobuf',
          'content-encoding': 'gzip',
        },
        body: parcel.body,
      } as const;
      const response = await post(request, signal);
      const { status, body, headers } = response;
      const { secrets } = post;
      if (status < 200 || status >= 300) {
        throw toFailure(request, response, {
          retryable: retryableStatuses.has(status),
          secrets,
          nowMs: now(),
        });
      }
      const inProtobuf = headers['content-type']?.includes('protobuf');
      const { rejected = 0, message = '' } = (inProtobuf && parsePartialSuccess(body)) || {};
      // OTLP: a partial success must not be sent again.
      if (rejected > 0) {
        const said = quoteAnswer(Buffer.from(message), secrets);
        throw new PushError(
          `${describeRequest(request)}: answered ${status}, but rejected ${rejected} of ${parcel.samples} samples: ${said}`,
          { status, dropped: rejected },
        );
      }
    },
  };
}

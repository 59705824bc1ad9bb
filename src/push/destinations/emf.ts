import { isMetric, toEmfLines } from '../encoding/emf.ts';
import { toPoints } from '../encoding/points.ts';
import { type DestinationOptions, type DestinationPorts, labelsOf, type Protocol } from './destination.ts';

/** CloudWatch’s embedded metric format: lines of a Lambda’s log that CloudWatch makes metrics of. */
export function emf(options: DestinationOptions, { print }: DestinationPorts): Protocol {
  const { namespace } = options;
  return {
    format: 'emf',
    // What is in the log has arrived.
    lasting: false,
    encode({ account, families, timestampMs }) {
      const points = toPoints(families, timestampMs, labelsOf(options, account));
      const lines = toEmfLines(points, { namespace });
      return lines.length === 0
        ? []
        : [{ samples: points.filter(isMetric).length, body: Buffer.from(lines.join('\n')) }];
    },
    async deliver({ body }) {
      for (const line of Buffer.from(body).toString('utf8').split('\n')) print(line);
    },
  };
}

import { isMetric, toEmfLines } from '../encoding/emf.ts';
import { toPoints } from '../encoding/points.ts';
import { type DestinationOptions, type DestinationPorts, labelsOf, type Protocol } from './destination.ts';

/**
 * CloudWatch's embedded metric format: lines in a Lambda's log that CloudWatch converts to metrics.
 */
export function emf(options: DestinationOptions, { print }: DestinationPorts): Protocol {
  const { namespace } = options;
  return {
    format: 'emf',
    // Lines in the log count as delivered.
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

import { gzipSync } from 'node:zlib';
import { encodeMetrics, parsePartialSuccess } from '../encoding/otlp.ts';
import { toBodies, toPoints } from '../encoding/points.ts';
import { PushError } from '../errors.ts';
import { type DestinationOptions, type DestinationPorts, labelsOf, type Protocol } from './destination.ts';
import { quoteAnswer } from './post.ts';

/** The statuses that OTLP/HTTP defines as retryable. */
const retryableStatuses = new Set([429, 502, 503, 504]);

/** OTLP over HTTP with protobuf, for OpenTelemetry collectors and many databases. */
export function otlp(options: DestinationOptions, { post }: DestinationPorts): Protocol {
  // Prometheus, Mimir and collectors derive job and instance from the resource, and some fail if a
  // point has them too. VictoriaMetrics does not derive them. Its path identifies it.
  const repeated = options.url!.pathname.includes('/opentelemetry/');
  return {
    format: 'otlp',
    lasting: true,
    encode({ account, families, timestampMs }, tracker) {
      const labels = labelsOf(options, account);
      const points = tracker.track(toPoints(families, timestampMs, labels), timestampMs);
      return toBodies(points, options.limits, (part) => gzipSync(encodeMetrics(part, labels, { repeated })));
    },
    async deliver(batch, deadline) {
      const request = {
        method: 'POST',
        url: options.url!,
        headers: {
          ...options.headers,
          'user-agent': options.userAgent,
          'content-type': 'application/x-protobuf',
          'content-encoding': 'gzip',
        },
        body: batch.body,
      } as const;
      const { status, body, headers } = await post(request, deadline, (code) => retryableStatuses.has(code));
      const inProtobuf = headers['content-type']?.includes('protobuf');
      const { rejected = 0, message = '' } = (inProtobuf && parsePartialSuccess(body)) || {};
      // OTLP forbids retries after a partial success.
      if (rejected > 0) {
        const said = quoteAnswer(Buffer.from(message));
        throw new PushError(
          `${post.describe(request)}: answered ${status}, but rejected ${rejected} of ${batch.samples} samples: ${said}`,
          { status },
        );
      }
    },
  };
}

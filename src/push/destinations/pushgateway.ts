import type { Family, Labels } from '../../catalogue/metric.ts';
import { textFormat } from '../../exposition/format.ts';
import { type DestinationOptions, type DestinationPorts, labelsOf, type Protocol } from './destination.ts';
import { isRetryable } from './post.ts';

/** Returns the URL of a group at a Pushgateway. A PUT replaces the whole group. */
export function toGroupUrl(base: URL, grouping: Labels): URL {
  const url = new URL(base);
  const path = Object.entries(grouping).map(([name, value]) => `${name}${toSegment(value)}`);
  url.pathname = [url.pathname.replace(/\/+$/, ''), 'metrics', ...path].join('/');
  return url;
}

/**
 * Returns a part of the path. Encodes empty values, `.`, `..` and values with a slash as base64.
 */
function toSegment(value: string): string {
  if (value === '') return '@base64/=';
  return value.includes('/') || value === '.' || value === '..'
    ? `@base64/${Buffer.from(value).toString('base64url')}`
    : `/${encodeURIComponent(value)}`;
}

/** Returns the body of a PUT: text 0.0.4 without timestamps, which a Pushgateway rejects. */
export function toGroupBody(families: readonly Family[], more: Labels): Buffer {
  return textFormat.encode(
    families.map((family) => ({
      ...family,
      values: family.values.map(({ sharedLabels, labels, ...rest }) => ({
        ...rest,
        labels: { ...more, ...sharedLabels, ...labels },
      })),
    })),
  );
}

/**
 * A Pushgateway. It keeps one value per series, with the time of the push. Prefer another
 * destination.
 */
export function pushgateway(options: DestinationOptions, { post }: DestinationPorts): Protocol {
  return {
    format: 'pushgateway',
    lasting: false,
    encode({ account, families }) {
      const body = toGroupBody(families, labelsOf(options, account));
      return [{ samples: families.reduce((sum, { values }) => sum + values.length, 0), body }];
    },
    async deliver(batch, deadline) {
      const { job, instance } = labelsOf(options, batch.account);
      const request = {
        method: 'PUT',
        url: toGroupUrl(options.url!, { job, instance }),
        headers: {
          ...options.headers,
          'user-agent': options.userAgent,
          'content-type': textFormat.contentType,
        },
        body: batch.body,
      } as const;
      await post(request, deadline, isRetryable);
    },
  };
}

import { compress, uncompress } from 'snappyjs';
import type { Deadline } from '../../deadline.ts';
import type { HttpResponse } from '../../http/send.ts';
import { toBodies, toPoints } from '../encoding/points.ts';
import { encodeWriteRequest } from '../encoding/remote-write-1.ts';
import { encodeRequest, toWriteRequest } from '../encoding/remote-write-2.ts';
import { PushError } from '../errors.ts';
import type { Batch } from '../queue.ts';
import { type DestinationOptions, type DestinationPorts, labelsOf, type Protocol } from './destination.ts';
import { isRetryable } from './post.ts';

/** The headers that distinguish the two versions. */
const contentTypes = {
  'remote-write-1': {
    'content-type': 'application/x-protobuf',
    'x-prometheus-remote-write-version': '0.1.0',
  },
  'remote-write-2': {
    'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'x-prometheus-remote-write-version': '2.0.0',
  },
} as const;

/**
 * Prometheus remote write 1.0, or 2.0. If a destination does not support 2.0, falls back to 1.0.
 */
export function remoteWrite(options: DestinationOptions, { post }: DestinationPorts): Protocol {
  const format = options.version === '2.0' ? 'remote-write-2' : 'remote-write-1';
  const encode = format === 'remote-write-2' ? encodeRequest : encodeWriteRequest;
  let knowsNewer = true;

  async function attempt(batch: Batch, deadline: Deadline): Promise<'stored' | 'not understood'> {
    const newer = batch.format === 'remote-write-2';
    const request = {
      method: 'POST',
      url: options.url!,
      headers: {
        ...options.headers,
        'user-agent': options.userAgent,
        'content-encoding': 'snappy',
        ...contentTypes[newer ? 'remote-write-2' : 'remote-write-1'],
      },
      body: batch.body,
    } as const;
    let response: HttpResponse;
    try {
      response = await post(request, deadline, isRetryable);
    } catch (error) {
      if (newer && error instanceof PushError && error.status === 415) return 'not understood';
      throw error;
    }
    if (!newer) return 'stored';
    const { status, headers } = response;
    const written = headers['x-prometheus-remote-write-samples-written'];
    // A destination without 2.0 parses a 2.0 body as an empty 1.0 body.
    if (written === undefined) return 'not understood';
    const dropped = batch.samples - Number(written);
    if (!(dropped > 0)) return 'stored';
    throw new PushError(
      `${post.describe(request)}: answered ${status}, but stored ${Number(written)} of ${batch.samples} samples`,
      { status },
    );
  }

  return {
    format,
    lasting: true,
    encode({ account, families, timestampMs }, tracker) {
      const points = toPoints(families, timestampMs, labelsOf(options, account));
      const all = tracker.track(points, timestampMs);
      return toBodies(all, options.limits, (part) => compress(encode(part)));
    },
    async deliver(batch, deadline) {
      if (batch.format === 'remote-write-2') {
        if (knowsNewer && (await attempt(batch, deadline)) === 'stored') return;
        knowsNewer = false;
        await attempt(toOlder(batch), deadline);
        return;
      }
      await attempt(batch, deadline);
    },
  };
}

/**
 * Ten times the largest body that settings allow. Without a limit, a damaged body that claims 4 GB
 * would make snappy allocate them.
 */
const maxUnpackedBytes = 100_000_000;

function toOlder(batch: Batch): Batch {
  const request = uncompress(batch.body, maxUnpackedBytes);
  return { ...batch, format: 'remote-write-1', body: compress(toWriteRequest(request)) };
}

import { readFileSync } from 'node:fs';
import net, { type AddressInfo, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Invocation } from '../../support/runtime-api.ts';

const folder = new URL('../../fixtures/events/', import.meta.url);

/** The ways by which AWS brings a request, by the names of events in AWS's documented shapes. */
export const gateways = [
  'function-url',
  'function-url-iam',
  'http-api',
  'rest-api',
  'alb',
  'alb-multi-value',
] as const;

/** A fresh copy of an event. */
export function eventOf(gateway: (typeof gateways)[number]): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`${gateway}.json`, folder), 'utf8'));
}

/** A Function URL's event with these headers and no others. */
export function requestOf(headers: Record<string, string> = {}, path = '/metrics'): Record<string, unknown> {
  return { ...eventOf('function-url'), rawPath: path, headers };
}

/** An answer to an HTTP event, whatever the gateway. */
export interface HttpAnswer {
  statusCode: number;
  headers: Record<string, string>;
  multiValueHeaders?: Record<string, string[]>;
  body: string;
  isBase64Encoded: boolean;
}

/**
 * What a gateway would make of the answer: the headers in one form, the body as text.
 * @throws Error when it failed
 */
export function toHttp({ body, error }: Invocation): { status: number; text: string } & HttpAnswer {
  if (error) throw new Error(`the function failed: ${JSON.stringify(error)}`);
  const answer = body as HttpAnswer;
  const headers =
    answer.headers ??
    Object.fromEntries(Object.entries(answer.multiValueHeaders!).map(([name, values]) => [name, values[0]!]));
  const bytes = Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8');
  const text = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  return { ...answer, status: answer.statusCode, headers, text };
}

/** One connection through a relay. */
interface Line {
  /** Whether the exporter sent last and waits for an answer. */
  waiting: boolean;
  forgotten: boolean;
  near: Socket;
  far: Socket;
}

/**
 * How an unused connection ends: by a close, by a reset, or without notice. NAT gateways give no
 * notice, and reset the connection at its next use.
 */
export const waysToCut = ['end', 'reset', 'forget'] as const;

/** A relay between the exporter and its upstream that sees the traffic. */
export interface Relay {
  origin: string;
  /** Bytes that the exporter has sent. */
  sentBytes(): number;
  /**
   * Connections that it has opened, ever and now, and the open ones on which it waits for an
   * answer.
   */
  opened(): number;
  open(): number;
  waiting(): number;
  /** Ends all connections. */
  cut(how: (typeof waysToCut)[number]): void;
  close(): Promise<void>;
}

/** Starts a relay to a server on this machine. */
export async function startRelay(target: string): Promise<Relay> {
  const lines = new Set<Line>();
  let opened = 0;
  let sentBytes = 0;
  const server = net.createServer((near) => {
    const far = net.connect(Number(new URL(target).port), '127.0.0.1');
    const line: Line = { waiting: false, forgotten: false, near, far };
    lines.add(line);
    opened++;
    near.on('data', (chunk) => {
      sentBytes += chunk.length;
      line.waiting = true;
      if (line.forgotten) near.resetAndDestroy();
      else far.write(chunk);
    });
    far.on('data', (chunk) => {
      line.waiting = false;
      near.write(chunk);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => {
        lines.delete(line);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sentBytes: () => sentBytes,
    opened: () => opened,
    open: () => lines.size,
    waiting: () => [...lines].filter(({ waiting }) => waiting).length,
    cut: (how) => {
      for (const line of lines) {
        line.forgotten = how === 'forget';
        if (how === 'end') line.near.destroy();
        if (how === 'reset') line.near.resetAndDestroy();
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const { near } of lines) near.destroy();
      }),
  };
}

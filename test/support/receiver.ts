import type { IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { startServer, type TestServer } from './server.ts';

/** A request at a receiver. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A receiver's answer to one request. The last of its answers is repeated. */
export interface ReceiverAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** `hang`: never; `cut`: begins and closes the connection. */
  how?: 'hang' | 'cut';
}

/** Starts a receiver of pushes with answers that the test sets. */
export async function startReceiver(
  answers: readonly ReceiverAnswer[],
): Promise<TestServer & { received: Received[] }> {
  const received: Received[] = [];
  const server = await startServer((request, response) => {
    buffer(request).then((body) => {
      const {
        status = 200,
        headers,
        body: text,
        how,
      } = answers[Math.min(received.length, answers.length - 1)]!;
      received.push({ method: request.method!, url: request.url!, headers: request.headers, body });
      if (how === 'hang') return;
      if (how === 'cut') {
        response.writeHead(200, { 'content-length': 100 }).write('x');
        setTimeout(() => response.destroy(), 10);
        return;
      }
      response.writeHead(status, headers).end(text);
    });
  });
  return { ...server, received };
}

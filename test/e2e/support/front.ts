import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { startServer, type TestServer } from '../../support/server.ts';

/** Proxies a server on this machine, and passes requests on. */
export interface Front extends TestServer {
  /** Answers in place of the server behind, if it is set. */
  answer: RequestListener | undefined;
  /** From an answer's headers to its body. */
  bodyDelayMs: number;
}

/** Starts a front. Its behaviour may be changed at any time. */
export async function startFront(target: string): Promise<Front> {
  const state = { answer: undefined as RequestListener | undefined, bodyDelayMs: 0 };

  async function handOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, headers } = request;
    const outgoing = http.request(new URL(url!, target), { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers).flushHeaders();
      setTimeout(() => answer.pipe(response), state.bodyDelayMs);
    });
    outgoing.on('error', () => response.destroy());
    outgoing.end(await buffer(request));
  }

  const server = await startServer((request, response) => {
    if (state.answer) state.answer(request, response);
    else handOn(request, response).catch(() => response.destroy());
  });
  return Object.assign(state, server);
}

/** Answers that Node.js' client reports in other events than the usual ones. */
export const oddAnswers: Readonly<Record<string, RequestListener>> = {
  'an upgrade without a request': ({ socket }) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  },
  'a closed connection': ({ socket }) => socket.destroy(),
  'headers, then silence': (_, response) => {
    response.writeHead(200, { 'content-length': 1000 }).flushHeaders();
  },
};

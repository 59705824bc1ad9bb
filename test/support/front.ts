import http from 'node:http';
import { text } from 'node:stream/consumers';
import type { Simulator } from '../../src/simulator/server.ts';
import { startServer, type TestServer } from './server.ts';

type Items = Record<string, unknown>[];

/** How to change the items of answers, by the last part of the path. */
export type Changes = Readonly<Record<string, (items: Items) => Items>>;

/** Starts a server in front of a simulator that changes the items of answers. */
export function openFront({ apiUrl }: Simulator, changes: Changes): Promise<TestServer> {
  return startServer(async ({ url: path = '/', headers }, response) => {
    const { authorization = '', accept = '' } = headers;
    const url = new URL(path, apiUrl);
    const answer = await new Promise<http.IncomingMessage>((resolve) => {
      http.get(url, { headers: { authorization, accept } }, resolve).on('error', () => response.destroy());
    });
    const body = JSON.parse(await text(answer)) as { items?: Items };
    const change = changes[url.pathname.split('/').at(-1)!];
    if (change && body.items) body.items = change(body.items);
    for (const name of ['date', 'server']) response.setHeader(name, answer.headers[name]!);
    response.writeHead(answer.statusCode!, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
}

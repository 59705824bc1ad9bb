import { readFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { agentIdOf, type FaultId, pageSize } from './fault-matrix.ts';
import { answerOfQueues, guidOf } from './fault-queues.ts';
import { freePort } from './process.ts';

/** A request at a front, and what a fault may do with it. */
interface Exchange {
  /** The number of this request among those with this fault, from 0. */
  nth: number;
  place: string;
  request: IncomingMessage;
  body: Buffer;
  response: ServerResponse;
  socket: Socket;
  /** Passes the request to the host behind, and returns its answer uncompressed. */
  forward(): Promise<Answer>;
  /** The origin of a host that must never get a request. */
  elsewhere: string;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

type Spoil = (exchange: Exchange) => void | Promise<void>;

/** What has the fault, and how many requests met it. */
interface Active {
  place: string;
  fault: FaultId;
  met: number;
}

/** Handles the requests to one host or several, and replaces answers by one fault. */
export interface Front {
  /** Undefined: all answers are those of the host behind. */
  active: Active | undefined;
  /** Every request, and its time. */
  seen: { place: string; atMs: number }[];
  /** The tokens from the host behind. */
  tokens: string[];
  handle(request: IncomingMessage, response: ServerResponse, body: Buffer): void;
}

/** Creates a front. `toPlace` gives the place of a request in the matrix. */
export function createFront(
  upstream: string,
  elsewhere: string,
  toPlace: (request: IncomingMessage, body: Buffer) => string,
): Front {
  const front: Front = {
    active: undefined,
    seen: [],
    tokens: [],
    handle(request, response, body) {
      const place = toPlace(request, body);
      front.seen.push({ place, atMs: performance.now() });
      const { active } = front;
      const forward = async () => {
        const answer = await forwardTo(upstream, request, body);
        const token = /"access_token":"([^"]+)"/.exec(answer.body.toString('latin1'))?.[1];
        if (token) front.tokens.push(token);
        return answer;
      };
      const handled = async () => {
        if (active?.place !== place) return answerAs(response, await forward());
        const { socket } = request;
        const nth = active.met++;
        return spoils[active.fault]({ nth, place, request, body, response, socket, forward, elsewhere });
      };
      handled().catch(() => response.destroy());
    },
  };
  return front;
}

/** A front's own server, which can be stopped and started at the same port. */
export interface Listening {
  origin: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

const certificate = (kind: 'crt' | 'key') =>
  readFileSync(new URL(`../../fixtures/tls/self-signed.${kind}`, import.meta.url));

/**
 * Starts a server that passes its requests to a front. With `tls` it shows a certificate that
 * nobody signed.
 */
export async function listenFor(handle: Front['handle'], tls = false): Promise<Listening> {
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    buffer(request).then(
      (body) => handle(request, response, body),
      () => response.destroy(),
    );
  };
  const server = tls
    ? https.createServer({ key: certificate('key'), cert: certificate('crt') }, onRequest)
    : http.createServer(onRequest);
  server.on('tlsClientError', () => {});
  // No connection ends by itself while a cell waits.
  server.keepAliveTimeout = 300_000;
  // Nobody else may get it while this server is stopped.
  const port = await freePort();
  const start = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  await start();
  return {
    origin: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    start,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Paths that redirects lead to. */
const moved = '/moved';

async function forwardTo(upstream: string, request: IncomingMessage, body: Buffer): Promise<Answer> {
  const ofQueues = answerOfQueues(request);
  if (ofQueues !== undefined) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(ofQueues) };
  }
  const { host, connection, 'accept-encoding': _, ...headers } = request.headers;
  const path = request.url!.replace(moved, '');
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      `${upstream}${path}`,
      { method: request.method, headers, agent: false },
      (answer) => {
        buffer(answer).then(
          (text) => resolve({ status: answer.statusCode!, headers: answer.headers, body: text }),
          reject,
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function answerAs(response: ServerResponse, { status, headers, body }: Answer): void {
  const { connection, 'transfer-encoding': _, 'content-length': __, ...rest } = headers;
  response.writeHead(status, { ...rest, 'content-length': body.length }).end(body);
}

/** Writes the head of a 200 by hand, then the text behind it. */
function raw({ socket }: Exchange, headers: string, body: string | Buffer = '', status = '200 OK'): void {
  socket.write(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n`);
  socket.write(body);
}

/** Answers with the fault's own body. Samples in the request are stored first. */
const withBody =
  (body: string | Buffer, headers: Record<string, string> = {}): Spoil =>
  async (exchange) => {
    await exchange.forward();
    exchange.response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
  };

/** Answers with a changed answer of the host behind. */
const changed =
  (change: (text: string, exchange: Exchange) => string | Buffer): Spoil =>
  async (exchange) => {
    const answer = await exchange.forward();
    answerAs(exchange.response, { ...answer, body: Buffer.from(change(answer.body.toString(), exchange)) });
  };

/** Answers with an answer of the host behind that is changed as JSON. */
const altered = (change: (content: Content, exchange: Exchange) => unknown): Spoil =>
  changed((text, exchange) => {
    const content = JSON.parse(text) as Content;
    return JSON.stringify(change(content, exchange) ?? content);
  });

/** Only the fields that the matrix changes, in the spelling of the API. */
interface Content {
  meta?: { page: number; count: number; pageCount: number; totalCount: number };
  items?: {
    agentId?: string;
    guid?: string;
    start?: string | null;
    category?: string;
    channels?: { events: { type: string }[] }[];
    workload?: Record<string, unknown> | undefined;
  }[];
  users?: Record<string, unknown>[];
  skills?: Record<string, unknown>[];
  access_token?: string;
  expires_in?: unknown;
  token_type?: string;
  SecretString?: string;
}

/**
 * An answer with an error that repeats the request: credentials, in each form that they had there.
 */
function statusWith(status: number, headers: Record<string, string> = {}): Spoil {
  return ({ request, response, body }) => {
    const { authorization = '' } = request.headers;
    const encoded = /^Basic (\S+)/.exec(authorization)?.[1] ?? '';
    const echo = [authorization, Buffer.from(encoded, 'base64').toString(), body.toString('latin1')];
    response.writeHead(status, { 'content-type': 'text/plain', ...headers });
    response.end(status === 204 || status === 304 ? undefined : `no: ${echo.join(' ')}`);
  };
}

const redirect = (status: number, location: (exchange: Exchange) => string): Spoil => {
  return async (exchange) => {
    const { request, response } = exchange;
    // The first request is redirected, and the one to the new place is answered.
    if (request.url!.startsWith(moved)) return answerAs(response, await exchange.forward());
    response.writeHead(status, { location: location(exchange) }).end();
  };
};
const sameHost = ({ request }: Exchange) => `${moved}${request.url}`;
const otherHost = ({ request, elsewhere }: Exchange) => `${elsewhere}${request.url}`;

const early =
  (status: 100 | 103): Spoil =>
  async (exchange) => {
    const { response } = exchange;
    if (status === 100) response.writeContinue();
    else response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
    answerAs(response, await exchange.forward());
  };

const dated =
  (date: () => string): Spoil =>
  async (exchange) => {
    const answer = await exchange.forward();
    answerAs(exchange.response, { ...answer, headers: { ...answer.headers, date: date() } });
  };
const hours = 3_600_000;

const once =
  (spoil: Spoil): Spoil =>
  async (exchange) => {
    if (exchange.nth === 0) return spoil(exchange);
    answerAs(exchange.response, await exchange.forward());
  };

const secretFails = (type: string, message = 'simulated'): Spoil => {
  const body = JSON.stringify({ __type: type, message });
  return ({ response }) =>
    void response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
};
const secretHolds = (text: string) =>
  altered((content) => {
    content.SecretString = text;
  });

/** One field of each answer, as a list that is none, or nothing. */
const withField = (value: unknown) =>
  altered((content) => {
    if (content.items) Object.assign(content, { items: value });
    if (content.users) Object.assign(content, { users: value });
    if (content.skills) Object.assign(content, { skills: value });
    if (content.access_token) Object.assign(content, { access_token: value });
    if (content.SecretString) Object.assign(content, { SecretString: value });
  });

/** A long text that is no secret. */
const filler = Buffer.alloc(40_000_000, ' ');
const bomb = gzipSync(filler, { level: 1 });

/** Counts of a page and how they are changed. */
const withMeta = (change: (meta: NonNullable<Content['meta']>) => void) =>
  altered((content) => change(content.meta!));

/** How each fault is made. */
const spoils: Record<FaultId, Spoil> = {
  // The cell stops the server, or gives its https address.
  refused() {},
  tls() {},
  reset: ({ socket }) => void socket.resetAndDestroy(),
  closed: ({ socket }) => void socket.destroy(),
  'cut-headers': ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\ncontent-ty'),
  async 'cut-body'(exchange) {
    const { body } = await exchange.forward();
    raw(exchange, `content-length: ${body.length + 100}`, body.subarray(0, body.length / 2));
    setTimeout(() => exchange.socket.resetAndDestroy(), 20);
  },
  async 'cut-chunked'(exchange) {
    await exchange.forward();
    raw(exchange, 'transfer-encoding: chunked', '5\r\n{"a":\r\n');
    setTimeout(() => exchange.socket.end(), 20);
  },
  hang() {},
  'hang-long'() {},
  async late(exchange) {
    const answer = await exchange.forward();
    await new Promise((resolve) => setTimeout(resolve, 4000));
    answerAs(exchange.response, answer);
  },
  async 'hang-body'(exchange) {
    await exchange.forward();
    raw(exchange, 'content-length: 1000', '{"access_token":');
  },
  drip,
  'drip-long': drip,
  'not-http': ({ socket }) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
  'tls-to-http': ({ socket }) => void socket.end(Buffer.from('15030300020228', 'hex')),

  async 'length-short'(exchange) {
    await exchange.forward();
    raw(exchange, 'content-length: 10\r\nconnection: close', '{"meta":{},"items":[]}');
    exchange.socket.end();
  },
  async 'length-long'(exchange) {
    const { body } = await exchange.forward();
    raw(exchange, `content-length: ${body.length + 100}`, body);
  },
  'length-bad': (exchange) => raw(exchange, 'content-length: many', '{}'),
  async 'chunk-bad'(exchange) {
    await exchange.forward();
    raw(exchange, 'transfer-encoding: chunked', 'xyz\r\n{}\r\n0\r\n\r\n');
  },
  'header-large': (exchange) => raw(exchange, `x-large: ${'x'.repeat(100_000)}\r\ncontent-length: 2`, '{}'),
  'header-bad': (exchange) => raw(exchange, 'x-bad\x01: y\r\ncontent-length: 2', '{}'),
  gzip: withBody('this is no gzip', { 'content-encoding': 'gzip' }),
  async 'gzip-cut'(exchange) {
    const packed = gzipSync((await exchange.forward()).body);
    exchange.response.writeHead(200, { 'content-encoding': 'gzip' });
    exchange.response.end(packed.subarray(0, packed.length - 12));
  },
  'gzip-bomb': withBody(bomb, { 'content-encoding': 'gzip' }),
  'body-large': withBody(filler.subarray(0, 1_500_000)),

  'json-cut': changed((text) => text.slice(0, text.length / 2)),
  html: withBody('<!doctype html><title>Gateway</title>', { 'content-type': 'text/html' }),
  empty: withBody(''),
  null: withBody('null'),
  array: withBody('[]'),
  deep: withBody('['.repeat(100_000)),
  'not-utf8': withBody(Buffer.from('fffe7b00ff22c3287d', 'hex')),
  'text-not-utf8': async (exchange) => {
    const answer = await exchange.forward();
    const text = answer.body.toString('latin1');
    // Of a token in the token itself. Elsewhere in a field that nothing reads.
    const bad = text.includes('"access_token":"')
      ? text.replace('"access_token":"', '$&\xff')
      : text.replace('{', '{"note":"\xff",');
    answerAs(exchange.response, { ...answer, body: Buffer.from(bad, 'latin1') });
  },
  bom: changed((text) => `\ufeff${text}`),
  'wrong-shape': withField({}),
  'missing-field': withField(undefined),
  nan: changed((text) =>
    text.replace(/("totalCount":|"expires_in":|"CreatedDate":|"active":)[^,}]+/, '$1NaN'),
  ),
  'huge-number': changed((text) => text.replace(/("totalCount":|"expires_in":)[^,}]+/, '$11e400')),
  'negative-number': changed((text) => text.replace(/("totalCount":|"expires_in":)[^,}]+/, '$1-40')),
  'flawed-agent': altered(({ items }) => {
    items![0]!.workload!.calls = 1e300;
  }),
  'flawed-item': altered(({ items }) => {
    items![0]!.start = null;
  }),
  'flawed-items': altered(({ items }) => {
    for (const item of items!) item.start = null;
  }),
  'unknown-word': altered(({ items }) => {
    const [first] = items!;
    if (first!.channels) first!.channels[0]!.events.at(-1)!.type = 'Surprise';
    else first!.category = 'Surprise';
  }),
  'flawed-agents': altered(({ items }) => {
    for (const item of items!) item.workload = undefined;
  }),

  'duplicate-on-page': altered(({ items, users, skills }) => {
    items?.splice(1, 1, items[0]!);
    users?.push(users[0]!);
    skills?.push(skills[0]!);
  }),
  'duplicate-on-pages': altered(({ items }) => {
    items![0]!.agentId = agentIdOf(0);
  }),
  'lost-page': altered((content) => {
    for (const list of ['items', 'skills'] as const) if (content[list]) content[list] = [];
    content.meta!.count = 0;
  }),
  'other-page': withMeta((meta) => {
    meta.page = 3 - meta.page;
  }),
  moved: once(altered(move)),
  moving: altered(move),
  'count-changed': once(
    withMeta((meta) => {
      meta.totalCount++;
    }),
  ),
  'count-wrong': withMeta((meta) => {
    meta.totalCount++;
  }),
  'pages-fewer': withMeta((meta) => {
    meta.pageCount--;
  }),
  'pages-many': withMeta((meta) => {
    meta.pageCount = 1000;
  }),
  'pages-endless': withMeta((meta) => {
    meta.pageCount = 1e6;
    meta.totalCount = 25e6;
  }),

  'redirect-301': redirect(301, sameHost),
  'redirect-302': redirect(302, sameHost),
  'redirect-307': redirect(307, sameHost),
  'redirect-308': redirect(308, sameHost),
  'redirect-301-away': redirect(301, otherHost),
  'redirect-302-away': redirect(302, otherHost),
  'redirect-307-away': redirect(307, otherHost),
  'redirect-file': redirect(302, () => 'file:///etc/passwd'),
  'redirect-loop': ({ request, response }) => void response.writeHead(307, { location: request.url! }).end(),
  'redirect-nowhere': statusWith(302),

  'status-100': early(100),
  'status-103': early(103),
  'status-101': (exchange) =>
    raw(exchange, 'connection: upgrade\r\nupgrade: websocket', '', '101 Switching Protocols'),
  'status-204': async (exchange) => {
    await exchange.forward();
    exchange.response.writeHead(204).end();
  },
  'status-304': statusWith(304),
  'status-400': statusWith(400),
  'status-401': statusWith(401),
  'status-401-once': once(statusWith(401)),
  'status-403': statusWith(403),
  'status-403-absurd': statusWith(403, { 'retry-after': '99999999' }),
  'status-404': statusWith(404),
  'status-405': statusWith(405),
  'status-407': statusWith(407),
  'status-408': statusWith(408),
  'status-410': statusWith(410),
  'status-413': statusWith(413),
  'status-415': statusWith(415),
  'status-422': statusWith(422),
  'status-431': statusWith(431),
  'status-451': statusWith(451),
  'status-429': statusWith(429),
  'status-429-seconds': statusWith(429, { 'retry-after': '3' }),
  'status-429-date': (exchange) =>
    statusWith(429, { 'retry-after': new Date(Date.now() + 4000).toUTCString() })(exchange),
  'status-429-absurd': statusWith(429, { 'retry-after': '99999999' }),
  'status-429-words': statusWith(429, { 'retry-after': 'as soon as you can' }),
  'status-500': statusWith(500),
  'status-501': statusWith(501),
  'status-502': statusWith(502),
  'status-503': statusWith(503),
  'status-503-seconds': statusWith(503, { 'retry-after': '3' }),
  'status-503-absurd': statusWith(503, { 'retry-after': '99999999' }),
  'status-503-once': once(statusWith(503)),
  'status-504': statusWith(504),
  'status-507': statusWith(507),
  'status-599': statusWith(599),
  'status-500-hang': ({ response }) => void response.writeHead(500, { 'content-length': 100 }).write('x'),

  'date-behind': dated(() => new Date(Date.now() - 3 * hours).toUTCString()),
  'date-ahead': dated(() => new Date(Date.now() + 3 * hours).toUTCString()),
  'date-bad': dated(() => 'yesterday'),

  'token-no-expiry': altered((content) => {
    delete content.expires_in;
  }),
  'token-expiry-text': altered((content) => {
    content.expires_in = String(content.expires_in);
  }),
  'token-expiry-zero': altered((content) => {
    content.expires_in = 0;
  }),
  'token-line-break': altered((content) => {
    content.access_token += '\r\nx-evil: 1';
  }),
  'token-other-type': altered((content) => {
    content.token_type = 'mac';
  }),
  'token-unknown': altered((content) => {
    content.access_token = 'unknown-token-of-nobody';
  }),

  'secret-denied': secretFails('AccessDeniedException', 'User: arn:aws:sts::123456789012:assumed-role/x'),
  'secret-absent': secretFails('ResourceNotFoundException'),
  'secret-kms': secretFails('DecryptionFailure'),
  'secret-throttled': secretFails('ThrottlingException'),
  'secret-no-json': secretHolds('clientSecret=do-not-print-this-secret'),
  'secret-no-id': secretHolds(JSON.stringify({ clientSecret: 'do-not-print-this-secret' })),
  'secret-bytes': altered((content) => {
    Object.assign(content, { SecretBinary: 'ZG8tbm90LXByaW50' });
    delete content.SecretString;
  }),
  'secret-other': altered((content) => {
    const { clientId } = JSON.parse(content.SecretString!) as { clientId: string };
    content.SecretString = JSON.stringify({ clientId, clientSecret: 'do-not-print-this-secret' });
  }),

  async 'samples-missing'({ place, response }) {
    if (place === 'otlp') {
      // ExportMetricsServiceResponse: partial_success { rejected_data_points: 7 }
      const body = Buffer.from('0a020807', 'hex');
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(body);
    } else response.writeHead(200, { 'x-prometheus-remote-write-samples-written': '1' }).end();
  },
};

/** The first item of page 1 is one of page 2, and another one at each reading. */
function move({ items }: Content, { nth }: Exchange): void {
  if (items![0]!.guid) items![0]!.guid = guidOf(pageSize + nth);
  else items![0]!.agentId = agentIdOf(pageSize + nth);
}

async function drip(exchange: Exchange): Promise<void> {
  await exchange.forward();
  raw(exchange, 'content-length: 100000', '{');
  const timer = setInterval(() => exchange.socket.write(' '), 50);
  exchange.socket.once('close', () => clearInterval(timer));
}

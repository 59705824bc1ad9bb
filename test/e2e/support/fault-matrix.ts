import type { ErrorCode } from '../../../src/errors.ts';

/**
 * Where a fault is put when an account is read.
 * - `roster`, `skills`: the lists of users and skills in the User Admin API
 * - `ongoing`, `queue times`: the first page of that list
 */
export const sources = [
  'secret',
  'token',
  'page 1',
  'page 2',
  'roster',
  'ongoing',
  'queue times',
  'skills',
] as const;
export type Source = (typeof sources)[number];

/** Where a fault is put when samples are pushed: the kinds of destinations. */
export const receivers = ['remote write 1', 'remote write 2', 'otlp', 'pushgateway'] as const;
export type ReceiverPlace = (typeof receivers)[number];

/** How an account is read. Each fault of a source is tried in each of these ways. */
export const ways = ['serve', 'lambda', 'push'] as const;
export type Way = (typeof ways)[number];

/** The required result of a read while the fault lasts. */
export interface Read {
  /**
   * The reason of `vcc_scrape_error`, for a roster the code in the log, for queues the reason of
   * `vcc_queue_error`. Undefined: the right numbers are served.
   */
  reason?: ErrorCode;
  /**
   * Requests to this place during the first scrape: a number, or a lowest and a highest number. A
   * refused connection is none.
   */
  requests: number | readonly [least: number, most: number];
  /**
   * Seconds after the failure during which nothing is sent. `restart`: longer than a test waits,
   * but not across a restart.
   */
  pause?: number | 'restart';
  /** Seconds that Retry-After requires between two requests of a scrape. */
  apart?: number;
  /** Samples are not pushed, since the clocks of the API and the exporter differ. */
  clocksDiffer?: true;
  /**
   * - `duplicate`: the second item of the page is hidden behind the first one's second record
   * - `flawed`: the first item's workload, or start, is unknown
   * - `unknown`: the first item has a word that the API reference does not have
   */
  counted?: 'duplicate' | 'flawed' | 'unknown';
}

/**
 * The required result for samples while the fault lasts. Nothing is lost or changed in any case.
 */
export interface Delivery {
  /**
   * `delivered`: the answer counts as a success. `retried`: sent again until the fault is gone.
   * `held`: kept, and sent again after a minute or a restart. `rejected`: put aside at the first
   * answer, and delivered after `replay`.
   */
  outcome: 'delivered' | 'retried' | 'held' | 'rejected';
  /**
   * Requests for the first batch while the fault lasts. For `retried`, the default is at least two.
   */
  requests?: number;
  /** Seconds that Retry-After requires between two requests. */
  apart?: number;
}

/** A fault, and the required result at each place where it can occur. */
export interface FaultRow {
  about: string;
  at: Partial<Record<Source, Read> & Record<ReceiverPlace, Delivery>>;
  /** Settings that the fault needs, in place of those of all cells. */
  settings?: Readonly<Record<string, string>>;
  /** The scrape may last this long. Default: {@link scrapeSeconds}. */
  seconds?: number;
}

/** VCC_RETRIES in all cells, so that a repeated request is sent three times. */
export const retries = 2;
/** Time of a scrape in all cells. */
export const scrapeSeconds = 10;
/** Agents of the account, and how many are on a page: on two pages. */
export const agents = 40;
export const pageSize = 25;
/**
 * The id of an agent, from 0 in the order of the pages, with characters that JSON, addresses and
 * base64 write in other ways.
 */
export const agentIdOf = (index: number): string => `id-${String(index).padStart(2, '0')} "é"/+&`;

const repeated = 1 + retries;
/** The AWS SDK retries temporary failures up to two times. */
const bySdk = 3;
/** The SDK decides which broken connections are temporary. */
const upToSdk = [1, bySdk] as const;

type At = FaultRow['at'];

const served = { requests: 1 } as const;
const fails = (reason: ErrorCode, requests: Read['requests'] = 1, more: Partial<Read> = {}): Read => ({
  reason,
  requests,
  ...more,
});

/** The same at both lists of interactions. Their pages are checked as those of the agents are. */
const atLists = (read: Read): At => ({ ongoing: read, 'queue times': read });
/** The same at all sources of queue data. */
const atQueues = (read: Read): At => ({ ...atLists(read), skills: read });
/** The same at the token endpoint, both pages, the roster and the queues. */
const atApi = (read: Read): At => ({
  token: read,
  'page 1': read,
  'page 2': read,
  roster: read,
  ...atQueues(read),
});
/**
 * A scrape waits for queues at most a second longer than for its agents. The read continues, and a
 * later scrape has its result.
 */
const queuesLate: At = atQueues(fails('deadline', [1, repeated]));
/** After a 429 no queue is read for a minute, so that the agents get what is left. */
const queuesStepBack: At = atQueues(fails('throttled', 1, { pause: 'restart' }));
const atSecret = (requests: Read['requests'] = 1): At => ({ secret: fails('secret', requests) });
const atReceivers = (delivery: Delivery): At => ({
  'remote write 1': delivery,
  'remote write 2': delivery,
  otlp: delivery,
  pushgateway: delivery,
});
/**
 * A success without a count of samples is an older receiver's, so remote write 2.0 sends the batch
 * again as 1.0.
 */
const takenForSuccess: At = {
  ...atReceivers({ outcome: 'delivered', requests: 1 }),
  'remote write 2': { outcome: 'delivered', requests: 2 },
};

const retried: Delivery = { outcome: 'retried' };
const held: Delivery = { outcome: 'held', requests: 1 };
const rejected: Delivery = { outcome: 'rejected', requests: 1 };

/** The connection or the answer breaks: docs/reference/errors.md, `network`. */
const network: At = { ...atApi(fails('network', repeated)), ...atSecret(upToSdk), ...atReceivers(retried) };

/**
 * A complete answer with a success that is not what the API reference says:
 * docs/reference/errors.md, `shape`. Never repeated.
 */
const shape: At = { ...atApi(fails('shape')), ...atSecret() };

/** A temporary status: docs/reference/errors.md, `http_status`, `VCC_RETRIES`. */
const passing = (more: Partial<Read> = {}): At => atApi(fails('http_status', repeated, more));

/** A final status. Only a missing page is handled differently (docs/explain/architecture.md). */
const refusal: At = {
  token: fails('http_status', 1, { pause: 10 }),
  'page 1': fails('http_status', 1, { pause: 10 }),
  'page 2': fails('http_status', 1, { pause: 10 }),
  roster: fails('http_status'),
  ...atQueues(fails('http_status')),
  ...atSecret(),
};

/**
 * The API reference allows this refusal of a page: it is requested again with other sizes (0021).
 */
const sizeRefused = fails('http_status', 3, { pause: 10 });
const queueSizeRefused: At = atLists(fails('http_status', 3));
/** A page of an account that has shrunk. Two readings with the same conflict are final. */
const pageGone = fails('snapshot', 2);

const redirectElsewhere: At = {
  ...atApi(fails('http_status')),
  ...atSecret(),
  ...atReceivers(held),
};

const row = (about: string, at: At, more: Omit<FaultRow, 'about' | 'at'> = {}): FaultRow => ({
  about,
  at,
  ...more,
});
const timeouts = { VCC_REQUEST_TIMEOUT: '1s', VCC_PUSH_TIMEOUT: '2s' };
const smallBodies = { VCC_MAX_BODY_BYTES: '1000000' };

/**
 * A kept connection that breaks before the answer is replaced at once, which is one request more
 * (docs/explain/architecture.md).
 */
const stale: At = {
  ...network,
  'page 2': fails('network', [repeated, repeated + 1]),
  roster: fails('network', [repeated, repeated + 1]),
  ...atQueues(fails('network', [repeated, repeated + 1])),
};

/**
 * The faults, and the required result of each. Written from docs/reference/errors.md,
 * docs/run/push.md and the decisions, not from the behaviour of the program.
 */
export const faults = {
  // Connections
  refused: row('connection refused', {
    token: fails('network', 0),
    'page 1': fails('network', 0),
    ...atReceivers({ outcome: 'retried', requests: 0 }),
  }),
  reset: row('connection reset before the headers', stale),
  closed: row('connection closed before the headers', stale),
  'cut-headers': row('connection closed within the headers', network),
  'cut-body': row('connection reset in the middle of the body', network),
  'cut-chunked': row('connection closed between two chunks', network),
  hang: row(
    'no answer within VCC_REQUEST_TIMEOUT',
    { ...atApi(fails('network', repeated)), ...queuesLate, ...atReceivers(retried) },
    { settings: timeouts },
  ),
  'hang-body': row(
    'a body that stops within VCC_REQUEST_TIMEOUT',
    { ...atApi(fails('network', repeated)), ...queuesLate, ...takenForSuccess },
    { settings: timeouts },
  ),
  drip: row(
    'a body of which a byte comes every 50 ms',
    { ...atApi(fails('network', repeated)), ...queuesLate, ...takenForSuccess },
    { settings: timeouts },
  ),
  'hang-long': row(
    'no answer until the scrape runs out of time',
    {
      secret: fails('deadline'),
      token: fails('deadline'),
      'page 1': fails('deadline'),
      'page 2': fails('deadline'),
      ...atQueues(fails('deadline')),
    },
    { seconds: 2, settings: { VCC_REQUEST_TIMEOUT: '5s' } },
  ),
  late: row('an answer after four seconds', {
    'page 1': served,
    'page 2': served,
    ...atQueues(fails('deadline')),
  }),
  'drip-long': row(
    'a body that comes slowly until the scrape runs out of time',
    {
      token: fails('deadline'),
      'page 1': fails('deadline'),
      'page 2': fails('deadline'),
      ...atQueues(fails('deadline')),
    },
    { seconds: 2, settings: { VCC_REQUEST_TIMEOUT: '5s' } },
  ),
  tls: row('a self-signed certificate', {
    token: fails('network', 0, { pause: 'restart' }),
    'page 1': fails('network', 0, { pause: 'restart' }),
    ...atReceivers({ outcome: 'retried', requests: 0 }),
  }),
  'not-http': row('an answer that is not HTTP', network),
  'tls-to-http': row('bytes of TLS in answer to HTTP', network),

  // Framing
  'length-short': row('Content-Length smaller than the body', {
    ...atApi(fails('network', repeated)),
    ...atSecret(upToSdk),
    ...takenForSuccess,
  }),
  'length-long': row(
    'Content-Length larger than the body',
    { ...atApi(fails('network', repeated)), ...queuesLate, ...takenForSuccess },
    { settings: timeouts },
  ),
  'length-bad': row('Content-Length that is no number', network),
  'chunk-bad': row('a chunk whose length is no number', {
    ...atApi(fails('network', repeated)),
    ...atSecret(upToSdk),
    ...takenForSuccess,
  }),
  'header-large': row('headers of 100 kB', network),
  'header-bad': row('a header with a control character', network),
  gzip: row('a body that says it is gzip and is not', {
    ...atApi(fails('network', repeated)),
    ...takenForSuccess,
  }),
  'gzip-cut': row('gzip that ends too early', { ...atApi(fails('network', repeated)), ...takenForSuccess }),
  'gzip-bomb': row(
    '40 kB of gzip that are 40 MB',
    { ...atApi(fails('too_large')), ...atSecret(), ...takenForSuccess },
    { settings: smallBodies },
  ),
  'body-large': row(
    'a body larger than VCC_MAX_BODY_BYTES',
    { ...atApi(fails('too_large')), ...takenForSuccess },
    { settings: smallBodies },
  ),

  // Bodies
  'json-cut': row('JSON that ends too early', shape),
  html: row('an HTML page with status 200', { ...shape, ...takenForSuccess }),
  empty: row('an empty body', { ...shape, ...takenForSuccess }),
  null: row('the body `null`', { ...shape, ...takenForSuccess }),
  array: row('the body `[]`', { ...shape, ...takenForSuccess }),
  deep: row('JSON of 100,000 brackets', { ...shape, ...takenForSuccess }),
  'not-utf8': row('a body that is not UTF-8', { ...shape, ...takenForSuccess }),
  'text-not-utf8': row('a text within the JSON that is not UTF-8', {
    ...atApi(served),
    token: fails('shape'),
    secret: served,
  }),
  bom: row('a byte order mark before the JSON', atApi(served)),
  'wrong-shape': row('an object in place of a list, or of a text', shape),
  'missing-field': row('a required field is missing', shape),
  nan: row('`NaN` in the JSON', shape),
  'huge-number': row('a number beyond all bounds', {
    token: served,
    'page 1': fails('shape'),
    'page 2': fails('shape'),
    ...atLists(fails('shape')),
  }),
  'negative-number': row('a negative count, or life of a token', {
    token: served,
    'page 1': fails('shape'),
    'page 2': fails('shape'),
    ...atLists(fails('shape')),
  }),
  'flawed-agent': row('one agent with a workload of 1e300', {
    'page 1': { ...served, counted: 'flawed' },
    'page 2': { ...served, counted: 'flawed' },
  }),
  'flawed-item': row('one interaction or queue time without a start', {
    ...atLists({ ...served, counted: 'flawed' }),
  }),
  'flawed-items': row('no interaction or queue time has a start', { ...atLists(fails('shape')) }),
  'unknown-word': row('a type of event, or a category, that the API reference does not have', {
    ...atLists({ ...served, counted: 'unknown' }),
  }),
  'flawed-agents': row('all agents without workload', { 'page 1': fails('shape'), 'page 2': fails('shape') }),

  // Pages that do not fit
  'duplicate-on-page': row('an item twice on a page', {
    'page 1': { ...served, counted: 'duplicate' },
    'page 2': { ...served, counted: 'duplicate' },
    roster: served,
    ...atLists({ ...served, counted: 'duplicate' }),
    skills: served,
  }),
  'duplicate-on-pages': row('an agent on two pages', { 'page 2': pageGone }),
  'lost-page': row('a page without its items', {
    'page 1': pageGone,
    'page 2': pageGone,
    ...atLists(pageGone),
    skills: fails('snapshot'),
  }),
  'other-page': row('another page than requested', {
    'page 1': pageGone,
    'page 2': pageGone,
    ...atLists(pageGone),
  }),
  moved: row('an item moves to another page once', {
    'page 1': { requests: 2 },
    ongoing: { requests: 2 },
  }),
  moving: row('an item moves to another page at each reading', {
    'page 1': fails('snapshot', 5),
    ongoing: fails('snapshot', 5),
  }),
  'count-changed': row('totalCount changes once', {
    'page 1': { requests: 2 },
    'page 2': { requests: 2 },
    ...atLists({ requests: 2 }),
    skills: fails('snapshot'),
  }),
  'count-wrong': row('totalCount is too large by one', {
    'page 1': pageGone,
    'page 2': pageGone,
    ...atLists(pageGone),
    skills: fails('snapshot'),
  }),
  'pages-fewer': row('pageCount is too small by one', {
    'page 1': pageGone,
    'page 2': pageGone,
    ...atLists(pageGone),
  }),
  'pages-many': row('pageCount is 1000 for two pages', {
    'page 1': fails('snapshot'),
    'page 2': fails('snapshot'),
    ...atLists(fails('snapshot')),
  }),
  'pages-endless': row('a million pages', {
    'page 1': fails('too_large'),
    'page 2': fails('too_large'),
    ...atLists(fails('too_large')),
  }),

  // Redirects
  'redirect-301': row('301 to the same host', {
    ...atApi({ requests: 2 }),
    token: fails('http_status'),
    ...atSecret(),
    ...atReceivers(held),
  }),
  'redirect-302': row('302 to the same host', {
    ...atApi({ requests: 2 }),
    token: fails('http_status'),
    ...atSecret(),
    ...atReceivers(held),
  }),
  'redirect-307': row('307 to the same host', {
    ...atApi({ requests: 2 }),
    ...atSecret(),
    ...atReceivers({ outcome: 'delivered', requests: 2 }),
  }),
  'redirect-308': row('308 to the same host', {
    ...atApi({ requests: 2 }),
    ...atSecret(),
    ...atReceivers({ outcome: 'delivered', requests: 2 }),
  }),
  'redirect-301-away': row('301 to another host', redirectElsewhere),
  'redirect-302-away': row('302 to another host', redirectElsewhere),
  'redirect-307-away': row('307 to another host', redirectElsewhere),
  'redirect-file': row('302 to a file: address', redirectElsewhere),
  'redirect-loop': row('307 to itself', {
    ...atApi(fails('too_large', 4)),
    ...atSecret(),
    ...atReceivers({ outcome: 'retried' }),
  }),
  'redirect-nowhere': row('302 without Location', redirectElsewhere),

  // Statuses
  'status-100': row('100 before the answer', {
    ...atApi(served),
    secret: served,
    ...atReceivers({ outcome: 'delivered', requests: 1 }),
  }),
  'status-103': row('103 before the answer', {
    ...atApi(served),
    secret: served,
    ...atReceivers({ outcome: 'delivered', requests: 1 }),
  }),
  'status-101': row('an unexpected 101', { ...atApi(fails('http_status')), ...atReceivers(held) }),
  'status-204': row('204', { ...shape, ...takenForSuccess }),
  'status-304': row('304', redirectElsewhere),
  'status-400': row('400', {
    token: fails('credentials_rejected', 1, { pause: 10 }),
    'page 1': sizeRefused,
    'page 2': pageGone,
    roster: fails('http_status'),
    ...queueSizeRefused,
    skills: fails('http_status'),
    ...atSecret(),
    ...atReceivers(rejected),
  }),
  'status-401': row('401', {
    token: fails('credentials_rejected', 1, { pause: 10 }),
    'page 1': fails('unauthorized', 2, { pause: 10 }),
    'page 2': fails('unauthorized', 2, { pause: 10 }),
    roster: fails('unauthorized', 2),
    ...atQueues(fails('unauthorized', 2)),
    ...atSecret(),
    ...atReceivers(held),
  }),
  'status-401-once': row('401 once, as for a token that expired at once', {
    'page 1': { requests: 2 },
    'page 2': { requests: 2 },
    roster: { requests: 2 },
    ...atQueues({ requests: 2 }),
  }),
  'status-403': row('403', {
    token: fails('credentials_rejected', 1, { pause: 10 }),
    'page 1': fails('forbidden', 1, { pause: 10 }),
    'page 2': fails('forbidden', 1, { pause: 10 }),
    roster: fails('forbidden'),
    ...atQueues(fails('forbidden')),
    ...atSecret(),
    ...atReceivers(held),
  }),
  'status-403-absurd': row('403 with Retry-After: 99999999', {
    token: fails('credentials_rejected', 1, { pause: 'restart' }),
    'page 1': fails('forbidden', 1, { pause: 'restart' }),
    'page 2': fails('forbidden', 1, { pause: 'restart' }),
    roster: fails('forbidden', 1, { pause: 'restart' }),
    ...atQueues(fails('forbidden', 1, { pause: 'restart' })),
  }),
  'status-404': row('404', { ...refusal, 'page 2': pageGone, ...atReceivers(held) }),
  'status-405': row('405', { ...refusal, ...atReceivers(held) }),
  'status-407': row('407', { ...refusal, ...atReceivers(held) }),
  'status-408': row('408', { ...passing(), ...atReceivers(rejected) }),
  'status-410': row('410', { ...refusal, ...atReceivers(rejected) }),
  'status-413': row('413', {
    ...refusal,
    'page 1': sizeRefused,
    ...queueSizeRefused,
    ...atReceivers(rejected),
  }),
  'status-415': row('415', {
    ...refusal,
    ...atReceivers(rejected),
    'remote write 2': { outcome: 'rejected', requests: 2 },
  }),
  'status-422': row('422', {
    ...refusal,
    'page 1': sizeRefused,
    ...queueSizeRefused,
    ...atReceivers(rejected),
  }),
  'status-431': row('431', { ...refusal, ...atReceivers(rejected) }),
  'status-451': row('451', { ...refusal, ...atReceivers(rejected) }),
  'status-429': row('429', {
    ...atApi(fails('throttled')),
    ...queuesStepBack,
    ...atSecret(bySdk),
    ...atReceivers(retried),
  }),
  'status-429-seconds': row('429 with Retry-After: 3', {
    ...atApi(fails('throttled', 1, { pause: 3 })),
    ...queuesStepBack,
    ...atReceivers({ outcome: 'retried', apart: 3 }),
  }),
  'status-429-date': row('429 with a date in Retry-After, four seconds ahead', {
    ...atApi(fails('throttled', 1, { pause: 4 })),
    ...queuesStepBack,
    ...atReceivers({ outcome: 'retried', apart: 3 }),
  }),
  'status-429-absurd': row('429 with Retry-After: 99999999', {
    ...atApi(fails('throttled', 1, { pause: 'restart' })),
    ...queuesStepBack,
    ...atReceivers({ outcome: 'retried', requests: 1 }),
  }),
  'status-429-words': row('429 with words in Retry-After', {
    ...atApi(fails('throttled')),
    ...queuesStepBack,
    ...atReceivers(retried),
  }),
  'status-500': row('500', {
    ...passing(),
    ...atSecret(bySdk),
    ...atReceivers(retried),
    otlp: rejected,
  }),
  'status-501': row('501', { ...passing(), ...atReceivers(retried), otlp: rejected }),
  'status-502': row('502', { ...passing(), ...atSecret(bySdk), ...atReceivers(retried) }),
  'status-503': row('503', { ...passing(), ...atSecret(bySdk), ...atReceivers(retried) }),
  'status-503-seconds': row('503 with Retry-After: 3', {
    ...passing({ apart: 3, pause: 3 }),
    ...atQueues(fails('deadline')),
    ...atReceivers({ outcome: 'retried', apart: 3 }),
  }),
  'status-503-absurd': row('503 with Retry-After: 99999999', {
    ...atApi(fails('http_status', 1, { pause: 'restart' })),
    ...atReceivers({ outcome: 'retried', requests: 1 }),
  }),
  'status-504': row('504', { ...passing(), ...atSecret(bySdk), ...atReceivers(retried) }),
  'status-507': row('507', { ...passing(), ...atReceivers(retried), otlp: rejected }),
  'status-599': row('599, which is in no standard', {
    ...passing(),
    ...atReceivers(retried),
    otlp: rejected,
  }),
  'status-503-once': row('503 once', {
    ...atApi({ requests: 2 }),
    secret: { requests: 2 },
    ...atReceivers({ outcome: 'delivered', requests: 2 }),
  }),
  'status-500-hang': row(
    '500 with a body that never ends',
    { ...passing(), ...queuesLate, ...atReceivers(retried), otlp: rejected },
    { settings: timeouts },
  ),

  // Clocks
  'date-behind': row('Date three hours behind', {
    token: served,
    'page 1': served,
    'page 2': { ...served, clocksDiffer: true },
    ...atQueues(served),
    ...atReceivers({ outcome: 'delivered', requests: 1 }),
  }),
  'date-ahead': row('Date three hours ahead', {
    token: served,
    'page 1': served,
    'page 2': { ...served, clocksDiffer: true },
    ...atQueues(served),
    ...atReceivers({ outcome: 'delivered', requests: 1 }),
  }),
  'date-bad': row('Date that is no time', {
    ...atApi(served),
    ...atReceivers({ outcome: 'delivered', requests: 1 }),
  }),

  // Tokens
  'token-no-expiry': row('a token without expires_in', { token: served }),
  'token-expiry-text': row('expires_in in quotes', { token: served }),
  'token-expiry-zero': row('expires_in of 0', { token: served }),
  'token-line-break': row('a token with a line break', { token: fails('shape') }),
  'token-other-type': row('a token of another type', { token: fails('shape') }),
  'token-unknown': row('a token that the API does not know', {
    token: fails('unauthorized', 2, { pause: 10 }),
  }),

  // Secrets
  'secret-denied': row('no permission to read the secret', atSecret()),
  'secret-absent': row('no secret of this name', atSecret()),
  'secret-kms': row('a key that does not decrypt', atSecret()),
  'secret-throttled': row('too many calls of Secrets Manager', atSecret(bySdk)),
  'secret-no-json': row('a secret that is no JSON', atSecret()),
  'secret-no-id': row('a secret without a client id', atSecret(2)),
  'secret-bytes': row('a secret of bytes', atSecret()),
  'secret-other': row('the client secret of before a rotation', {
    secret: fails('credentials_rejected', 2, { pause: 10 }),
  }),

  // Answers of one kind of receiver
  'samples-missing': row('a success that stored fewer samples', {
    'remote write 2': rejected,
    otlp: rejected,
  }),
} as const satisfies Record<string, FaultRow>;

/** The name of a fault. */
export type FaultId = keyof typeof faults;

/** One fault at one place in one way. */
export type Cell =
  | { fault: FaultId; place: Source; way: Way; row: FaultRow; expected: Read }
  | { fault: FaultId; place: ReceiverPlace; way: 'deliver'; row: FaultRow; expected: Delivery };

/** All cells of the matrix. */
export const cells: readonly Cell[] = Object.entries<FaultRow>(faults).flatMap(([id, of]) => {
  const fault = id as FaultId;
  return [
    ...sources.flatMap((place): Cell[] => {
      const expected = of.at[place];
      return expected ? ways.map((way): Cell => ({ fault, place, way, row: of, expected })) : [];
    }),
    ...receivers.flatMap((place): Cell[] => {
      const expected = of.at[place];
      return expected ? [{ fault, place, way: 'deliver', row: of, expected }] : [];
    }),
  ];
});

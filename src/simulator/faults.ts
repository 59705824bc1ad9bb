import { Unfit } from '../config/parse.ts';

/** What can go wrong, each as its user writes it. */
export const faultKinds = {
  status: 'status=503: this status in the API’s form; with retry-after=2 that header too',
  cut: 'cut: the connection breaks in the middle of the body',
  json: 'json: a body that ends too early, but says it is complete',
  html: 'html: a gateway’s HTML page with status 200',
  shape: 'shape: presence of the first agent is null, or the name of the first user or group',
  flawed:
    'flawed: the first agent has no workload, null for presence.since and a number for the state of an interaction',
  unknown: 'unknown: words that the API reference does not name',
  delay: 'delay=2000: the answer comes that many milliseconds later',
  hang: 'hang: no answer at all',
  shift:
    'shift: after the answer one agent (on=users: user) moves from the front to the back, across every page border',
  grow: 'grow: before the answer one agent is added',
  shrink: 'shrink: before the answer one agent is removed',
} as const;
type FaultKind = keyof typeof faultKinds;

/** What can be asked for: agent-status, tokens, users and groups. */
const endpoints = ['api', 'token', 'users'] as const;
export type Endpoint = (typeof endpoints)[number];

/** One thing that goes wrong, and when. */
export interface Fault {
  kind: FaultKind;
  /** Of `status` and `delay`. */
  value?: number;
  /** Seconds. */
  retryAfter?: number;
  /** Only this page. */
  page?: number;
  /** Only so often; counts down. */
  times?: number;
  /** Only this share of the requests, 0 to 1. */
  rate?: number;
  /** Which endpoint; default: api. */
  on?: Endpoint;
  /**
   * Only requests of the account of this name: by the client id that asks for a token, or the
   * token's owner.
   */
  account?: string;
}

const expected = `words with commas between them: one of ${Object.keys(faultKinds).join(', ')} (status and delay with a number), then page=, times=, rate=, retry-after=, on=token or on=users, account=`;

/** Reads a fault such as `status=503,retry-after=2,page=3,times=2`. @throws Unfit */
export function parseFault(text: string): Fault {
  const [first = '', ...rest] = text.split(',').map((part) => part.trim());
  const [kind = '', value] = first.split('=');
  if (!Object.hasOwn(faultKinds, kind)) throw new Unfit(expected);
  const needsValue = kind === 'status' || kind === 'delay';
  if (needsValue !== (value !== undefined)) throw new Unfit(expected);
  const fault: Fault = { kind: kind as FaultKind, ...(value !== undefined && { value: toNumber(value) }) };
  for (const part of rest) {
    const [name, ...details] = part.split('=');
    const detail = details.join('=');
    const endpoint = endpoints.find((candidate) => candidate === detail);
    if (name === 'page') fault.page = toNumber(detail);
    else if (name === 'times') fault.times = toNumber(detail);
    else if (name === 'rate') fault.rate = toNumber(detail);
    else if (name === 'retry-after') fault.retryAfter = toNumber(detail);
    else if (name === 'on' && endpoint) fault.on = endpoint;
    else if (name === 'account' && detail !== '') fault.account = detail;
    else throw new Unfit(expected);
  }
  return fault;
}

function toNumber(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Unfit(expected);
  return Number(text);
}

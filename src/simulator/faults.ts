import { Unfit } from '../config/parse.ts';

/** The faults, each as the user writes it. */
export const faultKinds = {
  status: "status=503: an error with this status in the API's form; with retry-after=2, also that header",
  cut: 'cut: the connection breaks in the middle of the body',
  json: 'json: half of the body, with a matching Content-Length',
  html: "html: a gateway's HTML page with status 200",
  shape:
    'shape: null for presence of the first agent (with on=users: for the name of the first user or group)',
  flawed:
    'flawed: the first agent has no workload, null for presence.since and a number for the state of an interaction',
  unknown: 'unknown: values that the API reference does not list',
  delay: 'delay=2000: the answer is 2000 milliseconds late',
  hang: 'hang: the connection stays open, without an answer',
  shift:
    'shift: after the answer, the first agent (with on=users: user) moves to the end of the list, so at every page border one changes pages',
  grow: 'grow: before the answer, one agent is added',
  shrink: 'shrink: before the answer, one agent is removed',
} as const;
type FaultKind = keyof typeof faultKinds;

/** The endpoints: agent-status, tokens, and users with groups. */
const endpoints = ['api', 'token', 'users'] as const;
export type Endpoint = (typeof endpoints)[number];

/** A fault, and when it occurs. */
export interface Fault {
  kind: FaultKind;
  /** For `status` and `delay`. */
  value?: number;
  /** Seconds. */
  retryAfter?: number;
  /** Only this page. */
  page?: number;
  /** How many more times it occurs. Undefined: no limit. */
  times?: number;
  /** The share of requests with the fault, 0 to 1. Undefined: all. */
  rate?: number;
  /** The endpoint. Default: api. */
  on?: Endpoint;
  /**
   * Only requests of the account with this name. The client id or the token of a request identifies
   * its account.
   */
  account?: string;
}

const expected = `a fault, then conditions, with commas between them; faults: ${Object.keys(faultKinds).join(', ')} (status and delay with a number); conditions: page=, times=, rate=, retry-after=, on=token or on=users, account=`;

/** Parses a fault such as `status=503,retry-after=2,page=3,times=2`. @throws Unfit */
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

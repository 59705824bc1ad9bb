import { Unfit } from '../config/parse.ts';

/** The faults, each as the user writes it. */
export const faultKinds = {
  status: "status=503: an error with this status in the API's form; with retry-after=2, also that header",
  cut: 'cut: the connection breaks in the middle of the body',
  json: 'json: half of the body, with a matching Content-Length',
  html: "html: a gateway's HTML page with status 200",
  shape:
    'shape: null for presence of the first agent (with on=users: for the name of the first user, group or skill; on=ongoing: for its channels; on=queue-times: for its queue)',
  flawed:
    'flawed: the first agent has no workload, null for presence.since and a number for the state of an interaction (with on=ongoing or on=queue-times: null for start, and values of other types)',
  unknown: 'unknown: values that the API reference does not list',
  delay: 'delay=2000: the answer is 2000 milliseconds late',
  hang: 'hang: the connection stays open, without an answer',
  shift:
    'shift: after the answer, the first agent (with on=users: user; on=ongoing, on=queue-times: item) moves to the end of the list, so at every page border one changes pages',
  grow: 'grow: before the answer, one agent is added (with on=ongoing: one customer queues; not with on=queue-times)',
  shrink:
    'shrink: before the answer, one agent is removed (with on=ongoing: the customer who queued last gives up; not with on=queue-times)',
  repeat: 'repeat: every item is returned twice (only with on=queue-times)',
} as const;
/** A kind of fault. */
export type FaultKind = keyof typeof faultKinds;

const endpoints = ['api', 'token', 'users', 'ongoing', 'queue-times'] as const;
/**
 * The endpoints: agent-status, tokens, users with groups and skills, ongoing interactions, and
 * queue times.
 */
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

const expected = `a fault, then conditions, with commas between them; faults: ${Object.keys(faultKinds).join(', ')} (status and delay with a number); conditions: page=, times=, rate=, retry-after=, on=token, on=users, on=ongoing or on=queue-times, account=`;

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
  const isOfList = fault.kind === 'grow' || fault.kind === 'shrink';
  if (fault.on === 'queue-times' ? isOfList : fault.kind === 'repeat') {
    throw new Unfit('repeat only with on=queue-times, and grow and shrink not with it');
  }
  return fault;
}

function toNumber(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Unfit(expected);
  return Number(text);
}

import { Unfit } from '../config/parse.ts';

/** The quirks, each as the user writes it. */
export const quirkKinds = {
  'max-page': 'max-page=100: at most 100 agents on a page, whatever limit is requested',
  order: 'order=since: agents are in the order of presence.since, not of agentId',
  lag: 'lag=2000: answers show the state of 2000 milliseconds before upTo',
  'queue-lag': 'queue-lag=5000: queue-times knows who left a queue 5000 milliseconds later, instead of 1000',
  clock: "clock=-5000: the API's clock is 5000 milliseconds behind this machine's; without the minus, ahead",
  header: 'header=X-RateLimit-Limit:100: every answer has this header',
} as const;

/**
 * How the simulator differs from the API reference, or behaves where the reference is silent.
 * {@link quirkKinds} describes the fields.
 */
export interface Quirks {
  maxPage?: number;
  order?: 'since';
  lagMs?: number;
  queueLagMs?: number;
  clockMs?: number;
  headers?: Readonly<Record<string, string>>;
}

const expected = `one of ${Object.keys(quirkKinds).join(', ')}, with a value`;

/** Parses a quirk such as `max-page=100`. @throws Unfit */
export function parseQuirk(text: string): Quirks {
  const [, kind, value = ''] = /^([a-z-]+)=(.+)$/.exec(text) ?? [];
  if (kind === 'max-page') return { maxPage: toNumber(value, /^[1-9]\d{0,3}$/) };
  if (kind === 'order' && value === 'since') return { order: value };
  if (kind === 'lag') return { lagMs: toNumber(value, /^\d{1,8}$/) };
  if (kind === 'queue-lag') return { queueLagMs: toNumber(value, /^\d{1,8}$/) };
  if (kind === 'clock') return { clockMs: toNumber(value, /^-?\d{1,8}$/) };
  const [, name, content] = /^([\w-]+):\s*([ -~]+)$/.exec(value) ?? [];
  if (kind !== 'header' || name === undefined || content === undefined) throw new Unfit(expected);
  return { headers: { [name]: content } };
}

/** Merges quirks. The last one of each kind takes precedence, except headers: all are kept. */
export function joinQuirks(all: readonly Quirks[]): Quirks {
  const headers = Object.assign({}, ...all.map((each) => each.headers));
  return Object.assign({}, ...all, { headers });
}

function toNumber(text: string, form: RegExp): number {
  if (!form.test(text)) throw new Unfit(expected);
  return Number(text);
}

import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Metric } from '../../catalogue/metric.ts';
import type { Deadline } from '../../deadline.ts';
import { nameLabel, problemOfSeries, type SavedSeries, seriesProblems } from '../encoding/points.ts';
import { PushError } from '../errors.ts';
import { isStoredTime, parseStored } from '../stored.ts';

/** The state of one account that must outlive a process. */
export interface State {
  /** The last slot that was scraped, in ms since 1970. */
  timestampMs: number;
  /** The tracked series of each destination, by its name. */
  series: Readonly<Record<string, SavedSeries>>;
}

/** Stores states by account. `load` returns undefined when there is none. Both may throw. */
export interface StateStore {
  load(account: string, deadline: Deadline): Promise<Uint8Array | undefined>;
  save(account: string, content: Uint8Array, deadline: Deadline): Promise<void>;
}

/**
 * The name of an account's file or object. It is a hash, since an account's name may not be a valid
 * file name.
 */
export function stateFileOf(account: string): string {
  return `${createHash('sha256').update(account).digest('hex').slice(0, 32)}.json.gz`;
}

/**
 * The most series to save for an account and destination. With more series, none is saved. Series
 * that disappear while no process runs then get no stale marker.
 */
export const maxSavedSeries = 20_000;

/**
 * The largest state in bytes, as JSON and compressed: five destinations with {@link maxSavedSeries}
 * series of agents each. A larger state is saved without series.
 */
export const maxStateBytes = 32_000_000;

/**
 * Encodes a state as compressed JSON. Leaves out series according to {@link maxSavedSeries} and
 * {@link maxStateBytes}.
 */
export function encodeState({ timestampMs, series }: State): Uint8Array {
  const kept = Object.entries(series).filter(([, each]) => each.length <= maxSavedSeries);
  const text = Buffer.from(JSON.stringify({ v: 1, timestampMs, series: Object.fromEntries(kept) }));
  return gzipSync(text.length > maxStateBytes ? JSON.stringify({ v: 1, timestampMs, series: {} }) : text);
}

/** A state that was read. */
export interface StoredState {
  state: State;
  /** How many series were dropped and why, as a text. Undefined means none. */
  dropped: string | undefined;
}

/**
 * Decodes the output of {@link encodeState} for an account. Somebody else may have written it, so
 * it keeps only series of `metrics` and `account`. Others would end somebody else's series, or make
 * a destination reject requests.
 * @throws PushError if the content is not a state
 */
export function parseState(
  content: Uint8Array,
  account: string,
  metrics: readonly Pick<Metric, 'name' | 'labelNames'>[],
): StoredState {
  const { v, timestampMs, series } = parseStored(unpack(content)) ?? {};
  const isObject = typeof series === 'object' && series !== null;
  if (v !== 1 || !isStoredTime(timestampMs) || !isObject)
    throw new PushError('the stored state is not valid');
  const withAccount = new Map(metrics.map(({ name, labelNames }) => [name, labelNames.includes('account')]));
  const counts = new Map<string, number>();
  const kept = Object.entries(series).map(([destination, list]): [string, SavedSeries] => {
    const all: unknown[] = Array.isArray(list) ? list : [list];
    return [
      destination,
      all.filter((each): each is readonly string[] => {
        const problem = all.length > maxSavedSeries ? tooMany : problemFor(each, account, withAccount);
        if (problem !== undefined) counts.set(problem, (counts.get(problem) ?? 0) + 1);
        return problem === undefined;
      }),
    ];
  });
  const reasons = [...counts].map(([problem, count]) => `${count} ${problem}`);
  return {
    state: { timestampMs, series: Object.fromEntries(kept) },
    dropped: reasons.length > 0 ? `series are left out: ${reasons.join('; ')}` : undefined,
  };
}

const tooMany = `in a list of more than ${maxSavedSeries}`;

function unpack(content: Uint8Array): string {
  try {
    return gunzipSync(content, { maxOutputLength: maxStateBytes }).toString();
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const problem = tooLarge ? `larger than ${maxStateBytes / 1e6} MB` : 'damaged';
    throw new PushError(`the stored state is ${problem}`, { cause: error });
  }
}

function problemFor(
  value: unknown,
  account: string,
  withAccount: ReadonlyMap<string, boolean>,
): string | undefined {
  const problem = problemOfSeries(value);
  if (problem !== undefined) return seriesProblems[problem];
  const series = value as readonly string[];
  const labelOf = (label: string) =>
    series[series.findIndex((text, at) => at % 2 === 0 && text === label) + 1];
  const hasAccount = withAccount.get(labelOf(nameLabel)!);
  if (hasAccount === undefined) return seriesProblems.name;
  return hasAccount && labelOf('account') !== account ? 'of another account' : undefined;
}

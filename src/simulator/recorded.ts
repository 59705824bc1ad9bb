import type { RecordedAnswer, Recording } from '../recording/format.ts';
import { moveHttpDate, moveTime, timeOf } from '../recording/times.ts';
import { type Answer, problem } from './answer.ts';

/** Answers a request for a page of agent-status. */
export type AnswerPage = (query: URLSearchParams, nowMs: number) => Answer;

/** How long to serve the last reading, if the times of a recording do not show an interval. */
const defaultIntervalMs = 10_000;
/**
 * Longest body in place of one that was not JSON. A recording has only its length, which may be
 * any.
 */
const longestFiller = 1_000_000;

/**
 * Serves a recording:
 *
 * - Each reading is served until the time of the next one. After the last one, a new round starts.
 * - Times move: the first `upTo` of a round becomes the time at which its reading is first served.
 * - A page is answered as it was recorded, whatever limit is requested.
 * - If a page has several answers, they are served in order. The last one is then repeated.
 */
export function serveRecording({ readings }: Recording, startMs: number): AnswerPage {
  const offsets = readings.map(({ afterMs }) => afterMs - readings[0]!.afterMs);
  const lastMs = offsets.at(-1)!;
  const intervalMs = (readings.length > 1 && lastMs / (readings.length - 1)) || defaultIntervalMs;
  const roundMs = lastMs + intervalMs;
  // Of all readings, since the first ones may have failed.
  const upTosMs = readings.flatMap(({ answers }, index) =>
    answers.flatMap(({ result }) => {
      const upToMs = 'json' in result ? upToOf(result.json) : undefined;
      return upToMs === undefined ? [] : [upToMs - offsets[index]!];
    }),
  );
  const firstUpToMs = upTosMs[0];
  let current = '';
  let served = new Map<number, number>();

  return (query, nowMs) => {
    const sinceStartMs = Math.max(0, nowMs - startMs);
    const round = Math.floor(sinceStartMs / roundMs);
    const inRoundMs = sinceStartMs - round * roundMs;
    const index = offsets.findLastIndex((ms) => ms <= inRoundMs);
    const key = `${round}/${index}`;
    if (key !== current) served = new Map();
    current = key;

    const page = Number(query.get('page') ?? 1);
    const answers = readings[index]!.answers.filter((each) => each.page === page);
    const turn = served.get(page) ?? 0;
    served.set(page, turn + 1);
    const answer = answers[Math.min(turn, answers.length - 1)];
    // Nobody knows how the API would have answered a request that was not recorded.
    if (!answer) return problem(404, 'Not Found', 'Not in the recording');
    // Move by whole seconds, so that fractions of a second do not change.
    const roundStartMs = startMs + round * roundMs;
    const byMs = firstUpToMs === undefined ? 0 : Math.floor((roundStartMs - firstUpToMs) / 1000) * 1000;
    return toAnswer(answer, byMs, byMs + inRoundMs - offsets[index]!);
  };
}

/** The header `date` advances while the same reading is served. */
function toAnswer({ result }: RecordedAnswer, byMs: number, clockByMs: number): Answer {
  if ('failure' in result) return { status: 200, body: {}, cut: true };
  const { date, ...headers } = result.headers;
  const movedDate = date === undefined ? undefined : moveHttpDate(date, clockByMs);
  if (movedDate !== undefined) headers.date = movedDate;
  if ('json' in result) return { status: result.status, body: move(result.json, '', byMs), headers };
  const text = '-'.repeat(Math.min(result.notJson.characters, longestFiller));
  return { status: result.status, body: undefined, text, headers };
}

function upToOf(json: unknown): number | undefined {
  const { upTo } = (json ?? {}) as { upTo?: unknown };
  return typeof upTo === 'string' ? timeOf(upTo) : undefined;
}

/** Moves the times in a value. `field` is the name of the nearest field around it. */
function move(value: unknown, field: string, byMs: number): unknown {
  if (typeof value === 'string') {
    return field === 'since' || field === 'upTo' ? (moveTime(value, byMs) ?? value) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => move(each, field, byMs));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, move(each, name, byMs)]));
}

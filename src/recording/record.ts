import { randomInt } from 'node:crypto';
import type { Account } from '../account.ts';
import { readPages } from '../collect.ts';
import { type Deadline, DeadlineError, deadlineIn } from '../deadline.ts';
import { ExporterError } from '../errors.ts';
import { TooLargeError } from '../http/errors.ts';
import { createFetch, newTraffic } from '../http/fetch.ts';
import type { Network } from '../http/network.ts';
import { createSend, type HttpRequest, type HttpResponse, type Send } from '../http/send.ts';
import type { Agent } from '../snapshot/agent.ts';
import { agentFields, noGaps } from '../snapshot/gaps.ts';
import type { Page } from '../snapshot/page.ts';
import type { Timing } from '../timing.ts';
import { agentStatus } from '../vcc/agent-status.ts';
import { AuthError, ShapeError } from '../vcc/errors.ts';
import { createFetchPage, type FetchPage } from '../vcc/fetch-page.ts';
import { createTokenSource } from '../vcc/token.ts';
import { createAnonymiser } from './anonymise.ts';
import type { RecordedAnswer, RecordedReading, RecordedResult, Recording } from './format.ts';

/** How to record an account. */
export interface RecordOptions {
  /** How often to read the account. */
  readings: number;
  /** From the start of one reading to the start of the next. */
  intervalMs: number;
  network: Network;
  timing: Timing;
  userAgent: string;
  /** Ends the recording early. */
  stop: Deadline;
  /** Largest sum of all bodies. */
  maxBytes?: number;
}

/** A recording, and the last failure that ended it early or made a reading incomplete. */
export interface Recorded {
  recording: Recording;
  failure: Error | undefined;
}

/**
 * Enough for three readings of an account with 50,000 agents. Nobody can attach a larger file to a
 * report.
 */
const defaultMaxBytes = 100_000_000;

/** The range of the duration by which times move: one to nine years, so the year always changes. */
const movedMs = [366 * 86_400_000, 9 * 366 * 86_400_000] as const;

/**
 * Reads an account as a scrape does, and keeps every answer, even if the exporter cannot parse it.
 * Ends early:
 *
 * - after a 429
 * - when the API refuses the credentials or the token
 * - when the answers are larger than `maxBytes`
 * - when stopped
 *
 * @throws the last failure, if there was no answer
 */
export async function record(account: Account, options: RecordOptions): Promise<Recorded> {
  const { readings, intervalMs, network, timing, userAgent, stop } = options;
  const send = createSend(network, timing.now);
  const tape = createTape(send, options.maxBytes ?? defaultMaxBytes);
  const fetch = createFetch(tape.send, account.http, timing);
  const tokens = createTokenSource(fetch, { ...account.token, userAgent }, timing, stop);
  const fetchPage = createFetchPage(fetch, tokens, agentStatus, { ...account.api, userAgent }, timing);
  const paging = { concurrency: account.paging.startConcurrency, maxPages: account.paging.maxPages };

  async function readOnce(): Promise<unknown> {
    const deadline = deadlineIn(account.timeoutMs, { until: stop });
    try {
      await readPages(tolerant(fetchPage, tape.jsonOf), [1], paging, { deadline, traffic: newTraffic() });
      return undefined;
    } catch (error) {
      return error;
    } finally {
      deadline.end();
    }
  }

  const raw: RecordedReading[] = [];
  let failure: Error | undefined;
  const startMs = timing.monotonic();
  try {
    for (let reading = 0; reading < readings; reading++) {
      const waitMs = startMs + reading * intervalMs - timing.monotonic();
      if (waitMs > 0) await timing.sleep(waitMs, stop.signal).catch(() => {});
      if (stop.signal.aborted) break;
      const afterMs = Math.round(timing.monotonic() - startMs);
      const error = await readOnce();
      // Drop an incomplete reading: it would look like an API that leaves out pages.
      if (stop.signal.aborted) break;
      raw.push({ afterMs, answers: tape.take() });
      if (error === undefined) continue;
      if (!(error instanceof ExporterError)) throw error;
      failure = error;
      if (endsIt(error)) break;
    }
  } finally {
    send.close();
  }
  const kept = raw.filter(({ answers }) => answers.length > 0);
  if (kept.length === 0)
    throw failure ?? new DeadlineError('it was stopped before the first reading was complete');
  return { recording: anonymise(kept), failure };
}

const endsIt = (error: ExporterError) =>
  error.code === 'throttled' || error instanceof AuthError || error instanceof TapeError;

/** Moves times by a random duration, and replaces everything else that may identify a person. */
function anonymise(readings: readonly RecordedReading[]): Recording {
  const results = readings.flatMap(({ answers }) => answers.map(({ result }) => result));
  const bodies = results.flatMap((result) => ('json' in result ? [result.json] : []));
  const anonymiser = createAnonymiser(bodies, randomInt(...movedMs));
  const replace = (result: RecordedResult): RecordedResult => {
    if ('failure' in result) return result;
    const headers = anonymiser.headers(result.headers);
    return 'json' in result
      ? { ...result, headers, json: anonymiser.json(result.json, result.status) }
      : { ...result, headers };
  };
  return {
    readings: readings.map(({ afterMs, answers }) => ({
      afterMs,
      answers: answers.map((answer) => ({ ...answer, result: replace(answer.result) })),
    })),
  };
}

/**
 * Returns a page for every answer in JSON, so that the remaining pages are requested. For an answer
 * that the exporter refuses, the page has the counts that can be read.
 */
function tolerant(fetchPage: FetchPage, jsonOf: (page: number) => unknown): FetchPage {
  return (number, trip) =>
    fetchPage(number, trip).catch((error): Page => {
      const json = error instanceof ShapeError ? jsonOf(number) : undefined;
      if (json === undefined) throw error;
      const { meta, items } = json as { meta?: Record<string, unknown>; items?: unknown };
      const count = (value: unknown) => (Number.isSafeInteger(value) ? (value as number) : undefined);
      return {
        number,
        count: 0,
        pageCount: count(meta?.pageCount) ?? 1,
        // If unknown, `pageCount` decides how many pages there are.
        totalCount: count(meta?.totalCount) ?? Number.POSITIVE_INFINITY,
        upToMs: 0,
        // Only the number of agents is used.
        items: Array.isArray(items) ? (items as Agent[]) : [],
        gaps: noGaps(agentFields),
      };
    });
}

/** The sum of all bodies is too large. */
class TapeError extends TooLargeError {}

/** Keeps the answers that a sender receives for pages of agent-status. */
interface Tape {
  send: Send;
  /** Returns the last answer for a page, if it was a JSON object. */
  jsonOf(page: number): unknown;
  /** Returns all answers since the last call. */
  take(): RecordedAnswer[];
}

function createTape(send: Send, maxBytes: number): Tape {
  let answers: RecordedAnswer[] = [];
  let bytes = 0;

  /** Keeps only answers to GET. Token requests use POST, and their answers are secret. */
  const noteOf = ({ method, url }: HttpRequest) => {
    if (method !== 'GET') return undefined;
    const limit = url.searchParams.get('limit');
    const page = Number(url.searchParams.get('page'));
    return (result: RecordedResult) =>
      void answers.push({ page, ...(limit !== null && { limit: Number(limit) }), result });
  };

  return {
    async send(request, limits) {
      const note = noteOf(request);
      try {
        const response = await send(request, limits);
        bytes += note ? response.body.length : 0;
        if (bytes > maxBytes)
          throw new TapeError(`all answers together are larger than ${maxBytes / 1e6} MB`);
        note?.(toResult(response));
        return response;
      } catch (error) {
        // A cancelled request says nothing about the API. Requests are cancelled when another one
        // failed, or when their page does not exist.
        const cancelled = limits.deadline.signal.aborted && !(error instanceof DeadlineError);
        if (error instanceof ExporterError && !cancelled) note?.({ failure: error.code });
        throw error;
      }
    },
    jsonOf(page) {
      const answer = answers.findLast((each) => each.page === page);
      const json = answer && 'json' in answer.result ? answer.result.json : undefined;
      return typeof json === 'object' && json !== null ? json : undefined;
    },
    take() {
      const taken = answers.sort((a, b) => a.page - b.page);
      answers = [];
      return taken;
    },
  };
}

/** Keeps all headers. {@link anonymise} leaves out most. */
function toResult({ status, headers, body }: HttpResponse): RecordedResult {
  const text = body.toString();
  const known = headers as Record<string, string>;
  try {
    return { status, headers: known, json: JSON.parse(text.replace(/^\ufeff/, '')) };
  } catch {
    return { status, headers: known, notJson: { characters: text.length } };
  }
}

import { createCollect, type PagingOptions } from './collect.ts';
import type { Secret } from './credentials.ts';
import { before, type Deadline } from './deadline.ts';
import { ExporterError, toScrapeErrorCode } from './errors.ts';
import type { Fetch, Trip } from './http/fetch.ts';
import { logLine, toLogFields } from './log.ts';
import { createPseudonyms } from './pseudonyms.ts';
import {
  afterWork,
  createRestraint,
  createSource,
  type SourceOptions,
  type SourceOutcome,
} from './queue-source.ts';
import type { Listing } from './snapshot/assemble.ts';
import type { Ongoing, OngoingField } from './snapshot/ongoing.ts';
import type { Item, Snapshot } from './snapshot/page.ts';
import type { QueueReading, QueueSource, QueueSourceStatus } from './snapshot/queue-reading.ts';
import { type QueueTime, type QueueTimeField, queueTimeListing } from './snapshot/queue-time.ts';
import { type QueueOptions, toQueues } from './snapshot/queues.ts';
import { type SkillTable, toSkills } from './snapshot/skills.ts';
import type { Timing } from './timing.ts';
import { createFetchPage } from './vcc/fetch-page.ts';
import { ongoing } from './vcc/ongoing.ts';
import { queueTimesSince } from './vcc/queue-times.ts';
import { createFetchSkills } from './vcc/skills.ts';
import { createTokenSource, type TokenOptions, type TokenSource } from './vcc/token.ts';
import type { DirectoryOptions } from './vcc/user-admin.ts';

/** How the queues of an account are read and counted. */
export interface AccountQueues extends Omit<QueueOptions, 'labelOfNumber'> {
  /** How long queue times are used before they are read again. */
  intervalMs: number;
  /** How long a scrape waits for them after its agents were read. */
  waitMs: number;
  /**
   * What names that look like a number become: themselves, one common name, or a hash with this
   * key.
   */
  numbers: 'show' | 'drop' | ((deadline: Deadline) => Promise<Secret>);
  /** How long skills are used before they are read again. Undefined without skills. */
  skillsTtlMs: number | undefined;
}

/** What {@link createQueues} uses. */
export interface QueuePorts {
  account: string;
  options: AccountQueues;
  fetch: Fetch;
  tokens: TokenSource;
  /** For the tokens of the User Admin API. */
  token: Omit<TokenOptions, 'scope'>;
  api: DirectoryOptions;
  paging: PagingOptions;
  /** Longest time of a read, and how long later scrapes get the same ongoing interactions. */
  timeoutMs: number;
  cacheTtlMs: number;
  timing: Timing;
  until: Deadline;
  log(line: string): void;
}

/** What was read for one scrape. */
export interface QueueReads {
  ongoing: SourceOutcome<Snapshot<Ongoing, OngoingField>>;
  queueTimes: SourceOutcome<Snapshot<QueueTime, QueueTimeField>>;
  /** Undefined without VCC_SKILLS. */
  skills: SourceOutcome<{ table: SkillTable; readAtMs: number }> | undefined;
  /**
   * Labels of names that look like a number, or why there are none. The same function as long as
   * the labels stay the same.
   */
  labelOfNumber: ((name: string) => string) | { error: unknown };
}

/** The queues of one account. */
export interface Queues {
  /**
   * Reads what is due, and returns it at most `waitMs` after `agents` settles. Reads that take
   * longer continue. Never throws.
   */
  read(agents: Promise<unknown>, deadline: Deadline): Promise<QueueReads>;
  /** Counts what was read. Skills need the snapshot of the agents. Never throws. */
  count(reads: QueueReads, agents: Snapshot | undefined, eligibilitySeen: boolean): QueueReading;
  /** Notes that the agents were throttled: queues wait, so that agents get what is left. */
  stepBack(error: unknown): void;
}

/** Ongoing interactions come and go, so one that is on two pages is a conflict. */
const ongoingListing: Listing<Ongoing> = {
  plural: 'interactions',
  one: 'an interaction',
  replaces: () => true,
};

/** A read of the window begins this much earlier, since clocks differ. */
const marginMs = 60_000;
/** Longest time of a read of the skills, as of a roster. */
const skillsReadMs = 60_000;
/** How long ongoing interactions are used while a new read takes too long. */
const ongoingUsableMs = 60_000;

/** Creates the queues of an account. It sends no request yet. */
export function createQueues(ports: QueuePorts): Queues {
  const { account, options, fetch, tokens, api, paging, timing, until, log } = ports;
  const restraint = createRestraint(timing);
  const pseudonyms = createPseudonyms(`${account}\0queues`);
  let hashed: { hash: (name: string) => string; label: (name: string) => string } | undefined;

  const sourceOf = <T>(
    name: QueueSource,
    read: (trip: Trip) => Promise<T>,
    times: Pick<SourceOptions, 'readMs' | 'freshMs' | 'usableMs'> & { keeps?: boolean },
  ) =>
    createSource(read, {
      keeps: false,
      ...times,
      waitMs: options.waitMs,
      clocks: timing,
      until,
      restraint,
      onFailure: (error, nextAttemptInMs) =>
        log(
          logLine('error', 'queues not read', {
            account,
            source: name,
            ...toLogFields(error),
            nextAttemptInMs,
          }),
        ),
    });
  // The token is the agents' too.
  const stats = { ...api, doubtsToken: false };
  const listOf = <I extends Item, Field extends string>(
    endpoint: Parameters<typeof createFetchPage<I, Field>>[2],
    listing: Listing<I>,
  ) => {
    const fetchPage = createFetchPage(fetch, tokens, endpoint, stats, timing);
    return createCollect(fetchPage, listing, paging, timing);
  };

  const ongoingNow = sourceOf('ongoing', listOf(ongoing, ongoingListing), {
    readMs: ports.timeoutMs,
    freshMs: ports.cacheTtlMs,
    usableMs: ports.cacheTtlMs + ongoingUsableMs,
  });
  const queueTimes = sourceOf('queue_times', createReadWindow(), {
    readMs: ports.timeoutMs,
    freshMs: options.intervalMs,
    usableMs: 2 * options.intervalMs,
  });
  const skills =
    options.skillsTtlMs === undefined
      ? undefined
      : sourceOf('skills', createReadSkills(), {
          readMs: skillsReadMs,
          freshMs: options.skillsTtlMs,
          usableMs: Number.POSITIVE_INFINITY,
          keeps: true,
        });

  /**
   * Reads the whole window each time, so that a function without state has the same numbers. If the
   * first answer shows that the API's clock is not as assumed, the read starts again, once.
   */
  function createReadWindow(): (trip: Trip) => Promise<Snapshot<QueueTime, QueueTimeField>> {
    let startMs = 0;
    /** The API's clock minus the one of this machine: the assumption, and what an answer shows. */
    let skewMs = 0;
    let shownMs: number | undefined;
    let isFirst = true;
    const isFar = () => shownMs !== undefined && Math.abs(shownMs - skewMs) > marginMs;
    const endpoint = queueTimesSince(
      () => startMs,
      ({ traffic }) => {
        shownMs = traffic.clockSkewMs;
        return isFar();
      },
    );
    const fetchPage = createFetchPage(fetch, tokens, endpoint, stats, timing);
    const list = createCollect<QueueTime, QueueTimeField>(
      async (number, trip) => {
        const page = await fetchPage(number, trip);
        if (number === 1) shownMs = page.upToMs - timing.now();
        // Further pages of a window of days would be requested in vain.
        if (number === 1 && isFirst && isFar()) throw wrongStart();
        return page;
      },
      queueTimeListing,
      paging,
      timing,
    );
    return async (trip) => {
      for (isFirst = true; ; isFirst = false) {
        shownMs = undefined;
        startMs = timing.now() + skewMs - options.windowMs - marginMs;
        try {
          const snapshot = await list(trip);
          if (startMs > snapshot.takenAtMs - options.windowMs) throw wrongStart();
          skewMs = shownMs ?? skewMs;
          return snapshot;
        } catch (error) {
          if (!isFirst || !isFar()) throw error;
          skewMs = shownMs!;
        }
      }
    };
  }

  function createReadSkills(): (trip: Trip) => Promise<{ table: SkillTable; readAtMs: number }> {
    const directory = createTokenSource(fetch, { ...ports.token, scope: 'users:read' }, timing, until);
    const fetchSkills = createFetchSkills(fetch, directory, api);
    return async (trip) => ({ table: await fetchSkills(trip), readAtMs: timing.now() });
  }

  async function openLabels(deadline: Deadline): Promise<QueueReads['labelOfNumber']> {
    const { numbers } = options;
    if (numbers === 'show') return asItIs;
    if (numbers === 'drop') return theSame;
    return before(numbers(deadline), deadline).then(
      (key) => {
        const hash = pseudonyms(key);
        if (hash !== hashed?.hash) hashed = { hash, label: (name) => `number-${hash(name)}` };
        return hashed.label;
      },
      (error) => ({ error }),
    );
  }

  function count(reads: QueueReads, agents: Snapshot | undefined, eligibilitySeen: boolean): QueueReading {
    const { labelOfNumber } = reads;
    if (typeof labelOfNumber === 'object') throw labelOfNumber.error;
    const max = options.maxQueues;
    return {
      sources: statusesOf(reads),
      counts: toQueues(
        { ongoing: reads.ongoing.value, queueTimes: reads.queueTimes.value },
        { ...options, labelOfNumber },
      ),
      skills:
        agents && reads.skills?.value && toSkills(agents, reads.skills.value.table, { max, eligibilitySeen }),
    };
  }

  return {
    async read(agents, deadline) {
      const patience = afterWork(agents, options.waitMs, deadline);
      const [now, times, table, labelOfNumber] = await Promise.all([
        ongoingNow.get(agents, deadline),
        queueTimes.get(agents, deadline),
        skills?.get(agents, deadline),
        openLabels(patience),
      ]);
      patience.end();
      return { ongoing: now, queueTimes: times, skills: table, labelOfNumber };
    },
    count(reads, agents, eligibilitySeen) {
      try {
        return count(reads, agents, eligibilitySeen);
      } catch (error) {
        log(logLine('error', 'queues not counted', { account, ...toLogFields(error) }));
        const failed = ({ requests }: SourceOutcome<unknown>) => ({ value: undefined, error, requests });
        const none = {
          ongoing: failed(reads.ongoing),
          queueTimes: failed(reads.queueTimes),
          skills: reads.skills && failed(reads.skills),
        };
        return {
          sources: statusesOf(none),
          counts: { bounds: options.bounds, ongoing: undefined, left: undefined, folded: 0 },
          skills: undefined,
        };
      }
    },
    stepBack: restraint.note,
  };
}

const wrongStart = () =>
  new ExporterError(
    'snapshot',
    'queue-times: the times of the answers differ from the time of the host by more than a minute',
    { retryable: true },
  );

const asItIs = (name: string) => name;
const theSame = () => 'number';

function statusesOf({
  ongoing: now,
  queueTimes,
  skills,
}: Pick<QueueReads, 'ongoing' | 'queueTimes' | 'skills'>): QueueSourceStatus[] {
  const status = (
    source: QueueSource,
    { error, requests }: SourceOutcome<unknown>,
    takenAtMs: number | undefined,
    flawed: number | undefined,
  ): QueueSourceStatus => ({
    source,
    error: error === undefined ? undefined : (toScrapeErrorCode(error) ?? 'internal'),
    requests,
    takenAtMs,
    flawed,
  });
  return [
    status('ongoing', now, now.value?.takenAtMs, now.value?.gaps.flawed),
    status('queue_times', queueTimes, queueTimes.value?.takenAtMs, queueTimes.value?.gaps.flawed),
    ...(skills ? [status('skills', skills, skills.value?.readAtMs, undefined)] : []),
  ];
}

import type { Account } from '../account.ts';
import { Observer } from '../calibrate/observer.ts';
import { QueueObserver, type WatchedSource } from '../calibrate/queue-observer.ts';
import type { Ending, OtherHosts, Watch } from '../calibrate/report.ts';
import { createCollect } from '../collect.ts';
import type { Settings } from '../config/settings.ts';
import { type Deadline, deadlineIn } from '../deadline.ts';
import { ExporterError } from '../errors.ts';
import { holdOff } from '../hold-off.ts';
import { newTraffic } from '../http/fetch.ts';
import { createGate, type Gate } from '../http/gate.ts';
import type { AccountQueues, QueueReads } from '../queue-reader.ts';
import { noAgents, type SourceOutcome } from '../queue-source.ts';
import { type Connection, type ConnectOptions, connect } from '../scrape.ts';
import { simulatedPrefix, simulatorServer } from '../simulated.ts';
import { agentListing } from '../snapshot/assemble.ts';
import type { Snapshot } from '../snapshot/page.ts';
import type { Timing } from '../timing.ts';
import type { Vault } from '../vault/vault.ts';
import { agentStatus } from '../vcc/agent-status.ts';
import type { FetchPage } from '../vcc/fetch-page.ts';
import { hostFamilies } from '../vcc/regions.ts';
import { toAccount } from './accounts.ts';

/** How long to watch an account, and with how many requests. */
export interface WatchOptions extends ConnectOptions {
  durationMs: number;
  /** Most requests, with those about queues. */
  requests: number;
  timing: Timing;
  /** Ends the watch early. */
  stop: Deadline;
  /** Called after each reading, also after a failed one. */
  onReading?: (progress: { readings: number; observations: number; leftMs: number }) => void;
}

/** The API allows clients to cache its answers for this time, in ms. */
const shortestIntervalMs = 5000;
const mostFailures = 3;

/** All requests were used. */
const spent = new Error('all requests were used');

/**
 * Reads an account repeatedly, as a scraper does, and passes every answer to an observer. It ends:
 * - when the time is over or all requests are used
 * - when the first reading fails
 * - at the first 429
 * - at the third failure in a row; readings in a pause for Retry-After do not count
 * - when it is stopped
 *
 * Readings begin at least 5 s apart, or further if the requests would not last. With VCC_QUEUES
 * each reading includes the queues. Their failures do not end the watch, except for a 429.
 * @throws nothing but bugs
 */
export async function watchAccount(account: Account, options: WatchOptions): Promise<Watch> {
  const { durationMs, requests: mostRequests, timing, stop, onReading = () => {} } = options;
  const observer = new Observer(account.floor.known);
  const traffic = newTraffic();
  // No flaw of items fails a reading: it is a finding.
  const paging = { ...account.paging, maxFlawedPercent: 100 };
  const bound = boundRequests(options.gate, mostRequests);
  const connection = connect({ ...account, paging, cacheTtlMs: 0 }, timing, stop, {
    ...options,
    gate: bound.gate,
    queueGate: bound.gate,
    onAnswer(request, { status, headers }) {
      const { pathname, searchParams } = request.url;
      const limit = searchParams.get('limit');
      if (!pathname.endsWith(agentStatus.path)) return;
      observer.addAnswer({ status, limit: limit === null ? undefined : Number(limit), headers });
    },
  });
  const fetchPage: FetchPage = async (number, trip) => {
    const page = await connection.fetchPage(number, trip);
    observer.addPage(page);
    return page;
  };
  const queues = account.queues && (await watchQueues(connection, account.queues));
  const collect = holdOff(createCollect(fetchPage, agentListing, paging, timing), timing);
  const startMs = timing.monotonic();
  const elapsedMs = () => timing.monotonic() - startMs;

  async function tryRead(): Promise<{ snapshot: Snapshot } | { error: unknown }> {
    const deadline = deadlineIn(account.timeoutMs, { until: stop });
    try {
      return { snapshot: await collect({ deadline, traffic }) };
    } catch (error) {
      return { error };
    } finally {
      deadline.end();
    }
  }

  async function watch(): Promise<Ending> {
    let readings = 0;
    let failures = 0;
    let pages = 1;
    for (;;) {
      const begunMs = elapsedMs();
      const { requests: requestsBefore } = traffic;
      const [outcome, refusal] = await Promise.all([tryRead(), queues?.read(stop)]);
      if ('snapshot' in outcome) {
        observer.addSnapshot(outcome.snapshot);
        readings++;
        failures = 0;
        pages = outcome.snapshot.pages;
      } else {
        const { error } = outcome;
        if (error === spent) return { by: 'requests' };
        if (stop.signal.aborted) return { by: 'stopped' };
        if (!(error instanceof ExporterError)) throw error;
        const { code, message } = error;
        if (code === 'throttled') return { by: 'throttled', message };
        // In a pause no request is sent, and the last failure is thrown again.
        if (traffic.requests > requestsBefore) failures++;
        if (readings === 0 || failures === mostFailures) return { by: 'failures', message };
      }
      if (refusal !== undefined) return { by: 'throttled', message: refusal };
      const leftMs = durationMs - elapsedMs();
      onReading({ readings, observations: observer.observations, leftMs });
      const each = pages + (queues?.pages() ?? 0);
      const readingsLeft = Math.floor((mostRequests - bound.requests()) / each);
      if (readingsLeft < 1) return { by: 'requests' };
      const intervalMs = Math.max(shortestIntervalMs, leftMs / readingsLeft);
      if (begunMs + intervalMs > durationMs) return { by: 'time' };
      try {
        await timing.sleep(Math.max(0, begunMs + intervalMs - elapsedMs()), stop.signal);
      } catch {
        return { by: 'stopped' };
      }
    }
  }

  try {
    const ending = await watch();
    return {
      findings: observer.findings(),
      queues: queues?.observer.findings(),
      ending,
      requests: bound.requests(),
      elapsedMs: elapsedMs(),
      clockSkewMs: traffic.clockSkewMs,
      simulated: traffic.server === simulatorServer || account.name.startsWith(simulatedPrefix),
    };
  } finally {
    connection.close();
  }
}

/** Counts the requests that enter the gate. Beyond `most`, it throws {@link spent}. */
function boundRequests(gate: Gate = createGate(Number.POSITIVE_INFINITY), most: number) {
  let requests = 0;
  const bounded: Gate = {
    addLane() {
      const lane = gate.addLane();
      return {
        ...lane,
        async enter(deadline) {
          if (requests >= most) throw spent;
          requests++;
          return lane.enter(deadline);
        },
      };
    },
  };
  return { gate: bounded, requests: () => requests };
}

/** Each reading has this window, however long the one of the metrics is. */
const queueWindowMs = 1_800_000;

/** Opens the queues of an account. They are read at every call, and passed to an observer. */
async function watchQueues(connection: Connection, options: AccountQueues) {
  const queues = await connection.openQueues(
    { ...options, windowMs: queueWindowMs, intervalMs: 1, numbers: 'show', skillsTtlMs: undefined },
    () => {},
  );
  const observer = new QueueObserver();
  let lastReads: QueueReads | undefined;

  /** While a source pauses after a failure, it returns the same failure again. */
  function note<T>(
    source: WatchedSource,
    { value, error }: SourceOutcome<T>,
    last: SourceOutcome<T> | undefined,
    add: (value: T) => void,
  ) {
    if (value !== undefined && value !== last?.value) add(value);
    if (error === undefined || error === last?.error || error === spent) return;
    if (!(error instanceof ExporterError)) throw error;
    observer.addFailure(source, error.message);
  }

  return {
    observer,
    /** The pages of the last reading. */
    pages: () => (lastReads?.ongoing.value?.pages ?? 1) + (lastReads?.queueTimes.value?.pages ?? 1),
    /** Reads once. Returns the message of a 429. */
    async read(deadline: Deadline): Promise<string | undefined> {
      const reads = await queues.read(noAgents, deadline);
      if (deadline.signal.aborted) return undefined;
      const { ongoing, queueTimes } = reads;
      note('ongoing', ongoing, lastReads?.ongoing, (value) => observer.addOngoing(value));
      note('queue-times', queueTimes, lastReads?.queueTimes, (value) => observer.addQueueTimes(value));
      lastReads = reads;
      const refused = [ongoing, queueTimes].map(({ error }) => error).find(isThrottled);
      return refused?.message;
    },
  };
}

const isThrottled = (error: unknown): error is ExporterError =>
  error instanceof ExporterError && error.code === 'throttled';

/**
 * Requests a token and a page from the other family of host names. Does nothing if the settings
 * have addresses outside the two families.
 * @throws nothing but bugs
 */
export async function tryOtherHosts(
  settings: Settings,
  vault: Vault | undefined,
  options: Pick<WatchOptions, 'network' | 'gate' | 'timing' | 'stop'>,
): Promise<OtherHosts> {
  const set = (['VCC_API_URL', 'VCC_TOKEN_URL'] as const).filter((name) => settings[name] !== undefined);
  if (set.length > 0) {
    return { untried: `${set.join(' and ')} ${set.length > 1 ? 'are' : 'is'} set` };
  }
  const family = hostFamilies.find((each) => each !== settings.VCC_HOSTS)!;
  const account = toAccount({ ...settings, VCC_HOSTS: family }, vault);
  const connection = connect(account, options.timing, options.stop, options);
  const deadline = deadlineIn(account.timeoutMs, { until: options.stop });
  try {
    const { totalCount } = await connection.fetchPage(1, { deadline, traffic: newTraffic() });
    return { family, agents: totalCount };
  } catch (error) {
    if (!(error instanceof ExporterError)) throw error;
    return { family, message: error.message };
  } finally {
    deadline.end();
    connection.close();
  }
}

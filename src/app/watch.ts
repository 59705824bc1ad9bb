import type { Account } from '../account.ts';
import { Observer } from '../calibrate/observer.ts';
import type { Ending, OtherHosts, Watch } from '../calibrate/report.ts';
import { createCollect } from '../collect.ts';
import type { Settings } from '../config/settings.ts';
import { type Deadline, deadlineIn } from '../deadline.ts';
import { ExporterError } from '../errors.ts';
import { holdOff } from '../hold-off.ts';
import { newTraffic } from '../http/fetch.ts';
import { type ConnectOptions, connect } from '../scrape.ts';
import { simulatedPrefix, simulatorServer } from '../simulated.ts';
import { agentListing } from '../snapshot/assemble.ts';
import type { Snapshot } from '../snapshot/page.ts';
import type { Timing } from '../timing.ts';
import type { Vault } from '../vault/vault.ts';
import type { FetchPage } from '../vcc/fetch-page.ts';
import { hostFamilies } from '../vcc/regions.ts';
import { toAccount } from './accounts.ts';

/** How long to watch an account, and with how many requests. */
export interface WatchOptions extends ConnectOptions {
  durationMs: number;
  /** Most requests. Retries may exceed it. */
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
 * Readings begin at least 5 s apart, or further if the requests would not last.
 * @throws nothing but bugs
 */
export async function watchAccount(account: Account, options: WatchOptions): Promise<Watch> {
  const { durationMs, requests: mostRequests, timing, stop, onReading = () => {} } = options;
  const observer = new Observer(account.floor.known);
  const traffic = newTraffic();
  const connection = connect(account, timing, stop, {
    ...options,
    onAnswer(request, { status, headers }) {
      const { searchParams } = request.url;
      const limit = searchParams.get('limit');
      if (!searchParams.has('page')) return;
      observer.addAnswer({ status, limit: limit === null ? undefined : Number(limit), headers });
    },
  });
  const fetchPage: FetchPage = async (number, trip) => {
    if (traffic.requests >= mostRequests) throw spent;
    const page = await connection.fetchPage(number, trip);
    observer.addPage(page);
    return page;
  };
  // No flaw of agents fails a reading: it is a finding.
  const paging = { ...account.paging, maxFlawedPercent: 100 };
  const collect = holdOff(createCollect(fetchPage, agentListing, paging, timing), timing);
  const startMs = timing.monotonic();
  const elapsedMs = () => timing.monotonic() - startMs;

  async function read(): Promise<Snapshot> {
    const deadline = deadlineIn(account.timeoutMs, { until: stop });
    try {
      return await collect({ deadline, traffic });
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
      try {
        const snapshot = await read();
        observer.addSnapshot(snapshot);
        readings++;
        failures = 0;
        pages = snapshot.pages;
      } catch (error) {
        if (error === spent) return { by: 'requests' };
        if (stop.signal.aborted) return { by: 'stopped' };
        if (!(error instanceof ExporterError)) throw error;
        const { code, message } = error;
        if (code === 'throttled') return { by: 'throttled', message };
        // In a pause no request is sent, and the last failure is thrown again.
        if (traffic.requests > requestsBefore) failures++;
        if (readings === 0 || failures === mostFailures) return { by: 'failures', message };
      }
      const leftMs = durationMs - elapsedMs();
      onReading({ readings, observations: observer.observations, leftMs });
      const readingsLeft = Math.floor((mostRequests - traffic.requests) / pages);
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
      ending,
      requests: traffic.requests,
      elapsedMs: elapsedMs(),
      clockSkewMs: traffic.clockSkewMs,
      simulated: traffic.server === simulatorServer || account.name.startsWith(simulatedPrefix),
    };
  } finally {
    connection.close();
  }
}

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

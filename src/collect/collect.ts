import { leftMs } from '../deadline.ts';
import { ExporterError } from '../errors.ts';
import type { Trip } from '../http/fetch.ts';
import { retryDelayMs } from '../http/retry.ts';
import type { Snapshot } from '../snapshot/agent.ts';
import { assemble } from '../snapshot/assemble.ts';
import type { Timing } from '../timing.ts';
import type { FetchPage } from '../vcc/client.ts';
import { type PagingOptions, readPages } from './read-pages.ts';

/** The pages did not become one snapshot, however often they were read. */
export class SnapshotError extends ExporterError {
  constructor(message: string) {
    super('snapshot', message, { retryable: true });
  }
}

/** Reads every page of an account. */
export type Collect = (trip: Trip) => Promise<Snapshot>;

/** The first reading, one of the pages concerned, then whole ones. */
const maxReadings = 5;
const rereadDelays = { retries: maxReadings, baseDelayMs: 100, maxDelayMs: 1000 };

/**
 * A reader that remembers how many pages there were, and asks for that many at once the next time.
 * @throws SnapshotError when the pages do not add up, TooLargeError past `maxPages`, or what `fetchPage` throws
 */
export function createCollect(fetchPage: FetchPage, options: PagingOptions, timing: Timing): Collect {
  let rememberedPages = 1;

  return async (trip) => {
    let pages = await readPages(fetchPage, range(rememberedPages), options, trip);
    for (let reading = 1; ; reading++) {
      const outcome = assemble(pages);
      if (!('reason' in outcome)) {
        rememberedPages = outcome.pages;
        return outcome;
      }
      const message = `the pages do not add up after ${reading} of ${maxReadings} readings: ${outcome.reason}`;
      rememberedPages = 1;
      if (reading === maxReadings) throw new SnapshotError(message);
      if (reading === 1) {
        const known = Math.max(...outcome.pages);
        const again = await readPages(fetchPage, outcome.pages, options, trip, known);
        pages = new Map([...pages, ...again]);
        continue;
      }
      // What changed reaches further than the pages where it shows: start over.
      const delayMs = retryDelayMs(rereadDelays, reading, timing.random(), undefined);
      if (delayMs >= leftMs(trip.deadline)) throw new SnapshotError(message);
      await timing.sleep(delayMs, trip.deadline.signal);
      pages = await readPages(fetchPage, range(rememberedPages), options, trip);
    }
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

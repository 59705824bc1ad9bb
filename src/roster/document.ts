import type { ReadText } from '../documents/errors.ts';
import { beginTrip } from '../http/fetch.ts';
import type { FetchRoster } from './roster.ts';
import { parseRoster } from './table.ts';

/** The roster that a file or an object in S3 holds. */
export function createFetchRosterFrom(readText: ReadText, location: string, now: () => number): FetchRoster {
  return async (budgetMs) => {
    const trip = beginTrip(budgetMs, now());
    try {
      return await parseRoster(await readText(location, trip.signal), location);
    } finally {
      trip.end();
    }
  };
}

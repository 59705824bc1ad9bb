import type { ReadText } from '../documents/errors.ts';
import type { FetchRoster } from './roster.ts';
import { parseRoster } from './table.ts';

/** The roster in a file or in an object in S3. */
export function createFetchRosterFrom(readText: ReadText, location: string): FetchRoster {
  return async (deadline) => parseRoster(await readText(location, deadline), location);
}

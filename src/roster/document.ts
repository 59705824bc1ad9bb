import type { ReadText } from '../documents/errors.ts';
import type { FetchRoster } from './roster.ts';
import { parseRoster } from './table.ts';

/**
 * Creates a fetch of the roster from a file or an object in S3. It throws DocumentError, or the
 * reason of the deadline's signal.
 */
export function createFetchRosterFrom(readText: ReadText, location: string): FetchRoster {
  return async (deadline) => parseRoster(await readText(location, deadline), location);
}

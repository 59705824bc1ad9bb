import { before, type Deadline, DeadlineError } from '../deadline.ts';

/**
 * Opens once for all invocations, and again after a failure: a list of accounts that could not be
 * read may be readable the next time.
 * @throws what `open` throws, or DeadlineError
 */
export function openOnce<T>(open: () => Promise<T>): (deadline: Deadline) => Promise<T> {
  let opening: Promise<T> | undefined;
  return async (deadline) => {
    opening ??= open().catch((error) => {
      opening = undefined;
      throw error;
    });
    try {
      return await before(opening, deadline);
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new DeadlineError(
        'the list of accounts (VCC_CONFIG) was not read in time; check access to it, or raise the timeout of the function',
        error,
      );
    }
  };
}

import { TooLargeError } from './errors.ts';

/** The bytes of one answer that is being received. */
export interface Hold {
  /** Counts more bytes. @throws TooLargeError when all answers together have too many */
  add(bytes: number): void;
  release(): void;
}

/** Limits the bytes of all answers that are being received at the same time. */
export interface Budget {
  hold(): Hold;
}

/**
 * Returns the most bytes of several answers together: eight times the limit of one answer, and at
 * least 268 MB. The pages of 250,000 agents have that size.
 */
export const bytesTogether = (maxBodyBytes = 0) => 8 * Math.max(2 ** 25, maxBodyBytes);

/** Creates the budget of a process. */
export function createBudget(maxBytes = bytesTogether()): Budget {
  let all = 0;
  return {
    hold() {
      let own = 0;
      return {
        add(bytes) {
          own += bytes;
          all += bytes;
          if (all > maxBytes) {
            throw new TooLargeError(
              `the answers of all accounts are together larger than ${maxBytes} bytes; lower VCC_CONCURRENCY`,
            );
          }
        },
        release() {
          all -= own;
          own = 0;
        },
      };
    },
  };
}

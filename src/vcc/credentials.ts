import type { ApiCredentials } from '../credentials.ts';
import type { Deadline } from '../deadline.ts';

/**
 * Yields credentials to try, in order. Take the next ones only after the last were rejected. The
 * sequence may end. It throws ExporterError when credentials cannot be read.
 */
export type CredentialSource = (deadline: Deadline) => AsyncIterable<ApiCredentials>;

/** Returns a source with these credentials only. */
export function fixedCredentials(credentials: ApiCredentials): CredentialSource {
  return async function* () {
    yield credentials;
  };
}

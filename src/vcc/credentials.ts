import type { ApiCredentials } from '../credentials.ts';
import type { Deadline } from '../deadline.ts';

/**
 * Yields credentials to try, in order. Request the next ones only after the server rejected the
 * last ones. The sequence may end. It throws ExporterError when credentials cannot be read.
 */
export type CredentialSource = (deadline: Deadline) => AsyncIterable<ApiCredentials>;

/** Returns a source with these credentials only. */
export function fixedCredentials(credentials: ApiCredentials): CredentialSource {
  return async function* () {
    yield credentials;
  };
}

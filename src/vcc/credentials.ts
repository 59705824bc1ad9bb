import type { ApiCredentials } from '../credentials.ts';
import type { Deadline } from '../deadline.ts';

/**
 * Credentials to try, the best first. To ask for the next is to say that the last were rejected; when there are no more,
 * they were the last. @throws ExporterError when they cannot be had
 */
export type CredentialSource = (deadline: Deadline) => AsyncIterable<ApiCredentials>;

/** Credentials that do not change. */
export function fixedCredentials(credentials: ApiCredentials): CredentialSource {
  return async function* () {
    yield credentials;
  };
}

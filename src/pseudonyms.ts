import { createHmac } from 'node:crypto';
import type { Secret } from './credentials.ts';

/** Gives the same pseudonym for the same agent of the same account, as long as the key is the same. */
export type Pseudonyms = (key: Secret) => (agentId: string) => string;

/** Characters of a pseudonym: 64 bits, so that among a million agents no two are likely to meet. */
const length = 16;
/** Kept ones; an account that has seen more agents than this begins anew. */
const maxKept = 200_000;

/**
 * Pseudonyms by HMAC-SHA256: without the key an id cannot be tried out, and an agent of one account cannot be found in
 * another. They are kept, since a hash costs more than all else that is done for an agent.
 */
export function createPseudonyms(account: string): Pseudonyms {
  let kept = new Map<string, string>();
  let keptFor = '';
  return (key) => {
    const secret = key.reveal();
    if (secret !== keptFor || kept.size > maxKept) kept = new Map();
    keptFor = secret;
    return (agentId) => {
      let pseudonym = kept.get(agentId);
      if (pseudonym === undefined) {
        const hmac = createHmac('sha256', secret).update(`${account}\0${agentId}`);
        pseudonym = hmac.digest('hex').slice(0, length);
        kept.set(agentId, pseudonym);
      }
      return pseudonym;
    };
  };
}

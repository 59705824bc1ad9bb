import { createHmac } from 'node:crypto';
import type { Secret } from './credentials.ts';

/** Returns a function from agent ids to pseudonyms. The same key and id always have the same pseudonym. */
export type Pseudonyms = (key: Secret) => (agentId: string) => string;

/** Hexadecimal characters of a pseudonym: 64 bits, so a collision among a million agents is unlikely. */
const length = 16;
/** Most pseudonyms to keep. An account with more agents than this starts with an empty cache again. */
const maxKept = 200_000;

/**
 * Creates the pseudonyms of an account with HMAC-SHA256. Without the key, guessed ids cannot be checked. The same agent
 * id has different pseudonyms in different accounts. Pseudonyms are cached, since the hash costs more than all other
 * work for an agent.
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

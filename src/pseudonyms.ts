import { createHmac } from 'node:crypto';
import type { Secret } from './credentials.ts';

/**
 * Returns a function from agent ids to pseudonyms. The same key and id always give the same
 * pseudonym. The same key as in the last call returns the same function.
 */
export type Pseudonyms = (key: Secret) => (agentId: string) => string;

/**
 * Hexadecimal characters of a pseudonym: 64 bits, so a collision among a million agents is
 * unlikely.
 */
const length = 16;
/** Most pseudonyms to keep. Beyond this number, the cache is emptied. */
const maxKept = 200_000;

/**
 * Creates the pseudonyms of an account with HMAC-SHA256. Without the key, nobody can check guessed
 * ids. The same agent id has different pseudonyms in different accounts. Pseudonyms are cached,
 * since the hash costs more than all other work for an agent.
 */
export function createPseudonyms(account: string): Pseudonyms {
  let last: { secret: string; kept: Map<string, string>; idOf: (agentId: string) => string } | undefined;
  return (key) => {
    const secret = key.reveal();
    if (secret !== last?.secret) {
      // A new map, since a scrape with the former key may still be running.
      const kept = new Map<string, string>();
      const idOf = (agentId: string) => {
        let pseudonym = kept.get(agentId);
        if (pseudonym === undefined) {
          const hmac = createHmac('sha256', secret).update(`${account}\0${agentId}`);
          pseudonym = hmac.digest('hex').slice(0, length);
          kept.set(agentId, pseudonym);
        }
        return pseudonym;
      };
      last = { secret, kept, idOf };
    }
    if (last.kept.size > maxKept) last.kept.clear();
    return last.idOf;
  };
}

import type { Simulator } from '../../src/simulator/server.ts';

/** What an API client of a simulator needs to know. */
interface Credentials {
  clientId: string;
  clientSecret: string;
}

/** Fetches a token from a simulator. */
export function askToken(
  { tokenUrl }: Simulator,
  { clientId, clientSecret }: Credentials,
  scope = 'stats',
): Promise<Response> {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
  return fetch(tokenUrl, { method: 'POST', body: new URLSearchParams(form) });
}

/** A client that fetches paths of a simulator with its own token. */
export async function newClient(simulator: Simulator, credentials: Credentials, scope = 'stats') {
  const { access_token } = (await (await askToken(simulator, credentials, scope)).json()) as {
    access_token: string;
  };
  const version = scope === 'stats' ? 3 : 4;
  const headers = {
    authorization: `bearer ${access_token}`,
    accept: `application/vnd.newvoicemedia.v${version}+json`,
  };
  return (path: string, more: Record<string, string> = {}) =>
    fetch(`${simulator.apiUrl}${path}`, { headers: { ...headers, ...more } });
}

/** The status and the JSON of an answer. */
export async function outcome(response: Response): Promise<[number, unknown]> {
  return [response.status, await response.json()];
}

import type { Account } from '../../src/account.ts';
import { toAccount } from '../../src/app/accounts.ts';
import { type Environment, loadSettings } from '../../src/config/load.ts';
import { deadlineIn } from '../../src/deadline.ts';
import { newTraffic, type Trip } from '../../src/http/fetch.ts';
import type { Simulator } from '../../src/simulator/server.ts';

/** Settings by which the exporter reads this simulator. */
export function environmentOf(
  simulator: Simulator,
  more: Environment = {},
): Record<string, string | undefined> {
  return {
    VCC_ACCOUNT: 'test',
    VCC_API_URL: simulator.apiUrl,
    VCC_TOKEN_URL: simulator.tokenUrl,
    VCC_CLIENT_ID: simulator.clientId,
    VCC_CLIENT_SECRET: simulator.clientSecret,
    // Lambda lets nobody in unless this is set.
    VCC_SCRAPE_AUTH: 'none',
    ...more,
  };
}

/** The account of a simulator. */
export function accountOf(simulator: Simulator, more: Environment = {}): Account {
  return toAccount(loadSettings(environmentOf(simulator, more)));
}

/** A trip with time to spare. */
export function newTrip(timeMs = 10_000): Trip {
  return { deadline: deadlineIn(timeMs), traffic: newTraffic() };
}

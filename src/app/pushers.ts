import { loadDestinations } from '../config/destinations.ts';
import { ConfigError, type Environment } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import type { Deadline } from '../deadline.ts';
import type { Destination } from '../push/destinations/destination.ts';
import type { Route } from '../push/outbox/outbox.ts';
import { createPusher, type Pusher } from '../push/schedule/pusher.ts';
import type { StateStore } from '../push/schedule/state.ts';
import { systemTiming } from '../timing.ts';
import type { OpenAccounts } from './accounts.ts';
import { checkCredentials, openDestinations } from './destinations.ts';
import { createReadText } from './places.ts';
import { createScrapers } from './scrapers.ts';

/** All pushers, and their settings and destinations. */
export interface OpenPushers {
  settings: Settings;
  destinations: readonly Destination[];
  /** One per account. */
  pushers: readonly Pusher[];
  close(): void;
}

/** Where log lines go, and how batches are queued and delivered. */
export interface PushPorts {
  log: (line: string) => void;
  /** Prints a line to standard output, for CloudWatch. */
  print: (line: string) => void;
  store: StateStore | undefined;
  /**
   * Deadline for checking the destinations' credentials in the secret. Undefined: no check, since a
   * queue keeps the batches until the credentials are valid.
   */
  checkUntil?: Deadline;
  toRoute(destination: Destination, account: string): Route | Promise<Route>;
}

/**
 * Creates a pusher per account, for all destinations.
 * @throws ConfigError when there is no destination, or its credentials can never be sent
 */
export async function openPushers(
  env: Environment,
  opened: OpenAccounts,
  ports: PushPorts,
): Promise<OpenPushers> {
  const { settings, network, vault, accounts } = opened;
  const { log, print, store, toRoute, checkUntil } = ports;
  const described = await loadDestinations(env, settings, accounts.length, createReadText(network));
  if (described.length === 0) {
    throw new ConfigError([
      'VCC_PUSH_URL: expected the address of a destination here, or destinations in VCC_PUSH_DESTINATIONS; received nothing',
    ]);
  }
  if (checkUntil) await checkCredentials(described, vault, checkUntil);
  const { destinations, close } = openDestinations(described, vault, print, network);
  const pushers = await Promise.all(
    createScrapers(opened, log).map(async (scraper, _, { length }) => {
      const routes = await Promise.all(
        destinations.map((destination) => toRoute(destination, scraper.account)),
      );
      return createPusher({ scraper, accounts: length, routes, timing: systemTiming, store, log });
    }),
  );
  return {
    settings,
    destinations,
    pushers,
    close() {
      for (const pusher of pushers) pusher.close();
      close();
    },
  };
}

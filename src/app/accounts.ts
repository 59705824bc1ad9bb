import type { Account, AccountAgentSeries } from '../account.ts';
import { createReadSecret } from '../aws/secrets-manager.ts';
import { type Config, loadConfig } from '../config/accounts.ts';
import { ConfigError, type Environment } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import type { ApiCredentials } from '../credentials.ts';
import { type Deadline, forever } from '../deadline.ts';
import type { Network } from '../http/network.ts';
import type { AccountQueues } from '../queue-reader.ts';
import { systemTiming } from '../timing.ts';
import { createVault, type Vault } from '../vault/vault.ts';
import { fixedCredentials } from '../vcc/credentials.ts';
import { apiUrl, tokenUrl } from '../vcc/regions.ts';
import { openNetwork } from './network.ts';
import { createReadText } from './places.ts';

/** The settings and their accounts. */
export interface OpenAccounts {
  /** For all accounts. */
  settings: Settings;
  network: Network;
  /**
   * The secret of the general settings, which may contain scrape credentials. Undefined without
   * one.
   */
  vault: Vault | undefined;
  accounts: readonly { account: Account; settings: Settings; vault: Vault | undefined }[];
}

/**
 * Opens the accounts of the environment, or of the list in VCC_CONFIG. It reads only that list, and
 * calls no API.
 * @throws ConfigError
 */
export async function openAccounts(env: Environment, log: (line: string) => void): Promise<OpenAccounts> {
  const network = await openNetwork(env);
  return withVaults(await loadConfig(env, createReadText(network)), network, log);
}

/**
 * Opens the accounts of a configuration with their vaults. Accounts with the same secret share a
 * vault. Reads of secrets end at `until`.
 * @throws ConfigError
 */
export function withVaults(
  { settings, accounts }: Config,
  network: Network,
  log: (line: string) => void,
  until: Deadline = forever,
): OpenAccounts {
  const vaults = new Map<string, Vault>();
  const vaultOf = (its: Settings): Vault | undefined => {
    const id = its.VCC_SECRET_ID;
    if (id === undefined) return undefined;
    const open = vaults.get(id);
    if (open) return open;
    const vault = createVault(createReadSecret(id, network), {
      name: `secret ${id}`,
      ttlMs: settings.VCC_SECRET_TTL,
      pending: settings.VCC_SECRET_PENDING === 'when-rejected',
      clocks: systemTiming,
      until,
      log,
    });
    vaults.set(id, vault);
    return vault;
  };
  return {
    settings,
    network,
    vault: vaultOf(settings),
    accounts: accounts.map((its) => {
      const vault = vaultOf(its);
      return { account: toAccount(its, vault), settings: its, vault };
    }),
  };
}

/** Pages that are requested at the same time while it is unknown whether the host accepts more. */
const firstPagesAtOnce = 10;

/**
 * Creates the account of these settings. Its credentials come from the vault, if there is one.
 * @throws ConfigError without credentials
 */
export function toAccount(settings: Settings, vault?: Vault): Account {
  const { VCC_REGION: region, VCC_HOSTS: family } = settings;
  const name = settings.VCC_ACCOUNT ?? 'default';
  return {
    name,
    region,
    token: {
      tokenUrl: settings.VCC_TOKEN_URL ?? tokenUrl(region, family),
      credentials: vault ? vault.apiCredentials(name) : fixedCredentials(apiCredentialsOf(settings)),
      tokenAuth: settings.VCC_TOKEN_AUTH,
      timeoutMs: settings.VCC_TIMEOUT,
    },
    api: { apiUrl: settings.VCC_API_URL ?? apiUrl(region, family), pageSize: settings.VCC_PAGE_SIZE },
    http: {
      retry: { retries: settings.VCC_RETRIES, baseDelayMs: 200, maxDelayMs: 5000 },
      requestTimeoutMs: settings.VCC_REQUEST_TIMEOUT,
      maxBodyBytes: settings.VCC_MAX_BODY_BYTES,
    },
    paging: {
      concurrency: settings.VCC_PAGE_CONCURRENCY ?? settings.VCC_CONCURRENCY,
      startConcurrency: settings.VCC_PAGE_CONCURRENCY ?? Math.min(firstPagesAtOnce, settings.VCC_CONCURRENCY),
      maxPages: settings.VCC_MAX_PAGES,
      maxFlawedPercent: settings.VCC_MAX_FLAWED_AGENTS,
    },
    floor: {
      ageBounds: settings.VCC_AGE_BOUNDS,
      maxDescriptions: settings.VCC_MAX_DESCRIPTIONS,
      known: settings.VCC_KNOWN_VALUES,
      semantics: settings.VCC_SEMANTICS,
    },
    agentSeries: toAgentSeries(settings, vault),
    roster: settings.VCC_ROSTER && {
      source: settings.VCC_ROSTER,
      labels: settings.VCC_ROSTER_LABELS,
      filters: [settings.VCC_AGENT_INCLUDE, settings.VCC_AGENT_EXCLUDE].flatMap((filter) =>
        filter === undefined || filter.column === 'agent_id' ? [] : [filter.column],
      ),
      ttlMs: settings.VCC_ROSTER_TTL,
    },
    maxTeams: settings.VCC_MAX_TEAMS,
    queues: toQueues(settings, vault),
    cacheTtlMs: settings.VCC_CACHE_TTL,
    timeoutMs: settings.VCC_TIMEOUT,
  };
}

function toQueues(settings: Settings, vault: Vault | undefined): AccountQueues | undefined {
  if (settings.VCC_QUEUES === 'off') return undefined;
  const { VCC_QUEUE_NUMBERS: numbers } = settings;
  return {
    windowMs: settings.VCC_QUEUE_WINDOW,
    intervalMs: settings.VCC_QUEUE_INTERVAL,
    waitMs: settings.VCC_QUEUE_WAIT,
    bounds: settings.VCC_QUEUE_BOUNDS,
    maxQueues: settings.VCC_MAX_QUEUES,
    include: settings.VCC_QUEUE_INCLUDE,
    exclude: settings.VCC_QUEUE_EXCLUDE,
    numbers: numbers === 'hash' ? agentKeyOf(settings, vault) : numbers,
    skillsTtlMs: settings.VCC_SKILLS === 'off' ? undefined : settings.VCC_ROSTER_TTL,
  };
}

/** The key of hashes, from the settings or the secret. */
function agentKeyOf({ VCC_AGENT_KEY: key }: Settings, vault: Vault | undefined) {
  return key ? async () => key : (deadline: Deadline) => vault!.agentKey(deadline);
}

function toAgentSeries(settings: Settings, vault: Vault | undefined): AccountAgentSeries | undefined {
  const { VCC_AGENT_METRICS: mode } = settings;
  if (mode === 'off') return undefined;
  return {
    key: mode === 'ids' ? undefined : agentKeyOf(settings, vault),
    limit: settings.VCC_AGENT_LIMIT,
    loggedOut: settings.VCC_AGENT_LOGGED_OUT === 'include',
    include: settings.VCC_AGENT_INCLUDE,
    exclude: settings.VCC_AGENT_EXCLUDE,
  };
}

function apiCredentialsOf(settings: Settings): ApiCredentials {
  const { VCC_CLIENT_ID: clientId, VCC_CLIENT_SECRET: clientSecret } = settings;
  if (clientId !== undefined && clientSecret !== undefined) return { clientId, clientSecret };
  throw new ConfigError([
    'VCC_CLIENT_ID, VCC_CLIENT_SECRET: expected API credentials, or VCC_SECRET_ID; received nothing',
  ]);
}

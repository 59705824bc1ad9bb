import type { ReadText } from '../documents/errors.ts';
import { fieldsOf, type ListKind, loadList } from './list.ts';
import { accountContradictions, type Environment, loadSettings } from './load.ts';
import type { Settings } from './settings.ts';

/** What the exporter is told: settings for all, and those of each account, which hold the former where it says nothing. */
export interface Config {
  settings: Settings;
  /** At least one; names are different. */
  accounts: readonly Settings[];
}

/** Accounts in VCC_CONFIG. */
export const accountList: ListKind = {
  key: 'accounts',
  one: 'account',
  fields: fieldsOf('field'),
  name: 'VCC_ACCOUNT',
  contradictions: accountContradictions,
  inherited(env, own) {
    // A secret for all is not for one that has credentials of its own.
    const { VCC_CONFIG: _, VCC_SECRET_ID: secretId, ...rest } = env;
    const ownCredentials = own.VCC_CLIENT_ID !== undefined || own.VCC_CLIENT_SECRET !== undefined;
    return ownCredentials ? rest : { ...rest, VCC_SECRET_ID: secretId };
  },
  missing: (isNamed) =>
    isNamed('VCC_CLIENT_ID') || isNamed('VCC_CLIENT_SECRET') || isNamed('VCC_SECRET_ID')
      ? undefined
      : 'a secret_id, or client_id and client_secret',
};

/**
 * Reads the settings, and the accounts that VCC_CONFIG lists, if it is set.
 * @throws ConfigError with every problem, named by its variable or by its place in the list
 */
export async function loadConfig(env: Environment, readText: ReadText): Promise<Config> {
  const settings = loadSettings(env);
  const source = settings.VCC_CONFIG;
  if (source === undefined) return { settings, accounts: [settings] };
  return { settings, accounts: await loadList(accountList, 'VCC_CONFIG', source, env, readText) };
}

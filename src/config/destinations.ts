import type { ReadText } from '../documents/errors.ts';
import { fieldsOf, type ListKind, loadList } from './list.ts';
import { ConfigError, type Environment, type NameSetting } from './load.ts';
import { isLocal } from './parse-address.ts';
import type { SettingName, Settings } from './settings.ts';

/** Settings of a single destination. They exclude a list of destinations. */
const identity = [
  'VCC_PUSH_URL',
  'VCC_PUSH_USER',
  'VCC_PUSH_PASSWORD',
  'VCC_PUSH_TOKEN',
  'VCC_PUSH_ROLE_ARN',
] as const satisfies SettingName[];

/** A message must fit into 256 KiB, the former limit of SQS. It contains the body in base64. */
const maxQueuedBytes = 190_000;

/** The destinations in VCC_PUSH_DESTINATIONS. */
export const destinationList: ListKind = {
  key: 'destinations',
  one: 'destination',
  fields: fieldsOf('destinationField'),
  name: 'VCC_PUSH_NAME',
  contradictions: destinationContradictions,
  inherited: ({ VCC_PUSH_DESTINATIONS: _, VCC_PUSH_NAME: __, ...rest }) => rest,
};

/**
 * Reads the list of destinations. Without a list, reads the single destination of the settings, if
 * there is one. `accounts` is the number of accounts.
 * @throws ConfigError with all problems
 */
export async function loadDestinations(
  env: Environment,
  settings: Settings,
  accounts: number,
  readText: ReadText,
): Promise<Settings[]> {
  const source = settings.VCC_PUSH_DESTINATIONS;
  const problems = pushContradictions(settings);
  let found: Settings[] = [];
  if (source === undefined) {
    if (settings.VCC_PUSH_URL !== undefined || settings.VCC_PUSH_TYPE === 'emf') {
      problems.push(...destinationContradictions(settings, (name) => name));
      found = [settings];
    }
  } else {
    const twice = identity.filter((name) => settings[name] !== undefined);
    if (twice.length > 0) {
      problems.push(
        `VCC_PUSH_DESTINATIONS: expected either a list of destinations or the settings of a single one (${twice.join(', ')}); received both`,
      );
    } else found = await loadList(destinationList, 'VCC_PUSH_DESTINATIONS', source, env, readText);
  }
  for (const { VCC_PUSH_INSTANCE: instance, VCC_PUSH_NAME: name, VCC_PUSH_MAX_BYTES: bytes } of found) {
    if (settings.VCC_PUSH_QUEUE_URL !== undefined && bytes > maxQueuedBytes) {
      problems.push(
        `VCC_PUSH_MAX_BYTES of ${name}: expected at most ${maxQueuedBytes}, so that a message of SQS fits into 256 KiB; received ${bytes}`,
      );
    }
    if (accounts > 1 && !instance.includes('{account}')) {
      problems.push(
        `VCC_PUSH_INSTANCE of ${name}: expected a text with {account}, since ${accounts} accounts would have the same series; received a text without it`,
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return found;
}

function pushContradictions(settings: Settings): string[] {
  const problems: string[] = [];
  const { VCC_PUSH_QUEUE_URL: queue, VCC_PUSH_REJECTED_URL: rejected } = settings;
  if ((queue === undefined) !== (rejected === undefined)) {
    const [given, missing] = queue
      ? ['VCC_PUSH_QUEUE_URL', 'VCC_PUSH_REJECTED_URL']
      : ['VCC_PUSH_REJECTED_URL', 'VCC_PUSH_QUEUE_URL'];
    problems.push(`${missing}: expected the address of a queue, since ${given} is set; received nothing`);
  }
  for (const [name, url] of Object.entries({ VCC_PUSH_QUEUE_URL: queue, VCC_PUSH_REJECTED_URL: rejected })) {
    if (url !== undefined && !url.endsWith('.fifo')) {
      problems.push(`${name}: expected a FIFO queue, whose name ends in .fifo; received another one`);
    }
  }
  return problems;
}

function destinationContradictions(values: Partial<Settings>, nameOf: NameSetting): string[] {
  const problems: string[] = [];
  const expect = (name: SettingName, expected: string, received = 'nothing') => {
    problems.push(`${nameOf(name)}: expected ${expected}; received ${received}`);
  };
  const { VCC_PUSH_TYPE: type, VCC_PUSH_URL: url, VCC_PUSH_AUTH: auth } = values;
  if (type === 'emf') {
    if (url) expect('VCC_PUSH_URL', 'no address, since emf writes to the log', 'an address');
    return problems;
  }
  if (!url) expect('VCC_PUSH_URL', 'the address of the destination');
  const needs = { basic: ['VCC_PUSH_USER', 'VCC_PUSH_PASSWORD'], bearer: ['VCC_PUSH_TOKEN'] } as const;
  for (const [kind, names] of Object.entries(needs)) {
    const given = names.filter((name) => values[name] !== undefined);
    if (kind !== auth && given.length > 0) {
      expect('VCC_PUSH_AUTH', `${kind}, since ${given.map(nameOf).join(' and ')} is set`, `"${auth}"`);
    }
    if (kind !== auth || (given.length === 0 && values.VCC_SECRET_ID !== undefined)) continue;
    for (const name of names) {
      if (values[name] === undefined) {
        expect(name, `a value here or in a secret, since ${nameOf('VCC_PUSH_AUTH')} is ${kind}`);
      }
    }
  }
  if (url && auth !== 'none' && url.protocol !== 'https:' && !isLocal(url)) {
    expect(
      'VCC_PUSH_URL',
      `an https address, since http would expose the credentials (${auth})`,
      'an http one',
    );
  }
  if (auth !== 'sigv4' && values.VCC_PUSH_ROLE_ARN !== undefined) {
    expect('VCC_PUSH_AUTH', `sigv4, since ${nameOf('VCC_PUSH_ROLE_ARN')} is set`, `"${auth}"`);
  }
  return problems;
}

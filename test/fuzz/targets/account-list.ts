import assert from 'node:assert/strict';
import fc from 'fast-check';
import { loadConfig } from '../../../src/config/accounts.ts';
import { loadDestinations } from '../../../src/config/destinations.ts';
import { ConfigError, loadSettings } from '../../../src/config/load.ts';
import { damagedJson, damagedText } from '../damage.ts';
import { settingText } from '../settings-texts.ts';
import { parsedLater, target } from '../target.ts';
import { yamlTexts } from '../yaml-texts.ts';

const account = fc.record(
  {
    name: fc.constantFrom('uk', 'us', 'de'),
    client_id: fc.constantFrom('abc', 'def'),
    client_secret: fc.constantFrom('0123456789', '$' + '{SECRET}', '$' + '{NOTHING}'),
    region: settingText,
    page_size: settingText,
    roster: settingText,
    agent_include: settingText,
    known_values: fc.array(settingText, { maxLength: 2 }),
  },
  { requiredKeys: ['name', 'client_id', 'client_secret'] },
);
const destination = fc.record(
  {
    name: fc.constantFrom('a', 'b'),
    type: fc.constantFrom('remote-write', 'otlp', 'emf', 'pushgateway'),
    url: settingText,
    auth: fc.constantFrom('none', 'basic', 'bearer', 'sigv4'),
    labels: fc.dictionary(settingText, settingText, { maxKeys: 2 }),
    headers: fc.dictionary(settingText, settingText, { maxKeys: 2 }),
  },
  { requiredKeys: ['name'] },
);
const documents = fc.oneof(
  fc.record({ accounts: fc.array(account, { maxLength: 3 }) }),
  fc.record({ destinations: fc.array(destination, { maxLength: 3 }) }),
);

const env = { SECRET: 'a-secret-from-a-variable' };
const readText = async (location: string) => assert.fail(`read ${location}`);

/**
 * Lists of accounts and of destinations: entries with unique names, or problems that name their
 * place.
 */
export const accountList = target(
  'account-list',
  fc.oneof(damagedJson(documents), damagedText(yamlTexts)),
  async (text) => {
    // A text with a quote is a list, not the path of one.
    const inline = `# "a list"\n${text}`;
    const accounts = await parsedLater(
      async () =>
        (await loadConfig({ ...env, VCC_CONFIG: inline }, readText)).accounts.map((each) =>
          JSON.stringify(each),
        ),
      [ConfigError],
      { marked: false },
    );
    const destinations = await parsedLater(
      async () => {
        const settings = loadSettings({ ...env, VCC_PUSH_DESTINATIONS: inline });
        const found = await loadDestinations(
          { ...env, VCC_PUSH_DESTINATIONS: inline },
          settings,
          1,
          readText,
        );
        return found.map((each) => JSON.stringify(each));
      },
      [ConfigError],
      { marked: false },
    );
    for (const [kind, result] of Object.entries({ VCC_ACCOUNT: accounts, VCC_PUSH_NAME: destinations })) {
      if ('refusal' in result) {
        assert(!result.refusal.message.includes(env.SECRET), result.refusal.message);
        continue;
      }
      const names = result.value.map((each) => JSON.parse(each)[kind]);
      assert(names.length > 0 && new Set(names).size === names.length && names.every(Boolean));
    }
  },
  { share: 0.04 },
);

import assert from 'node:assert/strict';
import { toAccount } from '../../../src/app/accounts.ts';
import { loadDestinations } from '../../../src/config/destinations.ts';
import { ConfigError, loadSettings, settingNames } from '../../../src/config/load.ts';
import { environments } from '../settings-texts.ts';
import { parsed, parsedLater, target } from '../target.ts';

const noFile = async () => assert.fail('read a file');

/**
 * All settings together: accounts and destinations, or problems that name settings and quote no
 * sensitive one.
 */
export const environment = target(
  'environment',
  environments,
  async (env) => {
    const result = parsed(() => JSON.stringify(loadSettings(env)), [ConfigError]);
    if ('refusal' in result) {
      const { problems } = result.refusal as ConfigError;
      assert(problems.length > 0);
      for (const problem of problems) {
        assert.match(problem, /^(VCC_\w*|PORT|HOST|a variable that begins with VCC_)/);
      }
      return;
    }
    const settings = loadSettings(env);
    for (const name of Object.keys(settings)) assert(settingNames.some((each) => each === name));
    if (settings.VCC_CONFIG === undefined && settings.VCC_SECRET_ID === undefined) {
      parsed(() => toAccount(settings).name, [ConfigError]);
    }
    const { VCC_PUSH_DESTINATIONS: list } = settings;
    if (list === undefined || 'inline' in list) {
      await parsedLater(
        async () => JSON.stringify(await loadDestinations(env, settings, 1, noFile)),
        [ConfigError],
        {
          marked: list === undefined,
        },
      );
    }
  },
  { share: 0.3 },
);

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { toAlertGroups } from '../../../alerts/rules.ts';
import { parseAlertSettings } from '../../../alerts/settings.ts';
import { ConfigError } from '../../../src/config/load.ts';
import { takeApart } from '../../support/promql.ts';
import { damagedText, damagedValue, piece } from '../damage.ts';
import { parsed, target } from '../target.ts';

const defaults = readFileSync(new URL('../../../alerts/thresholds.yml', import.meta.url), 'utf8');

const own = fc.constantFrom<unknown[]>(
  {},
  { job: 'vcc|vcc-uk', interval: '1m', recent: '3m', urls: { grafana: 'https://grafana.example/' } },
  { age_bounds: '60,900,1800,3600', forgotten_after: '1h', alerts: {} },
  {
    alerts: {
      VccIdleAgents: { for: '5m', severity: 'critical', enabled: false, accounts: { uk: { for: '1m' } } },
      VccThrottled: { for: '1m30s' },
      VccAwayTooLong: { accounts: { '007': {}, 'a "b"': { longer_than: '900s' } } },
    },
  },
);

/** Thresholds of a user: settings from which rules can be made, or a rejection. */
export const thresholds = target(
  'thresholds',
  fc.oneof(
    damagedValue(own).map((value) => JSON.stringify(value)),
    damagedText(fc.constantFrom(defaults, 'job: vcc\nalerts:\n  VccThrottled:\n    for: 5m\n')),
    piece,
  ),
  (text) => {
    const read = () => parseAlertSettings(defaults, text, 'mine.yml');
    // Alerts have functions, which are the same ones.
    const result = parsed(read, [ConfigError], { marked: false });
    if ('refusal' in result) {
      for (const problem of (result.refusal as ConfigError).problems)
        assert.match(problem, /^mine\.yml(?:, line \d+, column \d+)?: /);
      return;
    }
    for (const { rules } of toAlertGroups(result.value)) for (const { expr } of rules) takeApart(expr);
  },
  { share: 0.01 },
);

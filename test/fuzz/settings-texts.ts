import fc from 'fast-check';
import { settingNames } from '../../src/config/load.ts';
import { settings } from '../../src/config/settings.ts';
import { damagedText, piece } from './damage.ts';
import { mark } from './target.ts';

/** Values that fit some settings. */
const values = [
  ...[
    'uk',
    'emea',
    'nam',
    'vonage',
    'body',
    'basic',
    'credentials',
    'iam',
    'none',
    'hashed',
    'ids',
    'otlp',
    'emf',
  ],
  ...[
    '0',
    '1',
    '10',
    '5000',
    '1000000',
    '10s',
    '1m30s',
    '500ms',
    '2h',
    '0.5',
    '16.1',
    '1d',
    '60,300',
    '30,60,4500',
  ],
  ...[
    'https://api.example.org/base',
    'http://localhost:9009/api/v1/push',
    'https://u:p@example.org/',
    'http://x/',
  ],
  ...[
    'https://sqs.eu-west-1.amazonaws.com/123456789012/vcc.fifo',
    's3://bucket/key.yml',
    'teams.csv',
    'users-api',
  ],
  ...['vcc/uk', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:vcc-abc', 'eu-west-1', 'VCC'],
  ...['arn:aws:iam::123456789012:role/push', 'team,site', 'env=prod,zone=a', 'X-Scope-OrgID=tenant'],
  ...[
    'presence=Sabbatical',
    'workload_falls_phone=wrap',
    'team=Sales|Support',
    '47.*',
    '[a-z',
    'vcc_agents*',
  ],
  ...[
    '0123456789abcdef',
    'prometheus:0123456789abcdef',
    '{account}',
    'changeme',
    '"quoted"',
    '{"accounts": []}',
  ],
];

/** The text of a setting: one that fits, perhaps another setting, or a damaged one. */
export const settingText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...values) },
  { weight: 3, arbitrary: damagedText(fc.constantFrom(...values)) },
  { weight: 1, arbitrary: piece },
);

/** The same, with texts that no message may contain. */
export const markedText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(mark, `${mark}-0123456789`, `prometheus:${mark}-0123`, `https://${mark}:x@h/`, `*${mark}`),
  settingText.map((text) => `${text}${mark}`),
);

/** Sensitive settings, and those into which a user may paste a secret by mistake. */
const sensitive = settingNames.filter(
  (name) =>
    'sensitive' in settings[name] ||
    ['VCC_SECRET_ID', 'VCC_ROSTER', 'VCC_PUSH_QUEUE_URL', 'VCC_PUSH_STATE', 'VCC_PUSH_LABELS'].includes(name),
);

const unmarkedText = settingText.map((text) => text.replaceAll(mark, ''));

/**
 * An environment with some settings. Only sensitive settings contain texts that no message may
 * contain.
 */
export const environments: fc.Arbitrary<Record<string, string>> = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom<string[]>(...settingNames), unmarkedText),
      fc.tuple(fc.constantFrom<string[]>(...sensitive), markedText),
      fc.tuple(
        piece.map((text) => `VCC_${text.replaceAll(mark, '')}`),
        settingText,
      ),
    ),
    { maxLength: 8 },
  )
  .map((pairs) => Object.fromEntries(pairs));

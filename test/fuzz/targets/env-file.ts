import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseEnvText } from '../../../src/cli/env-file.ts';
import { ConfigError } from '../../../src/config/load.ts';
import { damagedText, piece } from '../damage.ts';
import { mark, parsed, target } from '../target.ts';

/** Values that need no quotes and have no meaning in any. */
const plain = fc.stringMatching(/^[A-Za-z0-9_.:/+,;=-]{0,12}$/);
const lines = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('VCC_ACCOUNT', 'VCC_CLIENT_SECRET', 'VCC_REGION', 'A', 'b_2'),
    value: fc.oneof(plain, fc.constantFrom(mark, `${mark} x`, 'a # b', '')),
    quote: fc.constantFrom("'", '"', '`'),
    start: fc.constantFrom('', '  ', 'export ', 'export   '),
    end: fc.constantFrom('', ' ', ' # a comment'),
  }),
  { maxLength: 4, selector: ({ name }) => name },
);
const files = lines.map((all) => ({
  text: all
    .map(({ name, value, quote, start, end }) => `${start}${name}=${quote}${value}${quote}${end}`)
    .join('\n'),
  values: Object.fromEntries(all.map(({ name, value }) => [name, value])),
}));

/** Env files: the values as written, or a rejection that quotes nothing. */
export const envFile = target(
  'env-file',
  fc.oneof(
    files,
    // What was read from a file is well-formed.
    damagedText(
      fc.oneof(
        files.map(({ text }) => text),
        piece,
      ),
    ).map((text) => ({ text: text.toWellFormed() })),
  ),
  (input: { text: string; values?: Record<string, string> }) => {
    const result = parsed(() => parseEnvText(input.text, '.env'), [ConfigError]);
    if ('refusal' in result) {
      assert.equal(input.values, undefined, result.refusal.message);
      return;
    }
    const values = { ...result.value };
    if (input.values) assert.deepEqual(values, input.values);
    const lines = input.text.split(/\r\n|\n|\r/);
    // Each line with a name sets it, except for a name that no environment has.
    const names = lines.flatMap((line) => /^\s*(?:export\s+)?(\w+)\s*=/.exec(line)?.[1] ?? []);
    assert.deepEqual(
      Object.keys(values).toSorted(),
      [...new Set(names)].filter((name) => name !== '__proto__').toSorted(),
    );
    for (const [name, value] of Object.entries(values)) {
      // Each value is from one line that has its name: a part of a secret is never the whole.
      const line = lines.findLast((each) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`).test(each));
      assert(line?.includes(value ?? ''), `${JSON.stringify(name)} is from no line`);
    }
  },
);

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { settingNames } from '../../../src/config/load.ts';
import { type Parse, Unfit } from '../../../src/config/parse.ts';
import { settings } from '../../../src/config/settings.ts';
import type { AgentPattern } from '../../../src/snapshot/agent-series.ts';
import type { NamePattern } from '../../../src/snapshot/name-pattern.ts';
import { markedText, settingText } from '../settings-texts.ts';
import { assertUnmarked, parsed, target } from '../target.ts';

/** The parser of each setting: a value of its kind, or a rejection that does not quote. */
export const setting = target(
  'setting',
  fc.record({ name: fc.constantFrom(...settingNames), text: fc.oneof(settingText, markedText) }),
  ({ name, text }) => {
    const parse: Parse<unknown> = settings[name].parse;
    const result = parsed(() => comparable(parse(text)), [Unfit]);
    if ('refusal' in result) {
      const { expected, received = '' } = result.refusal as Unfit;
      assertUnmarked(`${expected} ${received}`);
      return;
    }
    const { value } = result;
    assert(value !== undefined && value !== null);
    const { schema } = parse;
    if (typeof value === 'number') {
      assert(Number.isFinite(value) && value >= 0, String(value));
      if (schema.type === 'integer') {
        assert(value >= Number(schema.minimum) && value <= Number(schema.maximum));
        assert.equal(value, Number(text));
      } else assert.equal(value, durationOf(text));
    }
    if (Array.isArray(schema.enum)) assert(schema.enum.includes(value));
    if (schema.type === 'string' && typeof schema.pattern === 'string')
      assert.match(text, new RegExp(schema.pattern, 'iu'));
  },
);

/** The expression of a pattern instead of its function, which is a new one each time. */
function comparable(value: unknown): unknown {
  const { pattern, source, test } = Object(value) as Partial<AgentPattern & NamePattern>;
  if (typeof test === 'function') return source;
  return pattern === undefined ? value : { ...(value as AgentPattern), pattern: pattern.source };
}

/** Milliseconds of a duration, read from its end. */
function durationOf(text: string): number {
  if (/^[\d.]+$/.test(text)) return Math.round(Number(text) * 1000);
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  const parts = text.match(/\d+[a-z]+/g) ?? [];
  assert.equal(parts.join(''), text);
  return parts.reduce((sum, part) => sum + Number.parseInt(part, 10) * units[part.replace(/\d+/, '')]!, 0);
}

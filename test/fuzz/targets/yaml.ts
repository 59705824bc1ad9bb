import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DocumentError } from '../../../src/documents/errors.ts';
import { parseYaml, type Value } from '../../../src/documents/yaml.ts';
import { damagedText, damagedValue, piece } from '../damage.ts';
import { assertWellFormed, mark, parsedLater, target } from '../target.ts';
import { yamlTexts } from '../yaml-texts.ts';

/** Texts and lists of JSON, which is YAML too. */
const { values } = fc.letrec<{ values: unknown }>((tie) => ({
  values: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.oneof(piece, fc.constant(mark)),
    fc.array(tie('values'), { maxLength: 3 }),
    fc.dictionary(piece, tie('values'), { maxKeys: 3 }),
  ),
}));

/**
 * YAML: texts, lists and mappings, or a rejection that quotes nothing. JSON is read as by
 * JSON.parse.
 */
export const yaml = target(
  'yaml',
  fc.oneof(
    damagedText(fc.oneof(yamlTexts, piece)).map((text) => ({ text })),
    damagedValue(values).map((json) => ({ text: JSON.stringify(json), json })),
  ),
  async (input: { text: string; json?: unknown }) => {
    const result = await parsedLater(() => parseYaml(input.text, 'a.yml'), [DocumentError]);
    if (input.json !== undefined && 'value' in result) {
      assert.equal(JSON.stringify(result.value), JSON.stringify(asYaml(input.json)));
    }
    if ('value' in result) assertValue(result.value, 0);
  },
  { share: 0.4 },
);

/** Scalars as texts, as written. Null is an empty text. */
function asYaml(json: unknown): unknown {
  if (json === null) return '';
  if (typeof json === 'string') return json.toWellFormed();
  if (typeof json !== 'object') return JSON.stringify(json);
  if (Array.isArray(json)) return json.map(asYaml);
  return Object.fromEntries(Object.entries(json).map(([name, each]) => [name.toWellFormed(), asYaml(each)]));
}

/** Aliases may expand to more than fits into the time. */
function assertValue(value: Value, depth: number): void {
  if (typeof value === 'string') assertWellFormed(value);
  if (typeof value === 'string' || depth > 8) return;
  if (!Array.isArray(value)) assert.equal(Object.getPrototypeOf(value), null);
  for (const [name, each] of Object.entries(value)) {
    assertWellFormed(name);
    assertValue(each as Value, depth + 1);
  }
}

import { DocumentError } from './errors.ts';
import type { YAMLException } from './parsers.ts';

/** What a document holds: texts (numbers and dates too, as they are written), lists and mappings. */
export type Value = string | readonly Value[] | { readonly [key: string]: Value };

/**
 * Parses one YAML (so also JSON) document. All scalars stay texts: an id like 0012 must not become 12. Merge keys (`<<`)
 * work. @throws DocumentError with line and column, quoting nothing
 */
export async function parseYaml(text: string, name: string): Promise<Value> {
  // Loaded when there is a document to read: most deployments have none.
  const { FAILSAFE_SCHEMA, load, mergeTag } = await import('./parsers.ts');
  let value: Value;
  try {
    value = load(text, { schema: FAILSAFE_SCHEMA.withTags(mergeTag) }) as Value;
  } catch (error) {
    const { reason, mark } = error as YAMLException;
    const where = mark ? `, line ${mark.line + 1}, column ${mark.column + 1}` : '';
    throw new DocumentError(`${name}${where}: expected YAML; ${reason ?? 'it is not'}`);
  }
  if (isEndless(value, new Set())) throw new DocumentError(`${name}: an alias stands for what contains it`);
  return value;
}

/** Whether a value is a mapping. */
export function isMapping(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && !Array.isArray(value);
}

/** What a value is, in words that do not quote it. */
export function kindOf(value: Value | undefined): string {
  if (value === undefined || value === '') return 'nothing';
  if (typeof value === 'string') return 'a text';
  return Array.isArray(value) ? 'a list' : 'a mapping';
}

function isEndless(value: Value, above: Set<Value>): boolean {
  if (typeof value === 'string') return false;
  if (above.has(value)) return true;
  above.add(value);
  const endless = Object.values(value).some((part: Value) => isEndless(part, above));
  above.delete(value);
  return endless;
}

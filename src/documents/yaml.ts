import { DocumentError } from './errors.ts';
import type { YAMLException } from './parsers.ts';

/** What a document holds: texts (numbers and dates too, as they are written; null is empty), lists and mappings. */
export type Value = string | readonly Value[] | { readonly [key: string]: Value };

/**
 * Parses one YAML (so also JSON) document. All scalars stay texts: an id like 0012 must not become 12. Merge keys (`<<`)
 * work. @throws DocumentError with line and column, quoting nothing
 */
export async function parseYaml(text: string, name: string): Promise<Value> {
  // Loaded when there is a document to read: most deployments have none.
  const { FAILSAFE_SCHEMA, load, mergeTag, nullCoreTag } = await import('./parsers.ts');
  let node: Node;
  try {
    node = load(text, { schema: FAILSAFE_SCHEMA.withTags(mergeTag, nullCoreTag) }) as Node;
  } catch (error) {
    const { reason, mark } = error as YAMLException;
    const where = mark ? `, line ${mark.line + 1}, column ${mark.column + 1}` : '';
    // From the first quotation on it may be a secret: `client_secret: *…` is an alias to YAML.
    const [known] = (reason ?? 'it is not').split(/["'<!]/, 1);
    throw new DocumentError(`${name}${where}: expected YAML; ${known!.trim()}`);
  }
  return toValue(node, name, new Map());
}

/** What js-yaml makes of a document. */
type Node = string | null | undefined | readonly Node[] | { readonly [key: string]: Node };

/**
 * A node as a value: texts are well-formed, and mappings have no prototype, since names of columns are asked of them. What
 * aliases share is looked at once and stays shared, for a few lines may stand for more than there is memory.
 */
function toValue(node: Node, name: string, known: Map<Node, Value | undefined>): Value {
  if (node === null || node === undefined) return '';
  if (typeof node === 'string') return node.toWellFormed();
  if (known.has(node)) {
    const value = known.get(node);
    if (value === undefined) throw new DocumentError(`${name}: an alias stands for what contains it`);
    return value;
  }
  known.set(node, undefined);
  let value: Value;
  if (Array.isArray(node)) value = (node as readonly Node[]).map((part) => toValue(part, name, known));
  else {
    const mapping: Record<string, Value> = Object.create(null);
    for (const [key, part] of Object.entries(node)) mapping[key.toWellFormed()] = toValue(part, name, known);
    value = mapping;
  }
  known.set(node, value);
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

import { DocumentError } from './errors.ts';

/**
 * A value in a document: a text, a list or a mapping. Numbers and dates stay texts, and null is an
 * empty text.
 */
export type Value = string | readonly Value[] | { readonly [key: string]: Value };

/**
 * Parses one YAML document, which may be JSON. All scalars stay texts, since an id such as 0012
 * must not become 12. Merge keys (`<<`) are supported.
 * @throws DocumentError with line and column, without quoting the document
 */
export async function parseYaml(text: string, name: string): Promise<Value> {
  // Imported only here, since most deployments have no document.
  const { FAILSAFE_SCHEMA, load, mergeTag, nullCoreTag, describeYamlError } = await import('./parsers.ts');
  let node: Node;
  try {
    node = load(text, { schema: FAILSAFE_SCHEMA.withTags(mergeTag, nullCoreTag) }) as Node;
  } catch (error) {
    const { where, problem } = describeYamlError(error);
    throw new DocumentError(`${name}${where}: expected YAML; ${problem}`);
  }
  return toValue(node, name, new Map());
}

/** The output of js-yaml. */
type Node = string | null | undefined | readonly Node[] | { readonly [key: string]: Node };

/**
 * Converts a node. Texts become well-formed. Mappings have no prototype, since their keys are
 * column names. A node with aliases is converted once and stays shared: expanded, a few lines could
 * need more than the memory.
 */
function toValue(node: Node, name: string, known: Map<Node, Value | undefined>): Value {
  if (node === null || node === undefined) return '';
  if (typeof node === 'string') return node.toWellFormed();
  if (known.has(node)) {
    const value = known.get(node);
    if (value === undefined) throw new DocumentError(`${name}: an alias refers to a value that contains it`);
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

/** Returns the kind of a value, without quoting it. */
export function kindOf(value: Value | undefined): string {
  if (value === undefined || value === '') return 'nothing';
  if (typeof value === 'string') return 'a text';
  return Array.isArray(value) ? 'a list' : 'a mapping';
}

/**
 * How deeply the JSON of states and batches is nested: `{"series": {"acme": [["name", "value"]]}}`.
 */
const maxDepth = 4;

/**
 * The most lists and objects: twice as many as in a state of ten destinations that all track the
 * most series.
 */
const maxBrackets = 400_000;

/**
 * Parses the JSON of a state or batch, which somebody else may have written. Undefined for JSON
 * that is not an object, or that would need much more memory than its text.
 */
export function parseStored(text: string): Record<string, unknown> | undefined {
  if (!isModest(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a stored value can be the time of a slot: at most 15 digits, as in the names of queue
 * files.
 */
export function isStoredTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 1e15;
}

/** JSON.parse needs 45 bytes for each of a million opening brackets, and more for an empty list. */
function isModest(text: string): boolean {
  let depth = 0;
  let brackets = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '[' || character === '{') {
      if (++depth > maxDepth || ++brackets > maxBrackets) return false;
    } else if (character === ']' || character === '}') depth--;
  }
  return true;
}

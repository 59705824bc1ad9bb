import { DocumentError } from './errors.ts';

/** Byte order marks of what is no UTF-8; UTF-32's little one begins like UTF-16's. */
const otherMarks: readonly (readonly [name: string, ...bytes: number[]])[] = [
  ['UTF-32', 0xff, 0xfe, 0, 0],
  ['UTF-32', 0, 0, 0xfe, 0xff],
  ['UTF-16', 0xff, 0xfe],
  ['UTF-16', 0xfe, 0xff],
];

/**
 * The text of a file, an object or a secret, without a byte order mark. Line ends stay as they are: a cell of CSV may hold
 * some. @throws DocumentError for what is no UTF-8 text; it names the content, and never quotes it
 */
export function decodeText(content: Uint8Array | string, name: string): string {
  const text = typeof content === 'string' ? content.replace(/^\uFEFF/, '') : decodeBytes(content, name);
  // Neither YAML, JSON, CSV nor a variable can hold it, and libraries cut texts off there.
  if (text.includes('\0')) throw new DocumentError(`${name}: holds a NUL character; save it as UTF-8 text`);
  return text;
}

function decodeBytes(bytes: Uint8Array, name: string): string {
  const marked = otherMarks.find(([, ...mark]) => mark.every((byte, index) => bytes[index] === byte));
  // Without a mark every other byte of ordinary letters is 0.
  const bare = bytes.length > 1 && (bytes[0] === 0) !== (bytes[1] === 0) ? 'UTF-16' : undefined;
  const other = marked?.[0] ?? bare;
  if (other !== undefined) throw new DocumentError(`${name}: is ${other}; save it as UTF-8`);
  try {
    // Of another encoding different names may become the same. Takes the mark of UTF-8 away.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DocumentError(`${name}: is not UTF-8; save it as UTF-8`, { cause: error });
  }
}

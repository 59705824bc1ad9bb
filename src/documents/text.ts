import { DocumentError } from './errors.ts';

/**
 * Byte order marks of other encodings than UTF-8. UTF-32LE must come first, since its mark starts
 * with that of UTF-16LE.
 */
const otherMarks: readonly (readonly [name: string, ...bytes: number[]])[] = [
  ['UTF-32', 0xff, 0xfe, 0, 0],
  ['UTF-32', 0, 0, 0xfe, 0xff],
  ['UTF-16', 0xff, 0xfe],
  ['UTF-16', 0xfe, 0xff],
];

/**
 * Decodes the text of a file, an object or a secret, and removes a byte order mark. Line ends stay
 * as they are, since a CSV cell may contain some.
 * @throws DocumentError when it is not UTF-8 text; the message has `name` and never quotes the text
 */
export function decodeText(content: Uint8Array | string, name: string): string {
  const text = typeof content === 'string' ? content.replace(/^\uFEFF/, '') : decodeBytes(content, name);
  // YAML, JSON, CSV and environment variables cannot contain a NUL, and libraries truncate the text
  // at it.
  if (text.includes('\0'))
    throw new DocumentError(`${name}: contains a NUL character; save it as UTF-8 text`);
  return text;
}

function decodeBytes(bytes: Uint8Array, name: string): string {
  const marked = otherMarks.find(([, ...mark]) => mark.every((byte, index) => bytes[index] === byte));
  // In UTF-16 without a mark, every other byte of Latin letters is 0.
  const bare = bytes.length > 1 && (bytes[0] === 0) !== (bytes[1] === 0) ? 'UTF-16' : undefined;
  const other = marked?.[0] ?? bare;
  if (other !== undefined) throw new DocumentError(`${name}: is ${other}; save it as UTF-8`);
  try {
    // `fatal`, since different names in another encoding could become equal. The decoder removes
    // the byte order mark.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DocumentError(`${name}: is not UTF-8; save it as UTF-8`, { cause: error });
  }
}

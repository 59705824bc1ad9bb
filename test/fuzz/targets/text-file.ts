import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DocumentError } from '../../../src/documents/errors.ts';
import { decodeText } from '../../../src/documents/text.ts';
import { damagedBytes, piece } from '../damage.ts';
import { assertWellFormed, mark, parsed, target } from '../target.ts';

const text = fc.oneof(piece, fc.constant(`name: ${mark}\n`));
const bytes = fc
  .tuple(text, fc.constantFrom('utf8', 'utf8', 'utf16le', 'latin1'), fc.constantFrom('', '', '\ufeff'))
  .map(([content, encoding, bom]) => new Uint8Array(Buffer.from(bom + content, encoding as BufferEncoding)));

/** Bytes of files: their text in UTF-8, or a rejection. */
export const textFile = target(
  'text-file',
  fc.oneof(damagedBytes(bytes), fc.uint8Array({ maxLength: 20 })),
  (content) => {
    const result = parsed(() => decodeText(content, 'a.yml'), [DocumentError]);
    if ('refusal' in result) return;
    assertWellFormed(result.value);
    assert(!result.value.includes('\0'));
    const encoded = Buffer.from(result.value);
    assert(encoded.equals(content) || Buffer.from(`\ufeff${result.value}`).equals(content));
  },
);

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCsv } from '../../src/documents/csv.ts';
import { decodeText } from '../../src/documents/text.ts';
import { parseYaml } from '../../src/documents/yaml.ts';

const mark = Buffer.from([0xef, 0xbb, 0xbf]);
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const bigEndian = (bytes: Buffer) => Buffer.from(bytes).swap16();

describe('decodeText', () => {
  test('gives any UTF-8 text back unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('\0') && !text.startsWith('\uFEFF'));
        expect(decodeText(Buffer.from(text), 'x')).toBe(text);
        expect(decodeText(Buffer.concat([mark, Buffer.from(text)]), 'x')).toBe(text);
        expect(decodeText(`\uFEFF${text}`, 'x')).toBe(text);
      }),
    );
  });

  test.each<[string, Uint8Array | string, string]>([
    [
      'UTF-16 with a mark',
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16('A=b')]),
      'is UTF-16; save it as UTF-8',
    ],
    ['UTF-16 with a mark, big end first', bigEndian(utf16('\uFEFFA=b')), 'is UTF-16; save it as UTF-8'],
    ['UTF-16 without a mark', utf16('A=b'), 'is UTF-16; save it as UTF-8'],
    ['UTF-16 without a mark, big end first', bigEndian(utf16('A=b')), 'is UTF-16; save it as UTF-8'],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 65, 0, 0, 0]), 'is UTF-32; save it as UTF-8'],
    ['UTF-32, big end first', Buffer.from([0, 0, 0xfe, 0xff, 0, 0, 0, 65]), 'is UTF-32; save it as UTF-8'],
    ['Latin 1', Buffer.from('S\xe4les', 'latin1'), 'is not UTF-8; save it as UTF-8'],
    ['bytes with a NUL', Buffer.from('hunter2\0'), 'contains a NUL character; save it as UTF-8 text'],
    ['a text with a NUL', 'hunter2\0', 'contains a NUL character; save it as UTF-8 text'],
  ])('refuses %s by name, quoting nothing', (_, content, problem) => {
    expect(() => decodeText(content, 'r.csv')).toThrow(
      expect.objectContaining({ code: 'document', message: `r.csv: ${problem}` }),
    );
  });

  test('treats only an empty text as empty', () => {
    expect(decodeText(new Uint8Array(), 'x')).toBe('');
  });

  test('reads the same document with a byte order mark', async () => {
    const decode = (text: string) => decodeText(Buffer.concat([mark, Buffer.from(text)]), 'x');
    expect(await parseYaml(decode('a: 1\r\nb: 2\r\n'), 'x')).toEqual({ a: '1', b: '2' });
    expect((await parseCsv(decode('a;b\r\n1;2\r\n'), 'x')).columns).toEqual(['a', 'b']);
  });
});

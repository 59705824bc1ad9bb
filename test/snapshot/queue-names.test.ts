import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pattern } from '../../src/config/parse.ts';
import {
  isIncluded,
  looksLikeNumber,
  type NameOptions,
  QueueWords,
  toNameLabel,
} from '../../src/snapshot/queue-names.ts';

const options: NameOptions = {
  include: undefined,
  exclude: undefined,
  labelOfNumber: (name) => `<${name.length}>`,
};

describe('a name looks like a number', () => {
  test.each([
    ...['0123456789', '12345', '+442079460123', '+44 (0)20 7946 0123', '020-7946-0123', '020.7946.0123'],
    ...[
      '0800/123456',
      '(020) 7946 0123',
      '*21*020794#',
      '#31#0207946',
      '02079460123 ext. 12',
      '02079460123x12',
    ],
    ...['02079460123 EXT 4', 'tel:+442079460123', 'TEL:02079460123', 'sip:+442079460123', 'sips:02079460123'],
    ...['tel:+442079460123;ext=12', 'tel:+44-20-7946-0123;phone-context=+44', 'callto:02079460123'],
    // Digits of other scripts, and signs that word processors and address books write.
    ...['٠١٢٣٤٥٦٧٨٩', '０２０７９４６０１２３', '०२०७९४६', '02079460123²', '020\u20117946\u20110123'],
    ...[
      '020–7946–0123',
      '020\u00a07946\u00a00123',
      '020\u20097946\u20090123',
      '\u202a+44 20 7946 0123\u202c',
    ],
    ...['\u200etel:02079460123', '(sip:02079460123)', '1 callto:02079460123'],
    ...['whatsapp:+442079460123', 'sms:02079460123'],
    ...['\u200e02079460123', '＋４４２０７９４６', '020\u200b7946\u200b0123', '0800_123_456', '0800,123,456'],
    ...['jo@mail.example', 'JO.Smith+x@mail.example', 'sip:jo@pbx.example', 'sip:02079460123@pbx.example'],
    ...['mailto:jo@mail.example', 'jo@bücher.example', 'Jo Smith <jo@mail.example>', '"Jo" jo@mail.example'],
  ])('%j', (name) => {
    expect(looksLikeNumber(name)).toBe(true);
    expect(toNameLabel(name, options)).toBe(`<${name.length}>`);
  });

  test.each([
    ...[
      '',
      'Support',
      '24/7 Support',
      'Queue 1',
      'Queue 12345',
      'Q12345',
      '1st Line',
      'Tier 2',
      '24/7',
      '1234',
    ],
    ...['VirtualQueue1', 'ACD1', 'x', 'ext', 'ext.', 'sip', 'tel:', 'sip:', '@', '@home', 'home@', 'a @ b'],
    ...[
      'Sales (UK) 020',
      'Überweisung',
      '営業',
      'Ext 12',
      'Line x12345',
      '#',
      '--',
      'Team @ Leeds',
      'R&D @2',
    ],
    ...['Hotel:02079460123', 'Support tel:02079460123'],
    ...['𝕊ales', 'number', 'other', '__proto__', 'Support 02079460123'],
  ])('not: %j', (name) => {
    expect(looksLikeNumber(name)).toBe(false);
    expect(toNameLabel(name, options)).toBe(name);
  });

  test('whatever signs are between the digits, and in whatever script', () => {
    const zeros = ['0', '٠', '०', '０', '๐', '𝟎'].map((zero) => zero.codePointAt(0)!);
    const digit = fc
      .tuple(fc.constantFrom(...zeros), fc.nat(9))
      .map(([zero, more]) => String.fromCodePoint(zero + more));
    const sign = fc.constantFrom('', '', '', ' ', '-', '–', '.', '/', '(', ')', '\u00a0', '\u2060', '\t');
    const number = fc
      .array(fc.tuple(digit, sign), { minLength: 5, maxLength: 15 })
      .map((parts) => parts.flat().join('').trim());
    fc.assert(
      fc.property(fc.constantFrom('', '+', 'tel:', 'sip:'), number, (prefix, text) =>
        looksLikeNumber(prefix + text),
      ),
    );
  });

  // The API's names may be of any length. A second is a thousand times what this needs.
  test.each([
    ['ext.', ' ?'],
    ['x', '!'],
    ['@', ' a'],
    ['@a', '\n'],
    ['1 ', 'a'],
    ['sip:', '@'],
    [' ', 'x'],
    ['\u202a', 'a'],
    ['<', '>'],
    ['"a" ', 'b'],
  ])('or not in linear time: %j, often, and %j', (part, end) => {
    const name = part.repeat(200_000) + end;
    const startMs = performance.now();
    looksLikeNumber(name);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});

describe('queues are chosen by patterns of RE2 for the whole name', () => {
  test.each<[string, string | undefined, string | undefined, boolean]>([
    ['Sales', undefined, undefined, true],
    ['', undefined, undefined, true],
    ['Sales', 'Sales.*|Support', undefined, true],
    ['Sales UK', 'Sales.*|Support', undefined, true],
    ['Support UK', 'Sales.*|Support', undefined, false],
    ['sales', 'Sales', undefined, false],
    ['sales', '(?i)Sales', undefined, true],
    ['Sales', undefined, 'Sal', true],
    ['Sales', undefined, 'Sal.*', false],
    ['Sales', 'Sales', 'Sales', false],
    ['', '.+', undefined, false],
    ['a\nb', 'a.b', undefined, true],
  ])('%j with include %j and exclude %j', (queue, include, exclude, expected) => {
    const patterns = { include: include && pattern(include), exclude: exclude && pattern(exclude) };
    expect(isIncluded(queue, { ...options, ...patterns } as NameOptions)).toBe(expected);
  });
});

test('words about customers are themselves, and those that look like a number are other', () => {
  const words = new QueueWords(['Answered', '02079460100']);
  const label = (word: string) => words.label(word);
  expect(['Answered', 'Surprise', '', '02079460123', 'jo@mail.example'].map(label)).toEqual([
    ...['Answered', 'Surprise', '', 'other', 'other'],
  ]);
  expect(label('02079460100')).toBe('02079460100');
});

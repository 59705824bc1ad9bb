/** A form in which a text may contain a secret, after {@link fold}. */
interface Form {
  text: string;
  /** Whether it is the part of a base64 text that depends only on the secret. */
  inBase64: boolean;
  secret: string;
}

/** The secrets of this process, with the number of objects that use them. */
const known = new Map<string, { holders: number }>();
/** Secrets that no object uses any more. An answer that is still to arrive may quote them. */
const released: string[] = [];
const mostReleased = 100;
/** The forms of the secrets, by their first characters. */
const index = new Map<number, Form[]>();
/** Secrets that are not in the index yet, since most are never searched for. */
let unindexed: string[] = [];
const keyLength = 4;

/**
 * Returns a number for the first characters at a place in a text. A string for each place would
 * take ten times as long.
 */
const keyAt = (text: string, at: number) =>
  (text.charCodeAt(at) << 21) ^
  (text.charCodeAt(at + 1) << 14) ^
  (text.charCodeAt(at + 2) << 7) ^
  text.charCodeAt(at + 3);

const holders = new FinalizationRegistry<string>((value) => {
  const secret = known.get(value);
  if (secret === undefined || --secret.holders > 0) return;
  // Add it only once: a secret in every request must not displace the others.
  if (!released.includes(value)) released.push(value);
  if (released.length <= mostReleased) return;
  const oldest = released.shift()!;
  if (known.get(oldest)?.holders !== 0) return;
  known.delete(oldest);
  removeFromIndex(oldest);
});

/** Shortest secret that {@link redact} replaces by default. A shorter one may be a common word. */
const shortestAnywhere = 8;

/**
 * Makes {@link redact} remember a secret until `holder` is garbage and 100 later secrets were
 * released. Without a holder, it remembers the secret as long as the process runs. Use this only
 * for secrets that are read once, such as those of the environment.
 */
export function remember(value: string, holder?: object): void {
  if (value.length < keyLength) return;
  let secret = known.get(value);
  if (secret === undefined) {
    secret = { holders: 0 };
    known.set(value, secret);
    unindexed.push(value);
  }
  if (holder === undefined) secret.holders = Number.POSITIVE_INFINITY;
  else {
    secret.holders++;
    holders.register(holder, value);
  }
}

/** A word, a camelCase name or a number: the parts of names of folders, files and queues. */
const word = /^(?:[A-Za-z]?[a-z]{0,15}(?:[A-Z][a-z]{1,15})*|[A-Z]{1,12})\d{0,4}$|^\d{1,12}$/;

/** An address, a path with a start such as `/`, `./` or `~`, or one with a file's extension. */
const pathLike = /^(?:[a-z][\w+.-]*:|~|\.{0,2}[/\\])|\.[a-z]{1,5}$/i;

/**
 * Remembers texts that look like tokens in a path, an address or a name: 16 characters or more that
 * are not words, or 8 in a text of 24 or more. A token may be there by design or by mistake.
 */
export function rememberTokens(text: string): void {
  const segments = text.split(/[/\\?&:;,\s@]/);
  // A token may contain a slash.
  if (!pathLike.test(text)) segments.push(text);
  for (const segment of segments) {
    const random = segment.split(/[-_.+~=/]/).filter((part) => !word.test(part));
    const { length } = random.join('');
    if (length >= 16 || (length >= 8 && segment.length >= 24)) remember(segment);
  }
}

/**
 * Replaces every known secret in a text by `[secret]`, also in JSON, URLs, HTML and base64, and in
 * nested forms such as JSON in a URL. Replaces only secrets of at least `shortest` characters, by
 * default 8, since a shorter secret may be a common word. Never replaces secrets of less than 4
 * characters.
 */
export function redact(text: string, shortest = shortestAnywhere): string {
  if (known.size === 0) return text;
  for (const value of unindexed.splice(0)) addToIndex(value);
  const found: [start: number, end: number][] = [];
  let views: View[] = [{ text }];
  for (let level = 0; level <= deepest; level++) {
    for (const view of views) found.push(...find(view, shortest));
    views = views.flatMap((view) =>
      escapings.flatMap((escaping) =>
        view.text.includes(escaping.sign) ? (decode(view, escaping, text.length) ?? []) : [],
      ),
    );
  }
  if (found.length === 0) return text;
  found.sort(([a], [b]) => a - b);
  let redacted = '';
  let done = 0;
  for (const [start, end] of found) {
    if (start >= done) redacted += `${text.slice(done, start)}[secret]`;
    done = Math.max(done, end);
  }
  return redacted + text.slice(done);
}

function addToIndex(value: string): void {
  for (const form of formsOf(value)) {
    const key = keyAt(form.text, 0);
    const others = index.get(key);
    if (others) others.push(form);
    else index.set(key, [form]);
  }
}

/**
 * Removes one secret. A new index for the tokens of 1000 accounts would take hundreds of
 * milliseconds.
 */
function removeFromIndex(value: string): void {
  unindexed = unindexed.filter((each) => each !== value);
  for (const { text } of formsOf(value)) {
    const key = keyAt(text, 0);
    const left = index.get(key)?.filter(({ secret }) => secret !== value) ?? [];
    if (left.length > 0) index.set(key, left);
    else index.delete(key);
  }
}

/**
 * Returns the encodings of a value in an HTML form. At the token endpoint, HTTP Basic uses one of
 * them before base64.
 */
function toForms(value: string): string[] {
  const encoded = encodeURIComponent(value.toWellFormed());
  return [encoded, encoded.replaceAll('%20', '+'), new URLSearchParams({ '': value }).toString().slice(1)];
}

function formsOf(secret: string): Form[] {
  const inBase64 = [...new Set([secret, ...toForms(secret)])]
    .flatMap((each) => [0, 1, 2].map((before) => base64Within(each, before)))
    .filter((text) => text.length >= keyLength);
  return [
    { text: fold(secret), inBase64: false, secret },
    ...inBase64.map((text) => ({ text: fold(text), inBase64: true, secret })),
  ];
}

/**
 * Returns the characters of base64 that depend only on the value, if `before` other bytes precede
 * it.
 */
function base64Within(value: string, before: number): string {
  const bytes = Buffer.from(value);
  const all = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
  const [from, to] = [Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6)];
  return all.slice(from, to);
}

/** Makes the encodings of spaces in forms equal, and base64 and base64url. Keeps the length. */
const fold = (text: string) => text.replace(/[ -]/g, '+').replaceAll('_', '/');

/**
 * A text with decoded escapes. `at` has the place of each character in the original text. Undefined
 * if the places are the same.
 */
interface View {
  text: string;
  at?: readonly number[];
}

/** Levels of nested escapes that are decoded: two, as in JSON inside JSON. */
const deepest = 2;

function find({ text, at }: View, shortest: number): [number, number][] {
  const found: [number, number][] = [];
  const folded = fold(text);
  for (let start = 0; start + keyLength <= folded.length; start++) {
    const candidates = index.get(keyAt(folded, start));
    if (candidates === undefined) continue;
    for (const form of candidates) {
      if (form.secret.length < shortest || !folded.startsWith(form.text, start)) continue;
      let [from, to] = [start, start + form.text.length];
      // The neighbouring characters contain the rest of the secret's bits, and perhaps a user name.
      while (form.inBase64 && from > 0 && isBase64(text, from - 1)) from--;
      while (form.inBase64 && to < text.length && isBase64(text, to)) to++;
      found.push(at ? [at[from]!, at[to]!] : [from, to]);
    }
  }
  return found;
}

const isBase64 = (text: string, at: number) => /[\w+/=-]/.test(text[at]!);

/** A way to escape characters. */
interface Escaping {
  /** A character that every escape of this kind contains. */
  sign: string;
  escapes: RegExp;
  toPlain(escaped: string): string;
}

const inJson: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const inHtml: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const escapings: readonly Escaping[] = [
  {
    // JSON and most programming languages.
    sign: '\\',
    escapes: /\\(?:u[\da-f]{4}|x[\da-f]{2}|[^ux])/gi,
    toPlain: ([, kind = '', ...digits]) =>
      digits.length > 0 ? String.fromCharCode(Number.parseInt(digits.join(''), 16)) : (inJson[kind] ?? kind),
  },
  {
    // URLs and forms. A character may be several bytes.
    sign: '%',
    escapes: /%[c-f][\da-f](?:%[89ab][\da-f])+|%[\da-f]{2}/gi,
    toPlain(escaped) {
      try {
        return decodeURIComponent(escaped);
      } catch {
        return escaped;
      }
    },
  },
  {
    // HTML and XML.
    sign: '&',
    escapes: /&(?:amp|lt|gt|quot|apos|#\d{1,6}|#x[\da-f]{1,6});/gi,
    toPlain(escaped) {
      const name = escaped.slice(1, -1).toLowerCase();
      if (!name.startsWith('#')) return inHtml[name]!;
      const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
      return code > 0x10ffff ? escaped : String.fromCodePoint(code);
    },
  },
];

/** Decodes the escapes of one kind once. Undefined when there are none. */
function decode({ text, at = [] }: View, { escapes, toPlain }: Escaping, length: number): View | undefined {
  const placeOf = (index: number) => at[index] ?? Math.min(index, length);
  const places: number[] = [];
  let decoded = '';
  let done = 0;
  const copy = (end: number) => {
    for (let index = done; index < end; index++) places.push(placeOf(index));
    decoded += text.slice(done, end);
  };
  for (const match of text.matchAll(escapes)) {
    copy(match.index);
    const plain = toPlain(match[0]);
    for (let unit = 0; unit < plain.length; unit++) places.push(placeOf(match.index));
    decoded += plain;
    done = match.index + match[0].length;
  }
  if (done === 0) return undefined;
  copy(text.length);
  places.push(length);
  return { text: decoded, at: places };
}

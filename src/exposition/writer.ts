import type { Family, Labels, Sample } from '../catalogue/metric.ts';

const special = /[\\"\n]/;
const [zero, lineFeed, space, quote, comma, dot, equals, openBrace, closeBrace] = [
  48, 10, 32, 34, 44, 46, 61, 123, 125,
] as const;
/** As String writes a finite number, `-1.2345678901234567e-300`. */
const longestNumber = 24;
/** Most lines are shorter; the buffer grows if they are not. */
const usualLine = 96;
/** What {@link Writer} may copy beyond the end of a piece. */
const spare = 4;

/** A piece of what has been written. */
interface Piece {
  start: number;
  end: number;
}

/**
 * Writes an exposition as bytes, and what it wrote before it copies from there. Putting strings together would do for some
 * hundred series; for the hundred thousand of single agents it takes longer than all the rest of a scrape
 * (docs/benchmarks.md).
 */
export class Writer {
  #bytes: Buffer;
  #view: DataView;
  #end = 0;
  /** Where objects of labels were written first, in that order. */
  readonly #pieces: (Piece & { labels: Labels })[] = [];
  readonly #pieceOf = new Map<Labels, number>();
  /** Labels of agents come in the same order in every family: the next one is where the last one was, or one further. */
  #lastPiece = 0;
  #name = '';
  #namePiece: Piece = { start: 0, end: 0 };

  /** A writer with room for these families. */
  constructor(families: readonly Family[]) {
    const lines = families.reduce((sum, { values }) => sum + values.length, 0);
    this.#bytes = Buffer.allocUnsafeSlow((1 << 16) + lines * usualLine);
    this.#view = viewOf(this.#bytes);
  }

  /** What has been written. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Any text. */
  text(text: string): void {
    this.#reserve(text.length * 3);
    this.#end += this.#bytes.write(text, this.#end);
  }

  /** The line of one sample. */
  sample(name: string, { labels, sharedLabels, value }: Sample): void {
    if (name === this.#name) this.#copy(this.#namePiece);
    else {
      const start = this.#end;
      this.text(name);
      this.#name = name;
      this.#namePiece = { start, end: this.#end };
    }
    let separator: number = openBrace;
    if (sharedLabels !== undefined && this.#labels(separator, sharedLabels)) separator = comma;
    if (this.#labels(separator, labels)) separator = comma;
    this.#reserve(longestNumber + 3);
    if (separator === comma) this.#bytes[this.#end++] = closeBrace;
    this.#bytes[this.#end++] = space;
    this.#number(value);
    this.#bytes[this.#end++] = lineFeed;
  }

  /** Writes labels after a separator; false when there are none, and nothing is written. */
  #labels(separator: number, labels: Labels): boolean {
    let last = this.#lastPiece;
    if (this.#pieces[last]?.labels !== labels && this.#pieces[++last]?.labels !== labels) {
      last = this.#pieceOf.get(labels) ?? -1;
    }
    if (last < 0) return this.#newLabels(separator, labels);
    const piece = this.#pieces[last]!;
    if (piece.start === piece.end) return false;
    this.#lastPiece = last;
    this.#reserve(1);
    this.#bytes[this.#end++] = separator;
    this.#copy(piece);
    return true;
  }

  #newLabels(separator: number, labels: Labels): boolean {
    this.#reserve(1);
    this.#bytes[this.#end++] = separator;
    const start = this.#end;
    for (const name in labels) {
      const value = labels[name]!;
      this.#reserve(name.length * 3 + value.length * 6 + 4);
      if (this.#end > start) this.#bytes[this.#end++] = comma;
      this.#short(name);
      this.#bytes[this.#end++] = equals;
      this.#bytes[this.#end++] = quote;
      this.#short(special.test(value) ? escapeText(value) : value);
      this.#bytes[this.#end++] = quote;
    }
    if (this.#end === start) this.#end--;
    this.#lastPiece = this.#pieces.length;
    this.#pieceOf.set(labels, this.#pieces.length);
    this.#pieces.push({ labels, start: this.#end === start - 1 ? this.#end : start, end: this.#end });
    return this.#end >= start;
  }

  /** A short text, most likely ASCII, for which there is room: a loop is faster than any call. */
  #short(text: string): void {
    const bytes = this.#bytes;
    let end = this.#end;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 126) {
        this.#end += bytes.write(text, this.#end);
        return;
      }
      bytes[end++] = code;
    }
    this.#end = end;
  }

  /** Four bytes at a time, so that up to three more than the piece has are written, over which the next ones go. */
  #copy({ start, end }: Piece): void {
    this.#reserve(end - start);
    const view = this.#view;
    const shift = this.#end - start;
    for (let at = start; at < end; at += 4) view.setUint32(at + shift, view.getUint32(at, true), true);
    this.#end = end + shift;
  }

  #number(value: number): void {
    if (value >= 0 && value < 10 && Number.isInteger(value)) {
      this.#bytes[this.#end++] = zero + value;
      return;
    }
    // Most others are times: seconds with up to three decimals.
    const thousandths = Math.round(value * 1000);
    if (value > 0 && thousandths / 1000 === value && thousandths < 2 ** 53) {
      const whole = Math.floor(thousandths / 1000);
      this.#whole(whole);
      this.#decimals(thousandths - whole * 1000);
    } else this.#short(toGoFloat(value));
  }

  #whole(value: number): void {
    const upper = Math.floor(value / 1e6);
    if (upper > 0) this.#whole(upper);
    let rest = value - upper * 1e6;
    const digits =
      upper > 0 ? 6 : rest < 10 ? 1 : rest < 100 ? 2 : rest < 1000 ? 3 : rest < 1e4 ? 4 : rest < 1e5 ? 5 : 6;
    for (let at = this.#end + digits - 1; at >= this.#end; at--) {
      const tenth = (rest / 10) | 0;
      this.#bytes[at] = zero + rest - tenth * 10;
      rest = tenth;
    }
    this.#end += digits;
  }

  #decimals(thousandths: number): void {
    if (thousandths === 0) return;
    this.#bytes[this.#end++] = dot;
    for (let place = 100, rest = thousandths; rest > 0; place /= 10) {
      const digit = Math.floor(rest / place);
      this.#bytes[this.#end++] = zero + digit;
      rest -= digit * place;
    }
  }

  #reserve(length: number): void {
    if (this.#end + length + spare <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2 + length + spare);
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Label values in both formats, and HELP in OpenMetrics. */
export function escapeText(text: string): string {
  return escapeBackslashes(text).replaceAll('"', '\\"');
}

/** HELP in text 0.0.4, where a quote stands for itself. */
export function escapeBackslashes(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** A number as Go's ParseFloat reads it. */
export function toGoFloat(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

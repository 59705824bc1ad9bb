/** What {@link Bytes.copy} may write beyond the end of a piece. */
const spare = 4;

/** Bytes that grow. Room must be reserved before anything is written. */
export class Bytes {
  bytes: Buffer;
  view: DataView;
  end = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size + spare);
    this.view = viewOf(this.bytes);
  }

  reserve(length: number): void {
    if (this.end + length + spare <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(this.bytes.length * 2 + length + spare);
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
    this.view = viewOf(larger);
  }

  /** Any text, as UTF-8. */
  text(text: string): void {
    this.end += this.bytes.write(text, this.end);
  }

  /** A short text, most likely ASCII: a loop is faster than any call. */
  short(text: string): void {
    const { bytes } = this;
    let { end } = this;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 126) {
        this.text(text);
        return;
      }
      bytes[end++] = code;
    }
    this.end = end;
  }
}

/**
 * Copies bytes to `at` and gives where they end. Four at a time, so that up to three more than asked for are written, over
 * which the next ones go: for so few bytes that is faster than any call.
 */
export function copyBytes(from: DataView, start: number, end: number, to: DataView, at: number): number {
  const shift = at - start;
  for (let index = start; index < end; index += 4)
    to.setUint32(index + shift, from.getUint32(index, true), true);
  return end + shift;
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

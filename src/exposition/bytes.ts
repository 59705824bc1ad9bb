/** Free bytes at the end, since {@link copyBytes} may read and write up to three bytes too many. */
const spare = 4;

/** A buffer that grows. Call reserve() before each write. */
export class Bytes {
  bytes: Buffer;
  view: DataView;
  end = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = viewOf(this.bytes);
  }

  reserve(length: number): void {
    if (this.end + length + spare <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(this.bytes.length * 2 + length + spare);
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
    this.view = viewOf(larger);
  }

  /** Writes any text as UTF-8. */
  text(text: string): void {
    this.end += this.bytes.write(text, this.end);
  }

  /** Writes a short text, usually ASCII. A loop is faster for it than a call of Buffer.write. */
  short(text: string): void {
    const { bytes } = this;
    let { end } = this;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code >= 128) {
        this.text(text);
        return;
      }
      bytes[end++] = code;
    }
    this.end = end;
  }
}

/**
 * Copies the bytes from `start` to `end` to the position `at`. Returns the position after the last
 * one. It copies four bytes at a time, which is faster than a call for a few bytes. So it may write
 * up to three bytes too many. The next write overwrites them.
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

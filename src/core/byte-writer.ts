/**
 * Bytes appended one after the other to a buffer that grows: for encodings of many small parts, each of which would
 * cost a canister's interpreter a buffer of its own.
 */
const FIRST_CAPACITY = 512;
const LEB128_DIGIT = 0x80;

export class ByteWriter {
  protected view: DataView;
  private bytes = new Uint8Array(FIRST_CAPACITY);
  private length = 0;

  constructor() {
    this.view = new DataView(this.bytes.buffer);
  }

  byte(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
  }

  /** The bytes as they are. */
  raw(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.bytes.set(value, at);
  }

  /** LEB128 of a natural number below 2^31. */
  count(value: number): void {
    let rest = value;
    for (; rest >= LEB128_DIGIT; rest >>= 7) this.byte((rest & 0x7f) | LEB128_DIGIT);
    this.byte(rest);
  }

  /** The bytes behind their {@link count}. */
  sized(value: Uint8Array): void {
    this.count(value.length);
    this.raw(value);
  }

  /** What was written, copied. */
  written(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** Makes room for `size` bytes more; where they go. */
  protected reserve(size: number): number {
    const at = this.length;
    this.length += size;
    if (this.length > this.bytes.length) this.grow();
    return at;
  }

  private grow(): void {
    const grown = new Uint8Array(2 * this.length);
    grown.set(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

/** Bytes of Candid values, written and read in place (Candid specification, "Memory"). Lengths are LEB128. */
import { ByteWriter } from '../../../core/byte-writer';
import { decodeShortAscii, encodeUtf8 } from '../../../core/log/utf8';

const LEB128_DIGIT = 0x80;
/** Lengths and indices above this do not occur in messages of 2 MB; the bit operators end at 2^31. */
const MAX_COUNT_DIGITS = 4;
/** No amount has more; the work grows with the square of the length. */
const MAX_NAT_BITS = 512n;

/** Appends values. */
export class CandidWriter extends ByteWriter {
  text(value: string): void {
    this.sized(encodeUtf8(value));
  }

  /** A natural number of any size. */
  nat(value: bigint): void {
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) this.byte(Number(rest & 0x7fn) | LEB128_DIGIT);
    this.byte(Number(rest));
  }

  /** The low 64 bits, little-endian. */
  nat64(value: bigint): void {
    const at = this.reserve(8);
    this.view.setBigUint64(at, value, true);
  }

  /** The low 32 bits, little-endian. */
  nat32(value: number): void {
    const at = this.reserve(4);
    this.view.setUint32(at, value, true);
  }
}

/**
 * Reads values front to back. Every method throws on input that ends early, is not in the usual form, or would be
 * costly: the library then reads the message again, and both together should not cost much more than the library.
 */
export class CandidReader {
  private offset: number;
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    start: number
  ) {
    this.offset = start;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.view.getUint8(this.advance(1));
  }

  /** A single byte that is 0 or 1: not a number, whose zeros behind are no part of it. */
  flag(): boolean {
    const value = this.byte();
    if (value > 1) throw new Error(`expected 0 or 1, got ${value}`);
    return value === 1;
  }

  /** A natural number of at most four digits of seven bits. */
  count(): number {
    let value = 0;
    for (let digit = 0; digit < MAX_COUNT_DIGITS; digit += 1) {
      const byte = this.byte();
      value |= (byte & 0x7f) << (7 * digit);
      if (byte < LEB128_DIGIT) return value;
    }
    throw new Error('expected a number of at most 28 bits');
  }

  /** The bytes behind a length, copied. */
  blob(): Uint8Array {
    const length = this.count();
    const start = this.advance(length);
    return this.bytes.slice(start, start + length);
  }

  /** Short ASCII only: the decoder of other texts is slow. */
  text(): string {
    const text = decodeShortAscii(this.blob());
    if (text === undefined) throw new Error('the library reads other texts than short ASCII');
    return text;
  }

  nat(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < MAX_NAT_BITS; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < LEB128_DIGIT) return value;
    }
    throw new Error(`the library reads numbers of more than ${MAX_NAT_BITS} bits`);
  }

  nat64(): bigint {
    return this.view.getBigUint64(this.advance(8), true);
  }

  nat32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** Throws when bytes are left. */
  end(): void {
    if (this.offset !== this.bytes.length) throw new Error('expected no more bytes');
  }

  /** Where the next `size` bytes begin. */
  private advance(size: number): number {
    const start = this.offset;
    this.offset += size;
    if (this.offset > this.bytes.length) throw new Error('the message ends early');
    return start;
  }
}

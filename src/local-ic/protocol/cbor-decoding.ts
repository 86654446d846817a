/**
 * CBOR (RFC 8949) as the Internet Computer's HTTP interface uses it: integers, byte strings, text, arrays, maps with
 * text or integer keys, booleans, null, bignums (tags 2 and 3) and the self-describing tag 55799.
 *
 * Decoding is strict: no floats, no other tags, no duplicate keys, no trailing bytes, bounded nesting and item count.
 */
import { bytesToHex } from '@noble/hashes/utils';

export type CborKey = string | bigint;
export type CborMap = ReadonlyMap<CborKey, CborValue>;
/** Integers are always bigint. Decoded byte strings are copies: @dfinity/candid misreads views. */
export type CborValue = bigint | string | boolean | null | Uint8Array | readonly CborValue[] | CborMap;

// Array.isArray does not narrow readonly arrays out of a union.
export function isCborArray(value: CborValue | undefined): value is readonly CborValue[] {
  return Array.isArray(value);
}

/** Input that is not well-formed, or not allowed, CBOR. `offset` is where. */
export class CborError extends Error {
  override readonly name = 'CborError';

  constructor(
    message: string,
    readonly offset: number
  ) {
    super(`${message} at byte ${offset}`);
  }
}

const DEPTH_MAX = 32;
const ITEMS_MAX = 200_000;
/** No field is wider than 64 bits; arithmetic on longer numbers takes time in the square of their length. */
const BIGNUM_BYTES_MAX = 32;
const TAG_BIGNUM = 2n;
const TAG_NEGATIVE_BIGNUM = 3n;
const TAG_SELF_DESCRIBED = 55799n;
const INDEFINITE = 31;
const BREAK = 0xff;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

type Head = { readonly major: number; readonly argument: bigint | undefined; readonly info: number };

class CborReader {
  private offset = 0;
  private itemCount = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly depthMax: number
  ) {}

  readDocument(): CborValue {
    const value = this.readItem(0);
    if (this.offset !== this.bytes.length) throw this.error('unexpected bytes after the value');
    return value;
  }

  private error(message: string): CborError {
    return new CborError(message, this.offset);
  }

  private take(length: number): Uint8Array {
    if (length > this.bytes.length - this.offset) throw this.error('input ends early');
    const part = this.bytes.subarray(this.offset, this.offset + length);
    this.offset += length;
    return part;
  }

  private takeByte(): number {
    const [byte] = this.take(1);
    if (byte === undefined) throw this.error('input ends early');
    return byte;
  }

  private readHead(): Head {
    const initial = this.takeByte();
    const major = initial >> 5;
    const info = initial & 31;
    if (info < 24) return { major, info, argument: BigInt(info) };
    if (info === INDEFINITE) return { major, info, argument: undefined };
    if (info > 27) throw this.error('reserved additional information');
    return { major, info, argument: BigInt(`0x${bytesToHex(this.take(1 << (info - 24)))}`) };
  }

  private readItem(depth: number): CborValue {
    if (depth > this.depthMax) throw this.error(`nesting deeper than ${this.depthMax}`);
    this.itemCount += 1;
    if (this.itemCount > ITEMS_MAX) throw this.error(`more than ${ITEMS_MAX} items`);
    const head = this.readHead();
    switch (head.major) {
      case 0:
        return this.definite(head);
      case 1:
        return -1n - this.definite(head);
      case 2:
        return this.readChunks(head).slice();
      case 3:
        return this.decodeText(this.readChunks(head));
      case 4:
        return this.readArray(head, depth);
      case 5:
        return this.readMap(head, depth);
      case 6:
        return this.readTagged(this.definite(head), depth);
      default:
        return this.simpleValue(head.info);
    }
  }

  private definite(head: Head): bigint {
    if (head.argument === undefined) throw this.error('indefinite length not allowed here');
    return head.argument;
  }

  private length(head: Head): number {
    const length = this.definite(head);
    if (length > BigInt(this.bytes.length - this.offset))
      throw this.error('length beyond the end of the input');
    return Number(length);
  }

  private readChunks(head: Head): Uint8Array {
    if (head.argument !== undefined) return this.take(this.length(head));
    const start: number[] = [];
    while (!this.skipBreak()) {
      const chunk = this.readHead();
      if (chunk.major !== head.major) throw this.error('chunk of another type in a string');
      for (const byte of this.take(this.length(chunk))) start.push(byte);
    }
    return Uint8Array.from(start);
  }

  private decodeText(bytes: Uint8Array): string {
    try {
      return UTF8.decode(bytes);
    } catch {
      throw this.error('text is not UTF-8');
    }
  }

  private skipBreak(): boolean {
    if (this.bytes[this.offset] !== BREAK) return false;
    this.offset += 1;
    return true;
  }

  /** Calls `readNext` once per element of an array or map. */
  private readElements(head: Head, readNext: () => void): void {
    if (head.argument === undefined) {
      while (!this.skipBreak()) readNext();
      return;
    }
    const count = this.length(head);
    for (let index = 0; index < count; index += 1) readNext();
  }

  private readArray(head: Head, depth: number): readonly CborValue[] {
    const items: CborValue[] = [];
    this.readElements(head, () => items.push(this.readItem(depth + 1)));
    return items;
  }

  private readMap(head: Head, depth: number): CborMap {
    const entries = new Map<CborKey, CborValue>();
    this.readElements(head, () => {
      const key = this.readItem(depth + 1);
      if (typeof key !== 'string' && typeof key !== 'bigint')
        throw this.error('map key is neither text nor integer');
      if (entries.has(key)) throw this.error(`duplicate key "${key}"`);
      entries.set(key, this.readItem(depth + 1));
    });
    return entries;
  }

  private readTagged(tag: bigint, depth: number): CborValue {
    const value = this.readItem(depth + 1);
    if (tag === TAG_SELF_DESCRIBED) return value;
    if (tag !== TAG_BIGNUM && tag !== TAG_NEGATIVE_BIGNUM) throw this.error(`unsupported tag ${tag}`);
    if (!(value instanceof Uint8Array)) throw this.error('bignum is not a byte string');
    if (value.length > BIGNUM_BYTES_MAX) throw this.error(`bignum of more than ${BIGNUM_BYTES_MAX} bytes`);
    const magnitude = value.length === 0 ? 0n : BigInt(`0x${bytesToHex(value)}`);
    return tag === TAG_BIGNUM ? magnitude : -1n - magnitude;
  }

  private simpleValue(info: number): CborValue {
    if (info === 20) return false;
    if (info === 21) return true;
    if (info === 22) return null;
    throw this.error('floating-point and other simple values are not allowed');
  }
}

/** The value that `bytes` encode, self-describing tag or not, nested `depthMax` deep at most. @throws {CborError} */
export function decodeCbor(bytes: Uint8Array, depthMax = DEPTH_MAX): CborValue {
  return new CborReader(bytes, depthMax).readDocument();
}

/**
 * Byte strings: branded fixed lengths, hex, comparison, big-endian integers, and a reader that refuses what it does
 * not consume. `Uint8Array` only.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils';
import { ProtocolError } from './error';

declare const brand: unique symbol;

/** Bytes that a canister's interpreter reads and writes at once, as part of an integer. */
const WORD = 8;

/** 32 bytes in natural (hex) order: digests, ids, refs, keys. */
export type Bytes32 = Uint8Array & { readonly [brand]: 'Bytes32' };
/** 20 bytes: an EVM address. */
export type Address = Uint8Array & { readonly [brand]: 'Address' };

/** `value` as Bytes32. @throws {ProtocolError} `bytes/length` when it is not 32 bytes; `label` names it. */
export function bytes32(value: Uint8Array, label: string): Bytes32 {
  assertLength(value, { label, length: 32 });
  return value as Bytes32;
}

/** `value` as an EVM address. @throws {ProtocolError} `bytes/length` when it is not 20 bytes. */
export function address(value: Uint8Array, label: string): Address {
  assertLength(value, { label, length: 20 });
  return value as Address;
}

/** @throws {ProtocolError} `bytes/length` unless `value` has exactly `length` bytes. */
export function assertLength(
  value: Uint8Array,
  expected: { readonly label: string; readonly length: number }
): void {
  if (value.length !== expected.length) {
    throw new ProtocolError(
      'bytes/length',
      `${expected.label} must be ${expected.length} bytes, got ${value.length}`,
      { label: expected.label, expected: expected.length, actual: value.length }
    );
  }
}

/** Whether two byte strings are equal. Not constant time: for public data only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Order of byte strings: byte by byte, a prefix before what it begins. For `Array.sort`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Lower-case hex without prefix. */
export const toHex = (value: Uint8Array): string => bytesToHex(value);

/** Bytes of a hex string with or without `0x`. @throws {ProtocolError} `bytes/hex` when it is not even-length hex. */
export function fromHex(text: string): Uint8Array {
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw new ProtocolError('bytes/hex', `expected hex digits in pairs, got "${text.slice(0, 80)}"`);
  }
  return hexToBytes(digits.toLowerCase());
}

/** The 32 bytes of a 64-digit hex literal. @throws {ProtocolError} `bytes/hex`, `bytes/length`. */
export const hex32 = (text: string, label = 'value'): Bytes32 => bytes32(fromHex(text), label);

/** Stands for a digest, a key or a root of nothing. */
export const ZERO_BYTES32: Bytes32 = bytes32(new Uint8Array(32), 'zero');

/** `parts` one after the other. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** The characters whose codes these bytes are: the text of ASCII. At most 64 kB, as they are arguments of one call. */
export const textOfCodes = (codes: Uint8Array): string =>
  String(Reflect.apply(String.fromCharCode, undefined, codes));

/** A string that only the same byte strings, of at most 64 kB each, have: a key for maps and sets, cheaper than hex. */
export const bytesKey = (...parts: Uint8Array[]): string =>
  parts.map((part) => `${part.length}:${textOfCodes(part)}`).join('');

/** UTF-8 bytes of an ASCII literal. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** `value` in `length` bytes, big-endian. @throws {ProtocolError} `bytes/integer-range` when negative or too large. */
export function encodeBigEndian(value: bigint, length: number): Uint8Array {
  if (value < 0n || value >> BigInt(8 * length) !== 0n) {
    throw new ProtocolError('bytes/integer-range', `expected 0 <= value < 2^${8 * length}, got ${value}`, {
      value
    });
  }
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  let rest = value;
  let end = length;
  for (; end >= WORD; end -= WORD, rest >>= 64n) view.setBigUint64(end - WORD, rest);
  for (; end > 0; end -= 1, rest >>= 8n) out[end - 1] = Number(rest & 0xffn);
  return out;
}

/** The unsigned integer of big-endian bytes; zero for none. */
export function decodeBigEndian(value: Uint8Array): bigint {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  let integer = 0n;
  let offset = 0;
  for (; offset + WORD <= value.length; offset += WORD)
    integer = (integer << 64n) | view.getBigUint64(offset);
  for (; offset < value.length; offset += 1) integer = (integer << 8n) | BigInt(view.getUint8(offset));
  return integer;
}

/** Reads a byte string front to back; every decoder ends with {@link ByteReader.end}, so no byte goes unread. */
export class ByteReader {
  private offset = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly label: string
  ) {}

  /** The next `length` bytes, copied. @throws {ProtocolError} `bytes/truncated`. */
  take(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.slice(start, start + length);
  }

  /** The next 32 bytes. */
  take32(): Bytes32 {
    return bytes32(this.take(32), this.label);
  }

  /** The next big-endian integer of `length` bytes (at most 6) as a number. */
  uint(length: number): number {
    const start = this.advance(length);
    let value = 0;
    for (let index = start; index < this.offset; index += 1) value = value * 256 + (this.bytes[index] ?? 0);
    return value;
  }

  /** A byte string with a u16 big-endian length, refused above `max` bytes. @throws {ProtocolError} `bytes/limit`. */
  prefixed(max: number): Uint8Array {
    const length = this.uint(2);
    if (length > max)
      throw new ProtocolError('bytes/limit', `${this.label}: expected at most ${max} bytes, got ${length}`);
    return this.take(length);
  }

  /** @throws {ProtocolError} `bytes/trailing` when bytes are left. */
  end(): void {
    if (this.offset !== this.bytes.length) {
      throw new ProtocolError(
        'bytes/trailing',
        `${this.label} has ${this.bytes.length - this.offset} bytes too many`
      );
    }
  }

  /** Where the next `length` bytes begin, which are read with this. */
  private advance(length: number): number {
    const start = this.offset;
    if (start + length > this.bytes.length) {
      throw new ProtocolError(
        'bytes/truncated',
        `${this.label} ends early: expected ${length} bytes at offset ${start} of ${this.bytes.length}`
      );
    }
    this.offset += length;
    return start;
  }
}

/** `value` behind its u16 big-endian length. @throws {ProtocolError} `bytes/integer-range` above 65,535 bytes. */
export function prefixed(value: Uint8Array): Uint8Array {
  return concat(encodeBigEndian(BigInt(value.length), 2), value);
}

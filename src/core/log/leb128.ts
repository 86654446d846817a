/** LEB128 and SLEB128 integers of any size, in their shortest form only (DWARF 5, section 7.6). */
import { ProtocolError } from '../error';

/** More than any amount or identifier of the log takes: 512 bits. */
const MAX_INTEGER_BYTES = 74;
const MAX_ITEMS = 1024;

/** @throws {ProtocolError} `log/negative-nat`, `log/integer` above 512 bits. */
export function encodeLeb128(value: bigint): Uint8Array {
  if (value < 0n) throw new ProtocolError('log/negative-nat', `expected a natural number, got ${value}`);
  const out: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return sizedInteger(out);
}

/** @throws {ProtocolError} `log/integer` above 512 bits. */
export function encodeSleb128(value: bigint): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = rest === ((low & 0x40) === 0 ? 0n : -1n);
    out.push(isLast ? low : low | 0x80);
    if (isLast) return sizedInteger(out);
  }
}

function sizedInteger(bytes: readonly number[]): Uint8Array {
  if (bytes.length > MAX_INTEGER_BYTES)
    throw new ProtocolError(
      'log/integer',
      `expected at most ${MAX_INTEGER_BYTES} bytes, got ${bytes.length}`
    );
  return new Uint8Array(bytes);
}

/** Reads bytes, sized strings and LEB128 integers front to back. */
export class Leb128Reader {
  private offset = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** @throws {ProtocolError} `log/truncated`. */
  byte(): number {
    const value = this.bytes[this.offset];
    if (value === undefined) throw new ProtocolError('log/truncated', 'the value ends early');
    this.offset += 1;
    return value;
  }

  /** A byte string behind its length. @throws {ProtocolError} `log/truncated`, `log/integer`. */
  sized(): Uint8Array {
    const length = this.leb128();
    if (length > BigInt(this.bytes.length - this.offset))
      throw new ProtocolError('log/truncated', 'a byte string ends early');
    const end = this.offset + Number(length);
    const part = this.bytes.slice(this.offset, end);
    this.offset = end;
    return part;
  }

  /** As many results of `read` as the count in front says. @throws {ProtocolError} `log/too-many-items`. */
  repeat<T>(read: () => T): T[] {
    const count = this.leb128();
    if (count > BigInt(MAX_ITEMS))
      throw new ProtocolError('log/too-many-items', `expected at most ${MAX_ITEMS} items, got ${count}`);
    return Array.from({ length: Number(count) }, read);
  }

  leb128(): bigint {
    return this.integer().value;
  }

  sleb128(): bigint {
    const { value, bits, isNegative } = this.integer({ signed: true });
    return isNegative ? value - (1n << bits) : value;
  }

  /** @throws {ProtocolError} `log/trailing` when bytes are left. */
  end(): void {
    if (this.offset !== this.bytes.length)
      throw new ProtocolError('log/trailing', `${this.bytes.length - this.offset} bytes too many`);
  }

  private integer(form: { readonly signed: boolean } = { signed: false }): {
    readonly value: bigint;
    readonly bits: bigint;
    readonly isNegative: boolean;
  } {
    let value = 0n;
    let previous = 0;
    for (let bits = 0n; bits < BigInt(7 * MAX_INTEGER_BYTES); bits += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << bits;
      if ((byte & 0x80) === 0) {
        if (bits > 0n && isPadding(byte, { previous, signed: form.signed })) break;
        return { value, bits: bits + 7n, isNegative: (byte & 0x40) !== 0 };
      }
      previous = byte;
    }
    throw new ProtocolError('log/integer', 'expected an integer in its shortest form, of at most 512 bits');
  }
}

/** Whether a last byte adds nothing: zero, or for signed integers a mere repetition of the sign. */
function isPadding(last: number, before: { readonly previous: number; readonly signed: boolean }): boolean {
  if (!before.signed) return last === 0;
  const isSignSet = (before.previous & 0x40) !== 0;
  return isSignSet ? last === 0x7f : last === 0;
}

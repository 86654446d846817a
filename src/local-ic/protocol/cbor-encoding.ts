/** CBOR (RFC 8949) of the interface's answers: definite lengths, shortest heads, maps with text keys. */
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils';

const SELF_DESCRIBED_HEAD = [0xd9, 0xd9, 0xf7];

/**
 * A value to encode: as decoded, plain objects for maps with text keys (undefined fields are left out), and maps with
 * numbers for keys.
 */
export type CborInput =
  | bigint
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborInput[]
  | ReadonlyMap<number, CborInput>
  | { readonly [key: string]: CborInput | undefined };

function pushHead(out: number[], major: number, argument: bigint): void {
  const type = major << 5;
  if (argument < 24n) {
    out.push(type | Number(argument));
    return;
  }
  const exponent = argument < 0x100n ? 0 : argument < 0x1_0000n ? 1 : argument < 0x1_0000_0000n ? 2 : 3;
  out.push(type | (24 + exponent));
  out.push(...hexToBytes(argument.toString(16).padStart(2 << exponent, '0')));
}

class CborWriter {
  private readonly parts: Uint8Array[] = [];
  private head: number[] = [];

  write(value: CborInput): void {
    if (typeof value === 'number' || typeof value === 'bigint') this.writeInteger(BigInt(value));
    else if (typeof value === 'boolean') this.head.push(value ? 0xf5 : 0xf4);
    else if (value === null) this.head.push(0xf6);
    else if (typeof value === 'string') this.writeString(3, utf8ToBytes(value));
    else if (value instanceof Uint8Array) this.writeString(2, value);
    else if (isArray(value)) this.writeArray(value);
    else if (isMap(value)) this.writeEntries([...value]);
    else this.writeRecord(value);
  }

  writeRaw(bytes: readonly number[]): void {
    this.head.push(...bytes);
  }

  private writeInteger(value: bigint): void {
    if (value >> 64n !== 0n) throw new RangeError(`expected 0 <= integer < 2^64, got ${value}`);
    pushHead(this.head, 0, value);
  }

  private writeString(major: number, bytes: Uint8Array): void {
    pushHead(this.head, major, BigInt(bytes.length));
    this.parts.push(Uint8Array.from(this.head), bytes);
    this.head = [];
  }

  private writeArray(items: readonly CborInput[]): void {
    pushHead(this.head, 4, BigInt(items.length));
    for (const item of items) this.write(item);
  }

  private writeRecord(fields: { readonly [key: string]: CborInput | undefined }): void {
    this.writeEntries(
      Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))
    );
  }

  private writeEntries(entries: readonly (readonly [key: string | number, value: CborInput])[]): void {
    pushHead(this.head, 5, BigInt(entries.length));
    for (const [key, value] of entries) {
      this.write(key);
      this.write(value);
    }
  }

  toBytes(): Uint8Array {
    return concatBytes(...this.parts, Uint8Array.from(this.head));
  }
}

// Array.isArray does not narrow readonly arrays out of a union.
function isArray(value: object): value is readonly CborInput[] {
  return Array.isArray(value);
}

function isMap(value: object): value is ReadonlyMap<number, CborInput> {
  return value instanceof Map;
}

/** CBOR of `value` behind the self-describing tag 55799, as every answer of the interface is sent. */
export function encodeCbor(value: CborInput): Uint8Array {
  const writer = new CborWriter();
  writer.writeRaw(SELF_DESCRIBED_HEAD);
  writer.write(value);
  return writer.toBytes();
}

/** CBOR of `value` without a tag in front. */
export function encodeUntaggedCbor(value: CborInput): Uint8Array {
  const writer = new CborWriter();
  writer.write(value);
  return writer.toBytes();
}

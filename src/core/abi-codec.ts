/**
 * The Solidity ABI (contract ABI specification, "formal specification of the encoding"): the tuples, lists, byte
 * strings and words protocol adapters exchange. Static values stand in the head of a tuple, dynamic ones behind it
 * with their offset from the tuple's start in the head.
 */
import { type Bytes32, bytes32, concat, decodeBigEndian, encodeBigEndian } from './bytes';
import { ProtocolError } from './error';

const WORD = 32;

/** An encoded member of a tuple or element of a list; `isDynamic` decides whether it stands in the head. */
export type AbiPart = { readonly isDynamic: boolean; readonly encoded: Uint8Array };

/** A member whose encoding has a fixed length: whole words. */
export const staticPart = (encoded: Uint8Array): AbiPart => ({ isDynamic: false, encoded });

/** A member of variable length: a byte string, a list, or a tuple that holds one. */
export const dynamicPart = (encoded: Uint8Array): AbiPart => ({ isDynamic: true, encoded });

/** The word of an unsigned integer. @throws {ProtocolError} `bytes/integer-range`. */
export const encodeUint = (value: bigint | number): Uint8Array => encodeBigEndian(BigInt(value), WORD);

/** A tuple, also the arguments of a function: heads, then the dynamic members in order. */
export function encodeTuple(parts: readonly AbiPart[]): Uint8Array {
  const sizes = parts.map((part) => (part.isDynamic ? WORD : part.encoded.length));
  let offset = sizes.reduce((total, size) => total + size, 0);
  const heads: Uint8Array[] = [];
  const tails: Uint8Array[] = [];
  for (const part of parts) {
    if (!part.isDynamic) {
      heads.push(part.encoded);
      continue;
    }
    heads.push(encodeUint(offset));
    tails.push(part.encoded);
    offset += part.encoded.length;
  }
  return concat(...heads, ...tails);
}

/** A list (`T[]`): its count, then its elements as a tuple. */
export const encodeList = (elements: readonly AbiPart[]): Uint8Array =>
  concat(encodeUint(elements.length), encodeTuple(elements));

/** A byte string (`bytes`): its length, then its bytes filled with zeros to whole words. */
export const encodeBytes = (value: Uint8Array): Uint8Array =>
  concat(encodeUint(value.length), value, new Uint8Array((WORD - (value.length % WORD)) % WORD));

/**
 * Reads the members of an encoded tuple in order. Offsets may point anywhere inside the input, as on chain, but in
 * total no more is read than the input holds: shared tails cannot make a small input into a large value.
 */
export class AbiReader {
  private constructor(
    private readonly input: Uint8Array,
    private readonly budget: { bytesLeft: number },
    private readonly start: number,
    private position: number
  ) {}

  /** A reader of the outermost tuple, e.g. of the arguments behind a selector. */
  static over(input: Uint8Array): AbiReader {
    return new AbiReader(input, { bytesLeft: input.length }, 0, 0);
  }

  /** The next static word. @throws {ProtocolError} `abi/truncated`, `abi/budget`. */
  word(): Bytes32 {
    return bytes32(this.take(WORD), 'ABI word');
  }

  /** The next `count` static words. */
  words(count: number): Uint8Array {
    return this.take(WORD * count);
  }

  /** The next unsigned integer, at most `max`. @throws {ProtocolError} `abi/integer-range`. */
  uint(max: number): number {
    const value = decodeBigEndian(this.word());
    if (value > BigInt(max)) {
      throw new ProtocolError('abi/integer-range', `expected an integer up to ${max}, got ${value}`, {
        value
      });
    }
    return Number(value);
  }

  /** The next dynamic tuple. */
  tuple(): AbiReader {
    const start = this.start + this.uint(this.input.length - this.start);
    return new AbiReader(this.input, this.budget, start, start);
  }

  /** The next byte string. */
  bytes(): Uint8Array {
    const target = this.tuple();
    return target.take(target.uint(this.input.length));
  }

  /** The next list; `read` takes one element from the reader it is given. */
  list<T>(read: (elements: AbiReader) => T): T[] {
    const target = this.tuple();
    // An element takes a word at least, so a count costs no more memory than its input.
    const count = target.uint(Math.floor((this.input.length - target.position) / WORD) - 1);
    const elements = new AbiReader(this.input, this.budget, target.position, target.position);
    return Array.from({ length: count }, () => read(elements));
  }

  private take(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.input.length) {
      throw new ProtocolError(
        'abi/truncated',
        `expected ${length} bytes at ${this.position} of ${this.input.length}`
      );
    }
    this.budget.bytesLeft -= length;
    if (this.budget.bytesLeft < 0) {
      throw new ProtocolError(
        'abi/budget',
        `the encoding refers more than once to its ${this.input.length} bytes`
      );
    }
    const part = this.input.slice(this.position, end);
    this.position = end;
    return part;
  }
}

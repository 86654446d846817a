/**
 * Candid messages from outside, decoded by @dfinity/candid after a look at what that would cost.
 *
 * A vector of values without bytes (null, an empty record) may claim any length in a few bytes, and the library would
 * make them all: thirty bytes end the process. Here a message may hold about as many values as it has bytes.
 */
import { IDL } from '@dfinity/candid';

/** A message that is not Candid of the types expected, or claims more values than it may. */
export class CandidError extends Error {
  override readonly name = 'CandidError';

  constructor(
    message: string,
    readonly reason: 'malformed' | 'too-expensive' = 'malformed',
    options?: { readonly cause?: unknown }
  ) {
    super(message, options);
  }
}

/** Values a message may hold: one per byte, and these more. */
const FREE_VALUES = 10_000;
const DEPTH_MAX = 256;
/** Longest number, a length or an index too: the library takes time in the square of it. */
const NUMBER_BYTES_MAX = 1024;

const OPCODE = {
  opt: -18,
  vec: -19,
  record: -20,
  variant: -21,
  func: -22,
  service: -23,
  principal: -24
} as const;

/** Bytes of the primitive types of fixed size, by opcode: null, bool, nat8 to nat64, int8 to int64, floats, reserved. */
const FIXED_BYTES = new Map<number, number>([
  [-1, 0],
  [-2, 1],
  [-5, 1],
  [-6, 2],
  [-7, 4],
  [-8, 8],
  [-9, 1],
  [-10, 2],
  [-11, 4],
  [-12, 8],
  [-13, 4],
  [-14, 8],
  [-16, 0]
]);
const NAT = -3;
const INT = -4;
const TEXT = -15;

type CompositeType =
  | { readonly kind: 'opt' | 'vec'; readonly element: number }
  | { readonly kind: 'record' | 'variant'; readonly fields: readonly number[] }
  | { readonly kind: 'func' | 'service' };

class CandidScanner {
  private offset = 4;
  private types: readonly CompositeType[] = [];
  private valuesLeft: number;

  constructor(private readonly bytes: Uint8Array) {
    this.valuesLeft = bytes.length + FREE_VALUES;
  }

  scan(): void {
    if (String.fromCharCode(...this.bytes.subarray(0, 4)) !== 'DIDL') throw new CandidError('expected DIDL');
    this.types = this.readList(() => this.readType());
    const argumentTypes = this.readList(() => this.readSigned());
    for (const type of argumentTypes) this.skipValue(type, 0);
  }

  private readByte(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined) throw new CandidError('message ends early');
    this.offset += 1;
    return byte;
  }

  private skip(length: number): void {
    if (length > this.bytes.length - this.offset) throw new CandidError('message ends early');
    this.offset += length;
  }

  /** The bytes of a LEB128 number, 7 bits each. */
  private readNumber(): readonly number[] {
    const digits: number[] = [];
    for (let byte = 0x80; byte & 0x80; digits.push(byte & 0x7f)) {
      if (digits.length >= NUMBER_BYTES_MAX)
        throw new CandidError(`number of more than ${NUMBER_BYTES_MAX} bytes`, 'too-expensive');
      byte = this.readByte();
    }
    return digits;
  }

  /** Those of more than 7 bytes only mean "too long" for every use here. */
  private readUnsigned(): number {
    return this.readNumber().reduceRight((value, digit) => value * 128 + digit, 0);
  }

  private readSigned(): number {
    const digits = this.readNumber();
    const value = digits.reduceRight((sum, digit) => sum * 128 + digit, 0);
    const isNegative = ((digits.at(-1) ?? 0) & 0x40) !== 0;
    return isNegative ? value - 128 ** digits.length : value;
  }

  /** Every element takes at least a byte. */
  private readList<T>(readElement: () => T): readonly T[] {
    const count = this.readUnsigned();
    if (count > this.bytes.length - this.offset) throw new CandidError('list longer than the message');
    return Array.from({ length: count }, readElement);
  }

  private readType(): CompositeType {
    const opcode = this.readSigned();
    switch (opcode) {
      case OPCODE.opt:
        return { kind: 'opt', element: this.readSigned() };
      case OPCODE.vec:
        return { kind: 'vec', element: this.readSigned() };
      case OPCODE.record:
        return { kind: 'record', fields: this.readFieldTypes() };
      case OPCODE.variant:
        return { kind: 'variant', fields: this.readFieldTypes() };
      case OPCODE.func:
        this.readList(() => this.readSigned());
        this.readList(() => this.readSigned());
        this.readList(() => this.readByte());
        return { kind: 'func' };
      case OPCODE.service:
        this.readList(() => {
          this.skip(this.readUnsigned());
          this.readSigned();
        });
        return { kind: 'service' };
      default:
        throw new CandidError(`unknown type ${opcode}`);
    }
  }

  private readFieldTypes(): readonly number[] {
    return this.readList(() => {
      this.readUnsigned();
      return this.readSigned();
    });
  }

  private skipValue(type: number, depth: number): void {
    this.valuesLeft -= 1;
    if (this.valuesLeft < 0)
      throw new CandidError('more values than a message of this length may hold', 'too-expensive');
    if (depth > DEPTH_MAX) throw new CandidError(`values nested deeper than ${DEPTH_MAX}`, 'too-expensive');
    if (type >= 0) this.skipComposite(type, depth);
    else this.skipPrimitive(type);
  }

  private skipPrimitive(type: number): void {
    const length = FIXED_BYTES.get(type);
    if (length !== undefined) this.skip(length);
    else if (type === NAT || type === INT) this.readUnsigned();
    else if (type === TEXT) this.skip(this.readUnsigned());
    else if (type === OPCODE.principal) this.skipReference();
    else throw new CandidError(`no value of type ${type}`);
  }

  private skipReference(): void {
    if (this.readByte() !== 1) throw new CandidError('opaque references are not supported');
    this.skip(this.readUnsigned());
  }

  private skipComposite(index: number, depth: number): void {
    const type = this.types[index];
    switch (type?.kind) {
      case 'opt':
        if (this.readByte() !== 0) this.skipValue(type.element, depth + 1);
        return;
      case 'vec':
        this.skipVector(type.element, depth);
        return;
      case 'record':
        for (const field of type.fields) this.skipValue(field, depth + 1);
        return;
      case 'variant': {
        const field = type.fields[this.readUnsigned()];
        if (field === undefined) throw new CandidError('no such variant');
        this.skipValue(field, depth + 1);
        return;
      }
      case 'func':
        if (this.readByte() !== 1) throw new CandidError('opaque references are not supported');
        this.skipReference();
        this.skip(this.readUnsigned());
        return;
      case 'service':
        this.skipReference();
        return;
      case undefined:
        throw new CandidError(`no type ${index}`);
    }
  }

  private skipVector(element: number, depth: number): void {
    const count = this.readUnsigned();
    const length = FIXED_BYTES.get(element) ?? 0;
    if (length > 0) {
      this.skip(count * length);
      return;
    }
    for (let index = 0; index < count; index += 1) this.skipValue(element, depth + 1);
  }
}

/** Whether decoding the message is safe; a malformed one is, as the decoder stops where it is. */
export function isAffordableCandid(bytes: Uint8Array): boolean {
  try {
    new CandidScanner(bytes).scan();
    return true;
  } catch (error) {
    if (!(error instanceof CandidError)) throw error;
    return error.reason === 'malformed';
  }
}

/** The values of a message, decoded as `types`. @throws {CandidError} */
export function decodeCandid(types: readonly IDL.Type[], bytes: Uint8Array): readonly unknown[] {
  new CandidScanner(bytes).scan();
  try {
    return IDL.decode([...types], withOwnBuffer(bytes));
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : 'not Candid of these types';
    throw new CandidError(text, 'malformed', { cause });
  }
}

/** The library reads all of the buffer below a view. */
function withOwnBuffer(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

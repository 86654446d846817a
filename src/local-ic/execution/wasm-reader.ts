import { CanisterFault, ERROR_CODE } from './canister-fault';

/** A Wasm module that this host, like the replica, does not install. */
export function invalidWasm(reason: string): CanisterFault {
  return new CanisterFault(ERROR_CODE.invalidWasm, `Canister's Wasm module is not valid: ${reason}`);
}

/** Bytes that are not a Wasm module as the network's engine reads them. */
export function malformedWasm(reason: string): CanisterFault {
  return invalidWasm(`Failed to decode wasm module: ${reason}`);
}

/** A feature of Wasm that this host's engine has and the network's has not. */
export function disabledFeature(reason: string): CanisterFault {
  return invalidWasm(`Wasmtime failed to validate wasm module: ${reason}`);
}

/** Reads the primitive encodings of the Wasm binary format. Every read past the end is a {@link malformedWasm}. */
export class WasmReader {
  constructor(
    readonly bytes: Uint8Array,
    public position = 0,
    readonly end = bytes.length
  ) {}

  get done(): boolean {
    return this.position >= this.end;
  }

  u8(): number {
    if (this.position >= this.end) throw malformedWasm('unexpected end');
    return this.bytes[this.position++] ?? 0;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    throw malformedWasm('integer representation too long');
  }

  /** Unsigned LEB128 of at most 64 bits; exact up to 2^53. */
  u64(): number {
    let result = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.u8();
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    throw malformedWasm('integer representation too long');
  }

  /** Steps over a LEB128 of any sign and size. */
  skipLeb(): void {
    const { bytes, end } = this;
    let position = this.position;
    while (position < end && (bytes[position] ?? 0) >= 0x80) position++;
    this.position = position + 1;
  }

  take(length: number): Uint8Array {
    if (this.position + length > this.end) throw malformedWasm('length out of bounds');
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  name(): string {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.take(this.u32()));
    } catch (cause) {
      throw cause instanceof CanisterFault ? cause : malformedWasm('malformed UTF-8 encoding');
    }
  }
}

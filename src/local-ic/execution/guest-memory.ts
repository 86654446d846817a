import { contractViolation } from './canister-fault';
import { type WasmMemory } from './webassembly';

/** A canister's Wasm memory, with the bounds checks the System API makes. */
export class GuestMemory {
  #memory: WasmMemory | undefined;
  #view = new Uint8Array(0);

  constructor(memory: WasmMemory | undefined) {
    this.#memory = memory;
  }

  get byteLength(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** The whole memory; stale after the memory grows. */
  bytes(): Uint8Array {
    const buffer = this.#memory?.buffer;
    if (buffer && this.#view.buffer !== buffer) this.#view = new Uint8Array(buffer);
    return this.#view;
  }

  /** A view of a range, both numbers unsigned. @throws IC0504 outside of the memory. */
  range(address: number, size: number, caller: string): Uint8Array {
    const bytes = this.bytes();
    if (address + size > bytes.length) {
      throw contractViolation(
        `ic0.${caller} heap: src=${address} + length=${size} exceeds the slice size=${bytes.length}`
      );
    }
    return bytes.subarray(address, address + size);
  }

  /** A copy of a range. */
  read(address: number, size: number, caller: string): Uint8Array {
    return this.range(address >>> 0, size >>> 0, caller).slice();
  }

  /** Copies `data[offset, offset + size)` to `address`; numbers as i32 arrive from Wasm. */
  writeSlice(
    data: Uint8Array,
    target: { address: number; offset: number; size: number },
    caller: string
  ): void {
    const offset = target.offset >>> 0;
    const size = target.size >>> 0;
    if (offset + size > data.length) {
      throw contractViolation(
        `ic0.${caller} payload: src=${offset} + length=${size} exceeds the slice size=${data.length}`
      );
    }
    this.range(target.address >>> 0, size, caller).set(data.subarray(offset, offset + size));
  }

  /** Writes a 128-bit amount, little endian. */
  write128(amount: bigint, address: number, caller: string): void {
    const target = this.range(address >>> 0, 16, caller);
    const view = new DataView(target.buffer, target.byteOffset, 16);
    view.setBigUint64(0, BigInt.asUintN(64, amount), true);
    view.setBigUint64(8, BigInt.asUintN(64, amount >> 64n), true);
  }
}

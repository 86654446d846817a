import { constants } from 'node:buffer';
import { CanisterFault, ERROR_CODE } from './canister-fault';
import { type GuestMemory } from './guest-memory';
import { type WasmGlobal } from './webassembly';

/**
 * The heap and globals of an instance as they were before a message. The buffer is reused from message to message;
 * one still equal to the heap (after a rollback) is not copied again.
 */
export class MemorySnapshot {
  #buffer: Uint8Array = new Uint8Array(0);
  #byteLength = 0;
  #globals: (number | bigint)[] = [];
  #isCurrent = false;

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Remembers memory and globals. */
  take(memory: GuestMemory, globals: readonly WasmGlobal[]): void {
    if (this.#isCurrent) return;
    const bytes = memory.bytes();
    if (this.#buffer.length < bytes.length) this.#buffer = allocate(bytes.length);
    this.#buffer.set(bytes);
    this.#byteLength = bytes.length;
    this.#globals = globals.map((global) => global.value);
    this.#isCurrent = true;
  }

  /** Tells that the heap is about to differ for good from what was taken. */
  discard(): void {
    this.#isCurrent = false;
  }

  /** Puts memory and globals back; memory beyond what was taken becomes zero. */
  restore(memory: GuestMemory, globals: readonly WasmGlobal[]): void {
    const bytes = memory.bytes();
    bytes.set(this.#buffer.subarray(0, this.#byteLength));
    if (bytes.length > this.#byteLength) bytes.fill(0, this.#byteLength);
    globals.forEach((global, index) => {
      const value = this.#globals[index];
      if (value !== undefined) global.value = value;
    });
  }
}

/** So that a memory that grows a little each message does not need a new buffer each time. */
const HEADROOM_BYTES = 1024 * 1024;

function allocate(byteLength: number): Uint8Array {
  try {
    return new Uint8Array(Math.min(byteLength + HEADROOM_BYTES, constants.MAX_LENGTH));
  } catch {
    throw new CanisterFault(
      ERROR_CODE.outOfMemory,
      `This machine has no room to keep the ${byteLength} bytes of the canister's memory during a message`
    );
  }
}

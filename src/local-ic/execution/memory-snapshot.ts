import { type GuestMemory } from './guest-memory';
import { type HeapChanges, type HeapImage } from './memory-image';
import { SnapshotBuffers, type SnapshotBuffer } from './snapshot-buffers';
import { type WasmGlobal } from './webassembly';

/** The smaller, the less is stored per message; the larger, the sooner a heap is read again. */
const PAGE_BYTES = 4096;
const ZERO_PAGE = Buffer.alloc(PAGE_BYTES);

const buffers = new SnapshotBuffers();

/**
 * The heap and globals of an instance as they were before a message, and what messages changed in them. A snapshot still
 * equal to the heap is not copied again: after a rollback, and, where changes are watched, after a message that is kept.
 */
export class MemorySnapshot {
  #buffer: SnapshotBuffer | undefined;
  #byteLength = 0;
  #globals: (number | bigint)[] = [];
  /** Whether the content of the buffer is that of the heap outside of a message. */
  #isCurrent = false;
  /** Pages changed since changes were drained; undefined while nobody watches. */
  #changed: Set<number> | undefined;
  #drained: { readonly byteLength: number; readonly globals: readonly (number | bigint)[] } | undefined;

  /** Length of the memory when it was taken. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Remembers memory and globals. */
  take(memory: GuestMemory, globals: readonly WasmGlobal[]): void {
    const isOwn = this.#buffer !== undefined && buffers.reclaim(this.#buffer);
    if (isOwn && this.#isCurrent) return;
    const bytes = memory.bytes();
    if (!isOwn || !this.#buffer || this.#buffer.bytes.length < bytes.length)
      this.#buffer = buffers.take(bytes.length);
    this.#buffer.bytes.set(bytes);
    this.#byteLength = bytes.length;
    this.#globals = valuesOf(globals);
    this.#isCurrent = true;
  }

  /** Ends a message whose changes are kept. */
  keep(memory: GuestMemory, globals: readonly WasmGlobal[]): void {
    if (this.#changed) this.#follow(memory, globals, this.#changed);
    else this.#isCurrent = false;
    this.#layAside();
  }

  /** Ends a message by putting memory and globals back; memory beyond what was taken becomes zero. */
  restore(memory: GuestMemory, globals: readonly WasmGlobal[]): void {
    const bytes = memory.bytes();
    if (this.#buffer) bytes.set(this.#buffer.bytes.subarray(0, this.#byteLength));
    if (bytes.length > this.#byteLength) bytes.fill(0, this.#byteLength);
    setValues(globals, this.#globals);
    this.#layAside();
  }

  /** Gives a new instance's memory, at least as long, and its globals what was stored; changes are watched from now on. */
  load(image: HeapImage, memory: GuestMemory, globals: readonly WasmGlobal[]): void {
    const bytes = memory.bytes();
    for (let start = 0; start < image.byteLength; start += PAGE_BYTES) {
      bytes.set(image.readPage(start / PAGE_BYTES) ?? ZERO_PAGE, start);
    }
    setValues(globals, image.globals);
    this.#changed = new Set();
    this.#drained = { byteLength: bytes.length, globals: valuesOf(globals) };
  }

  /** What changed since the last call, and at the first one all that is not zero. Between messages only. */
  drain(memory: GuestMemory, globals: readonly WasmGlobal[]): HeapChanges | undefined {
    const bytes = memory.bytes();
    const former = this.#drained;
    const now = { byteLength: bytes.length, globals: valuesOf(globals) };
    const changed = this.#changed ?? pagesOf(bytes);
    const isSame =
      former?.byteLength === now.byteLength &&
      changed.size === 0 &&
      now.globals.every((value, index) => Object.is(value, former.globals[index]));
    if (isSame) return undefined;
    const isFirst = this.#changed === undefined;
    const pages = new Map<number, Uint8Array | undefined>();
    for (const index of changed) {
      const page = bytes.slice(index * PAGE_BYTES, (index + 1) * PAGE_BYTES);
      const isZero = ZERO_PAGE.equals(page);
      if (!isZero || !isFirst) pages.set(index, isZero ? undefined : page);
    }
    this.#changed = new Set();
    this.#drained = now;
    return { ...now, pages };
  }

  /** Notes the pages that differ from the snapshot and makes it equal again. */
  #follow(memory: GuestMemory, globals: readonly WasmGlobal[], changed: Set<number>): void {
    const bytes = memory.bytes();
    const heap = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const taken = this.#buffer?.bytes ?? new Uint8Array(0);
    for (let start = 0; start < this.#byteLength; start += PAGE_BYTES) {
      const end = start + PAGE_BYTES;
      if (heap.compare(taken, start, end, start, end) === 0) continue;
      taken.set(bytes.subarray(start, end), start);
      changed.add(start / PAGE_BYTES);
    }
    for (let start = this.#byteLength; start < bytes.length; start += PAGE_BYTES) {
      if (heap.compare(ZERO_PAGE, 0, PAGE_BYTES, start, start + PAGE_BYTES) !== 0)
        changed.add(start / PAGE_BYTES);
    }
    this.#globals = valuesOf(globals);
    this.#isCurrent = bytes.length === this.#byteLength;
  }

  #layAside(): void {
    if (this.#buffer) buffers.layAside(this.#buffer);
  }
}

function pagesOf(bytes: Uint8Array): Set<number> {
  return new Set(Array.from({ length: bytes.length / PAGE_BYTES }, (_, index) => index));
}

const valuesOf = (globals: readonly WasmGlobal[]): (number | bigint)[] =>
  globals.map((global) => global.value);

function setValues(globals: readonly WasmGlobal[], values: readonly (number | bigint)[]): void {
  globals.forEach((global, index) => {
    const value = values[index];
    if (value !== undefined) global.value = value;
  });
}

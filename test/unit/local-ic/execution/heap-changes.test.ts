import fc from 'fast-check';
import { GuestMemory } from '../../../../src/local-ic/execution/guest-memory';
import { type HeapImage } from '../../../../src/local-ic/execution/memory-image';
import { MemorySnapshot } from '../../../../src/local-ic/execution/memory-snapshot';
import {
  WASM_PAGE_BYTES,
  type WasmGlobal,
  type WasmMemory
} from '../../../../src/local-ic/execution/webassembly';
import { StoredMemory } from './stored-memory';

/** A memory that grows as those of Wasm do. */
class PlainMemory implements WasmMemory {
  buffer: ArrayBuffer;

  constructor(pages: number) {
    this.buffer = new ArrayBuffer(pages * WASM_PAGE_BYTES);
  }

  grow(pages: number): number {
    const former = this.buffer;
    this.buffer = new ArrayBuffer(former.byteLength + pages * WASM_PAGE_BYTES);
    new Uint8Array(this.buffer).set(new Uint8Array(former));
    return former.byteLength / WASM_PAGE_BYTES;
  }
}

/** What an instance does with its snapshot. */
class Heap {
  readonly snapshot = new MemorySnapshot();
  readonly globals: WasmGlobal[] = [{ value: 0 }, { value: 0n }];
  wasmMemory: PlainMemory;
  memory: GuestMemory;

  constructor(pages = 2, image?: HeapImage) {
    this.wasmMemory = new PlainMemory(image ? image.byteLength / WASM_PAGE_BYTES : pages);
    this.memory = new GuestMemory(this.wasmMemory);
    // As data segments would leave it.
    this.memory.bytes().fill(3, 0, 10_000);
    if (image) this.snapshot.load(image, this.memory, this.globals);
  }

  begin(): void {
    this.snapshot.take(this.memory, this.globals);
  }

  commit(): void {
    this.snapshot.keep(this.memory, this.globals);
  }

  rollback(): void {
    if (this.memory.byteLength > this.snapshot.byteLength) {
      this.wasmMemory = new PlainMemory(this.snapshot.byteLength / WASM_PAGE_BYTES);
      this.memory = new GuestMemory(this.wasmMemory);
    }
    this.snapshot.restore(this.memory, this.globals);
  }

  drain(stored: StoredHeap): boolean {
    const changes = this.snapshot.drain(this.memory, this.globals);
    stored.apply(changes);
    if (changes) stored.globals = changes.globals;
    return changes !== undefined;
  }

  write(at: number, data: Uint8Array): void {
    if (at + data.length <= this.memory.byteLength) this.memory.bytes().set(data, at);
  }
}

class StoredHeap extends StoredMemory {
  globals: readonly (number | bigint)[] = [];

  heapImage(): HeapImage {
    return { ...this.image(), globals: this.globals };
  }
}

const messages = fc.array(
  fc.record({
    who: fc.integer({ min: 0, max: 2 }),
    grow: fc.constantFrom(0, 0, 0, 1),
    global: fc.integer({ min: 0, max: 3 }),
    writes: fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 3 * WASM_PAGE_BYTES }),
        data: fc.oneof(
          fc.uint8Array({ minLength: 1, maxLength: 10_000 }),
          fc.integer({ min: 1, max: 20_000 }).map((length) => new Uint8Array(length))
        )
      }),
      { maxLength: 3 }
    ),
    isKept: fc.boolean(),
    then: fc.constantFrom('nothing' as const, 'drain' as const, 'restart' as const)
  }),
  { maxLength: 25 }
);

type Message = typeof messages extends fc.Arbitrary<(infer Item)[]> ? Item : never;

function run(heap: Heap, { grow, global, writes, isKept }: Message): void {
  heap.begin();
  if (grow > 0) heap.wasmMemory.grow(grow);
  for (const { at, data } of writes) heap.write(at, data);
  heap.globals[1] = { value: BigInt(global) };
  if (isKept) heap.commit();
  else heap.rollback();
}

const contentOf = (heap: Heap): string => Buffer.from(heap.memory.bytes()).toString('latin1');

describe('what a heap says changed', () => {
  it('makes the same heaps again, wherever they were stored and started anew', () => {
    fc.assert(
      fc.property(messages, (sequence) => {
        const places = [0, 1, 2].map(() => ({ heap: new Heap(), stored: new StoredHeap() }));
        const flat = [0, 1, 2].map(() => new Heap());
        for (const message of sequence) {
          const place = places[message.who];
          const expected = flat[message.who];
          if (!place || !expected) throw new Error('no such heap');
          run(place.heap, message);
          run(expected, message);
          if (message.then !== 'nothing') place.heap.drain(place.stored);
          if (message.then === 'restart') place.heap = new Heap(0, place.stored.heapImage());
        }
        places.forEach(({ heap, stored }, index) => {
          heap.drain(stored);
          const again = new Heap(0, stored.heapImage());
          const expected = flat[index];
          expect(expected && contentOf(heap) === contentOf(expected)).toBe(true);
          expect(contentOf(again) === contentOf(heap)).toBe(true);
          expect(again.globals).toEqual(expected?.globals);
          expect(stored.isUntouched).toBe(true);
        });
      }),
      { numRuns: 60 }
    );
  });

  it('is everything that is not zero at first, and then what messages left changed', () => {
    const heap = new Heap();
    const first = heap.snapshot.drain(heap.memory, heap.globals);
    heap.begin();
    heap.write(5, Uint8Array.of(1));
    heap.write(100_000, Uint8Array.of(1));
    heap.commit();
    heap.begin();
    heap.write(5, Uint8Array.of(3));
    heap.write(50_000, Uint8Array.of(1));
    heap.commit();
    const later = heap.snapshot.drain(heap.memory, heap.globals);

    expect([...(first?.pages.keys() ?? [])]).toEqual([0, 1, 2]);
    expect([...(later?.pages.keys() ?? [])].sort((a, b) => a - b)).toEqual([0, 12, 24]);
    expect(later?.pages.get(0)?.[5]).toBe(3);
  });

  it('is nothing after messages that changed nothing, or were rolled back', () => {
    const heap = new Heap();
    heap.drain(new StoredHeap());
    heap.begin();
    heap.write(0, Uint8Array.of(3));
    heap.commit();
    heap.begin();
    heap.write(0, Uint8Array.of(4));
    heap.globals[0] = { value: 5 };
    heap.rollback();

    expect(heap.drain(new StoredHeap())).toBe(false);
  });

  it('is the globals alone when only they changed', () => {
    const heap = new Heap();
    heap.drain(new StoredHeap());
    heap.begin();
    heap.globals[1] = { value: 7n };
    heap.commit();

    const changes = heap.snapshot.drain(heap.memory, heap.globals);
    expect(changes).toEqual({ byteLength: 2 * WASM_PAGE_BYTES, globals: [0, 7n], pages: new Map() });
  });
});

describe('heaps that take turns', () => {
  it('are each rolled back to what they were, also when one is called in the midst of another', () => {
    const [a, b] = [new Heap(), new Heap()];
    a.begin();
    a.write(0, Uint8Array.of(1));
    b.begin();
    b.write(0, Uint8Array.of(2));
    b.rollback();
    a.rollback();
    b.begin();
    b.write(1, Uint8Array.of(2));
    b.commit();

    expect([...a.memory.bytes().subarray(0, 2)]).toEqual([3, 3]);
    expect([...b.memory.bytes().subarray(0, 2)]).toEqual([3, 2]);
  });

  it('are right when more of them ran than snapshots are kept', () => {
    const megabytes16 = 256;
    const heaps = Array.from({ length: 6 }, () => new Heap(megabytes16));
    for (const round of [1, 2]) {
      for (const heap of heaps) {
        heap.begin();
        heap.write(0, Uint8Array.of(round));
        heap.commit();
        heap.begin();
        heap.write(0, Uint8Array.of(99));
        heap.write(9_000_000, Uint8Array.of(99));
        heap.rollback();
      }
    }
    expect(heaps.map((heap) => [heap.memory.bytes()[0], heap.memory.bytes()[9_000_000]])).toEqual(
      heaps.map(() => [2, 0])
    );
  });
});

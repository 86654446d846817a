import fc from 'fast-check';
import { StableMemory } from '../../../../src/local-ic/execution/stable-memory';
import { WASM_PAGE_BYTES } from '../../../../src/local-ic/execution/webassembly';
import { StoredMemory } from './stored-memory';

type Message = {
  readonly grow: number;
  readonly writes: readonly { readonly at: number; readonly data: Uint8Array }[];
  readonly isKept: boolean;
  readonly then: 'nothing' | 'drain' | 'restart';
};

const messages = fc.array(
  fc.record({
    grow: fc.integer({ min: 0, max: 1 }),
    writes: fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 4 * WASM_PAGE_BYTES }),
        data: fc.oneof(
          fc.uint8Array({ minLength: 1, maxLength: 40_000 }),
          fc.integer({ min: 1, max: 70_000 }).map((length) => new Uint8Array(length))
        )
      }),
      { maxLength: 4 }
    ),
    isKept: fc.boolean(),
    then: fc.constantFrom('nothing' as const, 'drain' as const, 'restart' as const)
  }),
  { maxLength: 20 }
);

function run(memory: StableMemory, { grow, writes, isKept }: Message): void {
  memory.begin();
  memory.grow(grow);
  for (const { at, data } of writes) if (at + data.length <= memory.byteLength) memory.write(at, data);
  if (isKept) memory.commit();
  else memory.rollback();
}

const contentOf = (memory: StableMemory): Uint8Array => {
  const content = new Uint8Array(memory.byteLength);
  memory.read(0, content);
  return content;
};

const written = (data: Uint8Array, at = 0): StableMemory => {
  const memory = new StableMemory();
  memory.grow(4);
  memory.write(at, data);
  return memory;
};

describe('what a stable memory says changed', () => {
  it('makes the same memory again, wherever it was stored and started anew', () => {
    fc.assert(
      fc.property(messages, (sequence) => {
        const stored = new StoredMemory();
        const unwatched = new StableMemory();
        let memory = new StableMemory();
        for (const message of sequence) {
          run(memory, message);
          run(unwatched, message);
          if (message.then !== 'nothing') stored.apply(memory.drainChanges());
          if (message.then === 'restart') memory = new StableMemory(stored.image());
        }
        stored.apply(memory.drainChanges());

        expect(Buffer.compare(contentOf(memory), contentOf(unwatched))).toBe(0);
        expect(Buffer.compare(contentOf(new StableMemory(stored.image())), contentOf(unwatched))).toBe(0);
        expect(stored.isUntouched).toBe(true);
        expect([...stored.pages.values()].every((page) => page.some((byte) => byte !== 0))).toBe(true);
      }),
      { numRuns: 100 }
    );
  });

  it('is everything at first, and then what was written', () => {
    const memory = written(new Uint8Array(100_000).fill(1));
    const all = memory.drainChanges();
    memory.write(5, Uint8Array.of(9));
    const later = memory.drainChanges();

    expect([...(all?.pages.keys() ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(all?.byteLength).toBe(4 * WASM_PAGE_BYTES);
    expect([...(later?.pages.keys() ?? [])]).toEqual([0]);
    expect(memory.drainChanges()).toBeUndefined();
  });

  it('is nothing after a message that was rolled back', () => {
    const memory = written(Uint8Array.of(1));
    memory.drainChanges();
    memory.begin();
    memory.grow(1);
    memory.write(0, Uint8Array.of(2));
    memory.rollback();

    expect(memory.drainChanges()).toBeUndefined();
  });

  it('is a length alone after growing', () => {
    const memory = written(Uint8Array.of(1));
    memory.drainChanges();
    memory.grow(1);

    expect(memory.drainChanges()).toEqual({ byteLength: 5 * WASM_PAGE_BYTES, pages: new Map() });
  });

  it('names a page that is zeros again, without content', () => {
    const memory = written(Uint8Array.of(1, 2, 3));
    memory.drainChanges();
    memory.write(0, new Uint8Array(3));

    expect([...(memory.drainChanges()?.pages ?? [])]).toEqual([[0, undefined]]);
  });
});

describe('a stable memory made from an image', () => {
  it('reads no page before it is needed, and each once', () => {
    const stored = new StoredMemory();
    stored.apply(written(new Uint8Array(100_000).fill(1)).drainChanges());
    const memory = new StableMemory(stored.image());
    expect(stored.reads).toEqual([]);

    const byte = new Uint8Array(1);
    memory.read(20_000, byte);
    memory.read(20_001, byte);
    memory.write(20_002, byte);
    memory.read(200_000, byte);
    memory.read(200_000, byte);

    expect(stored.reads).toEqual([1, 12]);
    expect(memory.drainChanges()?.pages.size).toBe(1);
  });

  it('has a page it read back after a rollback', () => {
    const stored = new StoredMemory();
    stored.apply(written(Uint8Array.of(7)).drainChanges());
    const memory = new StableMemory(stored.image());
    memory.begin();
    memory.write(0, Uint8Array.of(8));
    memory.write(50_000, Uint8Array.of(8));
    memory.rollback();

    const content = contentOf(memory);
    expect([content[0], content[50_000]]).toEqual([7, 0]);
    expect(memory.drainChanges()).toBeUndefined();
  });
});

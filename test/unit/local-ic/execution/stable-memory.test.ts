import fc from 'fast-check';
import { CanisterFault } from '../../../../src/local-ic/execution/canister-fault';
import { StableMemory } from '../../../../src/local-ic/execution/stable-memory';
import { WASM_PAGE_BYTES } from '../../../../src/local-ic/execution/webassembly';

type Step =
  | { readonly kind: 'grow'; readonly pages: number }
  | { readonly kind: 'write'; readonly at: number; readonly data: Uint8Array }
  | { readonly kind: 'begin' | 'commit' | 'rollback' };

/** The same memory as one flat array that is copied whole. */
class FlatMemory {
  bytes: Uint8Array = new Uint8Array(0);
  saved: Uint8Array | undefined;

  apply(step: Step): void {
    switch (step.kind) {
      case 'grow': {
        const grown = new Uint8Array(this.bytes.length + step.pages * WASM_PAGE_BYTES);
        grown.set(this.bytes);
        this.bytes = grown;
        return;
      }
      case 'write':
        if (step.at + step.data.length <= this.bytes.length) this.bytes.set(step.data, step.at);
        return;
      case 'begin':
        this.saved = this.bytes.slice();
        return;
      case 'commit':
        this.saved = undefined;
        return;
      case 'rollback':
        if (this.saved) this.bytes = this.saved;
        this.saved = undefined;
    }
  }
}

function apply(memory: StableMemory, step: Step): void {
  if (step.kind === 'grow') memory.grow(step.pages);
  else if (step.kind !== 'write') memory[step.kind]();
  else if (step.at + step.data.length <= memory.byteLength) memory.write(step.at, step.data);
}

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('grow' as const), pages: fc.integer({ min: 0, max: 2 }) }),
    fc.record({
      kind: fc.constant('write' as const),
      at: fc.integer({ min: 0, max: 5 * WASM_PAGE_BYTES }),
      data: fc.uint8Array({ minLength: 1, maxLength: 70_000 })
    }),
    fc.record({ kind: fc.constantFrom('begin' as const, 'commit' as const, 'rollback' as const) })
  ),
  { maxLength: 25 }
);

describe('StableMemory', () => {
  it('holds what a flat memory copied whole would hold', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const memory = new StableMemory();
        const flat = new FlatMemory();
        for (const step of sequence) {
          apply(memory, step);
          flat.apply(step);
        }

        const content = new Uint8Array(memory.byteLength);
        memory.read(0, content);
        expect(Buffer.compare(content, flat.bytes)).toBe(0);
      }),
      { numRuns: 60 }
    );
  });

  it.each([
    [
      'a read',
      (memory: StableMemory) => {
        memory.read(WASM_PAGE_BYTES - 1, new Uint8Array(2));
      }
    ],
    [
      'a write',
      (memory: StableMemory) => {
        memory.write(WASM_PAGE_BYTES - 1, new Uint8Array(2));
      }
    ],
    [
      'a write far beyond',
      (memory: StableMemory) => {
        memory.write(2 ** 60, new Uint8Array(1));
      }
    ]
  ])('faults on %s out of bounds', (_name, access) => {
    const memory = new StableMemory();
    memory.grow(1);

    const fault = catchFault(() => {
      access(memory);
    });

    expect(fault.code).toBe('IC0502');
    expect(fault.message).toContain('stable memory out of bounds');
  });

  it('grows to 500 GiB and not beyond', () => {
    const memory = new StableMemory();
    const allPages = (500 * 1024 ** 3) / WASM_PAGE_BYTES;

    expect(memory.grow(allPages)).toBe(0);
    expect(memory.grow(1)).toBe(-1);
    expect(memory.pageCount).toBe(allPages);
  });
});

function catchFault(action: () => void): CanisterFault {
  try {
    action();
  } catch (error) {
    if (error instanceof CanisterFault) return error;
    throw error;
  }
  throw new Error('no fault');
}

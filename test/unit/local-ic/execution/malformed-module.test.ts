import fc from 'fast-check';
import { CanisterFault } from '../../../../src/local-ic/execution/canister-fault';
import { CanisterInstance } from '../../../../src/local-ic/execution/canister-instance';
import { loadModule } from '../../../../src/local-ic/execution/canister-module';
import { StableMemory } from '../../../../src/local-ic/execution/stable-memory';
import { executionInput } from '../../../fixtures/local-ic/execution-input';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

const SEED = 20_260_817;

/** The error code that installing the bytes ends with, or `installed`, when all it exports can be run. */
function install(bytes: Uint8Array): string {
  try {
    const module = loadModule(bytes);
    const instance = new CanisterInstance(module, new StableMemory());
    for (const [method, kind] of module.methods) {
      const name = `canister_${kind} ${method}`;
      instance.begin();
      instance.run(executionInput('update', { instructionLimit: 100_000n }), { kind: 'export', name });
      instance.rollback();
    }
    return 'installed';
  } catch (error) {
    if (error instanceof CanisterFault) return error.code;
    throw error;
  }
}

const MEMORY_SECTION = 5;
const TWO_MEMORIES = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, MEMORY_SECTION, 5, 2, 0, 1, 0, 1);
const ENORMOUS_COUNT = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f);

describe('a module that is not one', () => {
  it('is refused with IC0505, whatever was changed in it', async () => {
    const whole = await buildCanister((literals) => ({
      fields: '(global $g (mut i32) (i32.const 0))',
      start: '(global.set $g (i32.const 1))',
      exports: {
        'canister_update u': `(block (br_if 0 (global.get $g)) (call $trap ${literals.text('no')})) (call $msg_reply)`,
        'canister_query q': '(loop (br_if 0 (i32.const 0))) (call $msg_reply)'
      },
      callbacks: ['(memory.fill (i32.const 0) (i32.const 0) (local.get $env))']
    }));
    const mutation = fc.record({
      at: fc.nat({ max: whole.length - 1 }),
      byte: fc.integer({ min: 0, max: 255 })
    });

    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const mutated = whole.slice();
        for (const { at, byte } of mutations) mutated[at] = byte;
        expect(['installed', 'IC0505']).toContain(install(mutated));
      }),
      { numRuns: 2000, seed: SEED }
    );
  });

  it('is refused with IC0505 when it is noise behind the header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(['installed', 'IC0505']).toContain(
          install(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...noise]))
        );
      }),
      { numRuns: 1000, seed: SEED }
    );
  });

  it.each([
    ['two memories', TWO_MEMORIES],
    ['a count beyond its bytes', ENORMOUS_COUNT]
  ])('is refused for %s', (_name, bytes) => {
    expect(install(bytes)).toBe('IC0505');
  });
});

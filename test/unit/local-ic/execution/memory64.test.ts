import { CanisterInstance } from '../../../../src/local-ic/execution/canister-instance';
import { loadModule } from '../../../../src/local-ic/execution/canister-module';
import { StableMemory } from '../../../../src/local-ic/execution/stable-memory';
import { executionInput } from '../../../fixtures/local-ic/execution-input';
import { errorCodeOf, replyNumber, replyOf, TestReplica } from '../../../fixtures/local-ic/test-replica';
import { assembleWithProposals } from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

/** A canister with 64-bit memory; its callback 0 answers with its environment, callback 1 traps. */
function canister64(exports: string, fields = ''): Promise<Uint8Array> {
  return assembleWithProposals(`(module
    (import "ic0" "msg_reply" (func $msg_reply))
    (import "ic0" "msg_reply_data_append" (func $append (param i64 i64)))
    (import "ic0" "msg_arg_data_size" (func $arg_size (result i64)))
    (import "ic0" "msg_arg_data_copy" (func $arg_copy (param i64 i64 i64)))
    (import "ic0" "canister_self_size" (func $self_size (result i64)))
    (import "ic0" "canister_self_copy" (func $self_copy (param i64 i64 i64)))
    (import "ic0" "canister_version" (func $version (result i64)))
    (import "ic0" "performance_counter" (func $counter (param i32) (result i64)))
    (import "ic0" "canister_cycle_balance128" (func $balance (param i64)))
    (import "ic0" "call_new" (func $call_new (param i64 i64 i64 i64 i64 i64 i64 i64)))
    (import "ic0" "call_perform" (func $call_perform (result i32)))
    (memory i64 1)
    (table 2 funcref) (elem (i32.const 0) $answer $trap)
    (data (i64.const 16) "echo")
    (global $count (mut i64) (i64.const 0))
    (func $reply_i64 (param i64)
      (i64.store (i64.const 0) (local.get 0)) (call $append (i64.const 0) (i64.const 8)) (call $msg_reply))
    (func $answer (param i64) (call $reply_i64 (local.get 0)))
    (func $trap (param i64) unreachable)
    (func (export "canister_query echo")
      (call $arg_copy (i64.const 100) (i64.const 0) (call $arg_size))
      (call $append (i64.const 100) (call $arg_size)) (call $msg_reply))
    ${fields} ${exports})`);
}

describe('a module with 64-bit memory', () => {
  it('reads its argument and answers', async () => {
    const { id } = await host.install(await canister64(''));

    expect(replyOf(await host.query(id, 'echo', { arg: Uint8Array.of(7, 8, 9) }))).toEqual(
      Uint8Array.of(7, 8, 9)
    );
  });

  it('calls, and its callback gets all 53 bits of its environment', async () => {
    const { id } = await host.install(
      await canister64(`(func (export "canister_update go")
        (call $self_copy (i64.const 200) (i64.const 0) (call $self_size))
        (call $call_new (i64.const 200) (call $self_size) (i64.const 16) (i64.const 4)
          (i64.const 0) (i64.const 9007199254740991) (i64.const 1) (i64.const 0))
        (drop (call $call_perform)))`)
    );

    expect(replyNumber(await host.call(id, 'go'))).toBe(9_007_199_254_740_991n);
  });

  it('keeps what it grew, and loses it when it traps', async () => {
    const grow = '(drop (memory.grow (i64.const 1))) (i64.store (i64.const 70000) (i64.const 5))';
    const { id } = await host.install(
      await canister64(`
        (func (export "canister_update fail") ${grow} (global.set $count (i64.const 9)) unreachable)
        (func (export "canister_update grow") ${grow} (call $reply_i64 (global.get $count)))
        (func (export "canister_query size") (call $reply_i64 (memory.size)))`)
    );

    expect(errorCodeOf(await host.call(id, 'fail'))).toBe('IC0502');
    expect(replyNumber(await host.query(id, 'size'))).toBe(1n);
    expect(replyNumber(await host.call(id, 'grow'))).toBe(0n);
    expect(replyNumber(await host.query(id, 'size'))).toBe(2n);
  });

  it('keeps its heap over an upgrade that asks for it', async () => {
    const wasm = await canister64(`
      (func (export "canister_update set")
        (drop (memory.grow (i64.const 2))) (i64.store (i64.const 150000) (i64.const 5)) (call $msg_reply))
      (func (export "canister_query get") (call $reply_i64 (i64.load (i64.const 150000))))`);
    const canister = await host.install(wasm);

    await host.call(canister.id, 'set');
    const keep = { skip_pre_upgrade: [], wasm_memory_persistence: [{ keep: null }] };
    await host.installCode(canister, wasm, { mode: { upgrade: [keep] } });

    expect(replyNumber(await host.query(canister.id, 'get'))).toBe(5n);
  });

  it.each([
    ['a load', '(drop (i64.load (i64.const 8)))', 1n + 2n + 1n],
    ['a store of a vector', '(v128.store (i64.const 0) (v128.const i64x2 0 0))', 2n + 2n],
    ['filling', '(memory.fill (i64.const 500) (i32.const 0) (i64.const 70))', 3n + 100n + 70n]
  ])('pays the weights of such modules: %s', async (_name, body, cost) => {
    const wasm = await canister64(`(func (export "canister_update go") ${body})`);
    const instance = new CanisterInstance(loadModule(wasm), new StableMemory());

    const { instructions } = instance.run(executionInput('update'), {
      kind: 'export',
      name: 'canister_update go'
    });

    expect(instructions).toBe(1n + cost);
  });

  it('traps where an address is out of bounds, however large', async () => {
    const { id } = await host.install(
      await canister64(`
        (func (export "canister_query beyond") (call $append (i64.const 65530) (i64.const 8)))
        (func (export "canister_query far") (call $append (i64.const 4294967296) (i64.const 8)))
        (func (export "canister_query last") (call $balance (i64.const -1)))
        (func (export "canister_query fill") (memory.fill (i64.const 0) (i32.const 0) (i64.const -1)))`)
    );

    expect(errorCodeOf(await host.query(id, 'beyond'))).toBe('IC0504');
    expect(errorCodeOf(await host.query(id, 'far'))).toBe('IC0504');
    expect(errorCodeOf(await host.query(id, 'last'))).toBe('IC0504');
    expect(['IC0502', 'IC0522']).toContain(errorCodeOf(await host.query(id, 'fill')));
  });

  it('grows to 4 GiB at most', async () => {
    const { id } = await host.install(
      await canister64(
        '(func (export "canister_query grow") (call $reply_i64 (memory.grow (i64.const 65536))))'
      )
    );

    expect(BigInt.asIntN(64, replyNumber(await host.query(id, 'grow')))).toBe(-1n);
  });

  it.each([
    ['functions that only 32-bit modules have', '(import "ic0" "stable_size" (func (result i32)))'],
    ['pointers of 32 bits', '(import "ic0" "msg_arg_data_size" (func (result i32)))']
  ])('may not import %s', async (_name, importField) => {
    const canister = await host.create();
    const wasm = await assembleWithProposals(`(module ${importField} (memory i64 1))`);

    expect(errorCodeOf(await host.installCode(canister, wasm))).toBe('IC0505');
  });
});

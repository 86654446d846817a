import {
  errorCodeOf,
  type Installed,
  replyNumber,
  TestReplica
} from '../../../fixtures/local-ic/test-replica';
import { CanisterInstance } from '../../../../src/local-ic/execution/canister-instance';
import { loadModule } from '../../../../src/local-ic/execution/canister-module';
import { StableMemory } from '../../../../src/local-ic/execution/stable-memory';
import { WASM_PAGE_BYTES } from '../../../../src/local-ic/execution/webassembly';
import { assemble } from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

const number = async (canister: Installed, method: string): Promise<bigint> =>
  replyNumber(await host.query(canister.id, method));

/** A canister whose method `read` answers what the first function of its table returns. */
const withTable = (update: string): Promise<Uint8Array> =>
  assemble(`(module
    (import "ic0" "msg_reply" (func $msg_reply))
    (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
    (type $word (func (result i64)))
    (memory 1)
    (table 2 funcref)
    (elem (i32.const 0) $one $two)
    (func $one (type $word) (i64.const 1))
    (func $two (type $word) (i64.const 2))
    (func $answer (param i64)
      (i64.store (i32.const 0) (local.get 0)) (call $append (i32.const 0) (i32.const 8)) (call $msg_reply))
    (func (export "canister_query read") (call $answer (call_indirect (type $word) (i32.const 0))))
    (func (export "canister_query size") (call $answer (i64.extend_i32_u (table.size 0))))
    (func (export "canister_query residue") (call $answer
      (if (result i64) (i32.gt_u (memory.size) (i32.const 1))
        (then (i64.load (i32.const 70000))) (else (i64.const 0)))))
    (func (export "canister_update change") ${update}))`);

const SWAP = '(table.set 0 (i32.const 0) (table.get 0 (i32.const 1)))';

describe('a canister that changes its table', () => {
  it('sees the change within the message, and its first table again in the next', async () => {
    const canister = await host.install(
      await withTable(`${SWAP} (call $answer (call_indirect (type $word) (i32.const 0)))`)
    );

    expect(await number(canister, 'read')).toBe(1n);
    expect(replyNumber(await host.call(canister.id, 'change'))).toBe(2n);
    expect(await number(canister, 'read')).toBe(1n);
  });

  it('keeps memory and globals from message to message', async () => {
    const canister = await host.install(
      await withTable(
        `${SWAP} (drop (memory.grow (i32.const 1))) (i64.store (i32.const 70000) (i64.const 5)) (call $answer (i64.const 0))`
      )
    );

    await host.call(canister.id, 'change');

    expect(await number(canister, 'residue')).toBe(5n);
  });

  it('loses the change when the message traps', async () => {
    const canister = await host.install(await withTable(`${SWAP} unreachable`));

    expect(errorCodeOf(await host.call(canister.id, 'change'))).toBe('IC0502');
    expect(await number(canister, 'read')).toBe(1n);
  });

  it('loses the change and what it wrote when the message grew memory and traps', async () => {
    const canister = await host.install(
      await withTable(
        `${SWAP} (drop (memory.grow (i32.const 1))) (i64.store (i32.const 70000) (i64.const 5)) unreachable`
      )
    );

    expect(errorCodeOf(await host.call(canister.id, 'change'))).toBe('IC0502');
    expect(await number(canister, 'read')).toBe(1n);
    expect(await number(canister, 'residue')).toBe(0n);
  });
});

describe('globals of every number type', () => {
  it('are restored when the message traps', async () => {
    const wasm = await assemble(`(module
      (import "ic0" "msg_reply" (func $msg_reply))
      (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
      (memory 1)
      (global $a (mut i32) (i32.const 1)) (global $b (mut i64) (i64.const 2))
      (global $c (mut f32) (f32.const 4)) (global $d (mut f64) (f64.const 8))
      (func (export "canister_query sum")
        (i64.store (i32.const 0) (i64.add (i64.add (i64.extend_i32_u (global.get $a)) (global.get $b))
          (i64.add (i64.trunc_f32_u (global.get $c)) (i64.trunc_f64_u (global.get $d)))))
        (call $append (i32.const 0) (i32.const 8)) (call $msg_reply))
      (func (export "canister_update change")
        (global.set $a (i32.const 100)) (global.set $b (i64.const 100))
        (global.set $c (f32.const 100)) (global.set $d (f64.const 100)) unreachable))`);
    const canister = await host.install(wasm);

    await host.call(canister.id, 'change');

    expect(await number(canister, 'sum')).toBe(15n);
  });
});

describe('an instance made from an image', () => {
  const source = `(module
    (memory 1)
    (global (mut i64) (i64.const 3))
    (data (i32.const 0) "text"))`;

  it('has the heap and globals of the image, whatever its module begins with', async () => {
    const module = loadModule(await assemble(source));
    const page = new Uint8Array(4096).fill(9);
    const instance = new CanisterInstance(module, new StableMemory(), {
      byteLength: 2 * WASM_PAGE_BYTES,
      readPage: (index) => (index === 17 ? page : undefined),
      globals: [5n]
    });
    const copy = new CanisterInstance(module, new StableMemory());
    copy.adoptHeap(instance);

    expect(instance.drainHeapChanges()).toBeUndefined();
    const { byteLength, pages } = copy.drainHeapChanges() ?? {};
    expect(byteLength).toBe(2 * WASM_PAGE_BYTES);
    expect([...(pages ?? [])]).toEqual([[17, page]]);
  });

  it('is the instance whose changes were stored', async () => {
    const module = loadModule(await assemble(source));
    const first = new CanisterInstance(module, new StableMemory());
    const stored = first.drainHeapChanges();
    if (!stored) throw new Error('nothing to store');
    const again = new CanisterInstance(module, new StableMemory(), {
      ...stored,
      readPage: (index) => stored.pages.get(index)
    });

    expect(stored.globals).toEqual([3n]);
    expect(again.drainHeapChanges()).toBeUndefined();
    const copy = new CanisterInstance(module, new StableMemory());
    copy.adoptHeap(again);
    expect(copy.drainHeapChanges()).toEqual(stored);
  });
});

import {
  errorCodeOf,
  rejectMessageOf,
  replyNumber,
  TestReplica
} from '../../../fixtures/local-ic/test-replica';
import { assemble } from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

describe('a callback', () => {
  /** How a call ends whose callback is the function at `index` of a table of functions of several types. */
  async function endOfCallback(index: number): Promise<string> {
    const wasm = await assemble(`(module
      (import "ic0" "canister_self_size" (func $self_size (result i32)))
      (import "ic0" "canister_self_copy" (func $self_copy (param i32 i32 i32)))
      (import "ic0" "call_new" (func $call_new (param i32 i32 i32 i32 i32 i32 i32 i32)))
      (import "ic0" "call_perform" (func $call_perform (result i32)))
      (import "ic0" "msg_reply" (func $msg_reply))
      (memory 1)
      (table 6 funcref)
      (elem (i32.const 0) $fitting $gives $wide $two $none)
      (data (i32.const 100) "pong")
      (func $fitting (param i32) (call $msg_reply))
      (func $gives (param i32) (result i32) (i32.const 1))
      (func $wide (param i64))
      (func $two (param i32 i32))
      (func $none)
      (func (export "canister_update pong") (call $msg_reply))
      (func (export "canister_update go")
        (call $self_copy (i32.const 0) (i32.const 0) (call $self_size))
        (call $call_new (i32.const 0) (call $self_size) (i32.const 100) (i32.const 4)
          (i32.const ${index}) (i32.const 0) (i32.const ${index}) (i32.const 0))
        (drop (call $call_perform))))`);
    const { id } = await host.install(wasm);
    return errorCodeOf(await host.call(id, 'go'));
  }

  it.each([
    ['takes one word', 0, 'replied'],
    ['gives a result', 1, 'IC0504'],
    ['takes a word of another size', 2, 'IC0504'],
    ['takes two words', 3, 'IC0504'],
    ['takes nothing', 4, 'IC0504'],
    ['is null', 5, 'IC0513'],
    ['is not in the table', 6, 'IC0513'],
    ['is far beyond the table', -1, 'IC0513']
  ])('that %s', async (_name, index, expected) => {
    expect(await endOfCallback(index)).toBe(expected);
  });
});

describe('segments', () => {
  it.each([
    ['data', '(memory 1) (data (i32.const 65535) "ab")'],
    ['elements', '(table 1 funcref) (func $f) (elem (i32.const 1) $f)']
  ])('of %s out of bounds are refused at installation', async (_name, fields) => {
    const canister = await host.create();

    expect(errorCodeOf(await host.installCode(canister, await assemble(`(module ${fields})`)))).toBe(
      'IC0505'
    );
  });

  it('that a message drops are there again in the next', async () => {
    const wasm = await assemble(`(module
      (import "ic0" "msg_reply" (func $msg_reply))
      (memory 1)
      (data $d "ab")
      (func (export "canister_update use")
        (memory.init $d (i32.const 0) (i32.const 0) (i32.const 2)) (data.drop $d) (call $msg_reply))
      (func (export "canister_update misuse")
        (data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 2)) (call $msg_reply)))`);
    const { id } = await host.install(wasm);

    expect(errorCodeOf(await host.call(id, 'use'))).toBe('replied');
    expect(errorCodeOf(await host.call(id, 'misuse'))).toBe('IC0502');
    expect(errorCodeOf(await host.call(id, 'use'))).toBe('replied');
  });
});

describe('memory', () => {
  it('that cannot grow says so, up to 4 GiB', async () => {
    const wasm = await assemble(`(module
      (import "ic0" "msg_reply" (func $msg_reply))
      (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
      (memory 1)
      (func (export "canister_query beyond")
        (i64.store (i32.const 0) (i64.extend_i32_s (memory.grow (i32.const 65536))))
        (call $append (i32.const 0) (i32.const 8)) (call $msg_reply)))`);
    const { id } = await host.install(wasm);

    expect(BigInt.asIntN(64, replyNumber(await host.query(id, 'beyond')))).toBe(-1n);
  });

  it.each([
    ['a call through a null entry', '(call_indirect (i32.const 0))', 'Canister trapped: unknown'],
    ['a call beyond the table', '(call_indirect (i32.const 9))', 'Canister trapped: table out of bounds'],
    ['a load beyond memory', '(drop (i32.load (i32.const 65536)))', 'Canister trapped: heap out of bounds'],
    [
      'a division by zero',
      '(drop (i32.div_u (i32.const 1) (i32.const 0)))',
      'Canister trapped: integer division by 0'
    ],
    ['an overflow', '(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))', 'Canister trapped: unknown'],
    [
      'a conversion of what is no number',
      '(drop (i32.trunc_f64_s (f64.const nan)))',
      'Canister trapped: unknown'
    ],
    ['endless recursion', '(call $deep (i32.const 0))', 'Canister trapped: stack overflow']
  ])('and code: %s has the words of the replica', async (_name, body, text) => {
    const wasm = await assemble(`(module (memory 1) (table 1 funcref)
      (func $deep (param i32) (call $deep (i32.add (local.get 0) (i32.const 1))) (drop (i32.const 1)))
      (func (export "canister_update go") ${body}))`);
    const { id } = await host.install(wasm);

    expect(rejectMessageOf(await host.call(id, 'go'))).toContain(text);
  });
});

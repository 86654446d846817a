import { gzipSync } from 'node:zlib';
import { sha256 } from '@noble/hashes/sha2';
import {
  decodeResult,
  encodeArgument,
  errorCodeOf,
  type Installed,
  rejectMessageOf,
  replyNumber,
  TestReplica,
  user
} from '../../../fixtures/local-ic/test-replica';
import {
  assemble,
  buildCanister,
  type Literals,
  type WatCanister
} from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

const UPGRADE = { upgrade: [] };
const SKIP_PRE_UPGRADE = { upgrade: [{ skip_pre_upgrade: [true], wasm_memory_persistence: [] }] };
const KEEP_HEAP = { upgrade: [{ skip_pre_upgrade: [], wasm_memory_persistence: [{ keep: null }] }] };

/** `heap` counts calls of `set`; the first word of stable memory likewise. */
const counting = (hooks: Record<string, string> = {}): Promise<Uint8Array> =>
  buildCanister(() => ({
    fields:
      '(func $stable (result i64) (call $stable64_read (i64.const 600) (i64.const 0) (i64.const 8)) (i64.load (i32.const 600)))',
    exports: {
      canister_init: '(drop (call $stable64_grow (i64.const 1)))',
      ...hooks,
      'canister_update set': `(i64.store (i32.const 500) (i64.add (i64.load (i32.const 500)) (i64.const 1)))
        (call $stable64_write (i64.const 0) (i64.const 500) (i64.const 8)) (call $msg_reply)`,
      'canister_query heap': '(call $reply_i64 (i64.load (i32.const 500)))',
      'canister_query stable': '(call $reply_i64 (call $stable))'
    }
  }));

async function read(canister: Installed, method: 'heap' | 'stable'): Promise<bigint> {
  return replyNumber(await host.query(canister.id, method));
}

describe('installing', () => {
  it('runs start, then init with the argument and the installer as caller', async () => {
    const wasm = await buildCanister(() => ({
      start: '(i64.store (i32.const 500) (i64.const 5))',
      exports: {
        canister_init: `(call $msg_arg_data_copy (i32.const 508) (i32.const 0) (i32.const 1))
          (call $msg_caller_copy (i32.const 520) (i32.const 0) (i32.const 29))
          (i64.store (i32.const 500) (i64.add (i64.load (i32.const 500)) (i64.add (i64.load8_u (i32.const 508)) (i64.load8_u (i32.const 520)))))`,
        'canister_query heap': '(call $reply_i64 (i64.load (i32.const 500)))'
      }
    }));

    const canister = await host.install(wasm, { arg: Uint8Array.of(30) });

    expect(await read(canister, 'heap')).toBe(5n + 30n + 7n);
  });

  it('over code is refused, reinstalling wipes everything', async () => {
    const wasm = await counting();
    const canister = await host.install(wasm);
    await host.call(canister.id, 'set');

    const again = await host.installCode(canister, wasm);
    expect(errorCodeOf(again)).toBe('IC0514');
    expect(await read(canister, 'stable')).toBe(1n);

    await host.installCode(canister, wasm, { mode: { reinstall: null } });
    expect(await read(canister, 'heap')).toBe(0n);
    expect(await read(canister, 'stable')).toBe(0n);
  });

  it('with an init that traps leaves the canister empty', async () => {
    const canister = await host.create();

    const outcome = await host.installCode(canister, await counting({ canister_init: 'unreachable' }));

    expect(outcome).toMatchObject({ rejectCode: 5, errorCode: 'IC0502' });
    expect(errorCodeOf(await host.query(canister.id, 'heap'))).toBe('IC0537');
    expect(await host.status(canister)).toMatchObject({ module_hash: [] });
  });

  it('takes gzip, and tells the hash of what was uploaded', async () => {
    const uploaded = new Uint8Array(gzipSync(await counting()));

    const canister = await host.install(uploaded);

    expect(host.replica.canister(canister.id)?.moduleHash).toEqual(sha256(uploaded));
    expect(await read(canister, 'heap')).toBe(0n);
  });

  it.each<[name: string, source: string]>([
    ['an unknown import', '(module (import "ic0" "no_such_function" (func)))'],
    ['an import from another module', '(module (import "env" "time" (func (result i64))))'],
    ['an import of another type', '(module (import "ic0" "time" (func (result i32))))'],
    ['an imported memory', '(module (import "ic0" "memory" (memory 1)))'],
    ['a reserved name', '(module (func (export "canister_foo")))'],
    ['a method with parameters', '(module (func (export "canister_update x") (param i32)))'],
    ['a method with results', '(module (func (export "canister_init") (result i32) (i32.const 1)))'],
    [
      'one name for two methods',
      '(module (func $f) (export "canister_update x" (func $f)) (export "canister_query x" (func $f)))'
    ]
  ])('refuses %s', async (_name, source) => {
    const canister = await host.create();

    expect(errorCodeOf(await host.installCode(canister, await assemble(source)))).toBe('IC0505');
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['no Wasm', new TextEncoder().encode('hello, world')],
    ['broken gzip', Uint8Array.of(0x1f, 0x8b, 0x08, 1, 2, 3)]
  ])('refuses %s', async (_name, bytes) => {
    const canister = await host.create();

    expect(errorCodeOf(await host.installCode(canister, bytes))).toBe('IC0505');
  });

  it('refuses the same metadata twice', async () => {
    const section = (name: string): number[] => {
      const text = [...new TextEncoder().encode(name)];
      return [0, text.length + 1, text.length, ...text];
    };
    const base = [...(await assemble('(module)'))];
    const canister = await host.create();
    const both = Uint8Array.from([...base, ...section('icp:public x'), ...section('icp:private x')]);

    expect(errorCodeOf(await host.installCode(canister, both))).toBe('IC0505');
    const one = Uint8Array.from([...base, ...section('icp:private x')]);
    expect(errorCodeOf(await host.installCode(canister, one))).toBe('replied');
    expect(host.replica.canister(canister.id)?.metadata.get('x')).toEqual({
      isPublic: false,
      content: new Uint8Array(0)
    });
  });
});

describe('upgrading', () => {
  it('keeps stable memory and loses the heap', async () => {
    const wasm = await counting();
    const canister = await host.install(wasm);
    await host.call(canister.id, 'set');

    expect(errorCodeOf(await host.installCode(canister, wasm, { mode: UPGRADE }))).toBe('replied');

    expect(await read(canister, 'heap')).toBe(0n);
    expect(await read(canister, 'stable')).toBe(1n);
  });

  it('keeps the heap when asked to', async () => {
    const wasm = await counting();
    const canister = await host.install(wasm);
    await host.call(canister.id, 'set');

    await host.installCode(canister, wasm, { mode: KEEP_HEAP });

    expect(await read(canister, 'heap')).toBe(1n);
  });

  it('lets the hooks carry state over stable memory', async () => {
    const wasm = await counting({
      canister_pre_upgrade:
        '(i64.store (i32.const 508) (i64.const 42)) (call $stable64_write (i64.const 0) (i64.const 508) (i64.const 8))',
      canister_post_upgrade: '(i64.store (i32.const 500) (i64.add (call $stable) (i64.const 1)))'
    });
    const canister = await host.install(wasm);

    await host.installCode(canister, wasm, { mode: UPGRADE });

    expect(await read(canister, 'heap')).toBe(43n);
  });

  it.each([
    ['pre_upgrade', { canister_pre_upgrade: '(call $spoil) unreachable' }, {}],
    [
      'post_upgrade',
      { canister_pre_upgrade: '(call $spoil)' },
      { canister_post_upgrade: '(call $spoil) unreachable' }
    ]
  ])('with a %s that traps changes nothing', async (_name, oldHooks, newHooks) => {
    const spoil =
      '(func $spoil (i64.store (i32.const 500) (i64.const 99)) (call $stable64_write (i64.const 0) (i64.const 500) (i64.const 8)))';
    const build = (hooks: Record<string, string>): Promise<Uint8Array> =>
      buildCanister(() => ({
        fields: `${spoil} (func $stable (result i64) (call $stable64_read (i64.const 600) (i64.const 0) (i64.const 8)) (i64.load (i32.const 600)))`,
        exports: {
          canister_init: '(drop (call $stable64_grow (i64.const 1)))',
          ...hooks,
          'canister_query heap': '(call $reply_i64 (i64.load (i32.const 500)))',
          'canister_query stable': '(call $reply_i64 (call $stable))'
        }
      }));
    const original = await build(oldHooks);
    const canister = await host.install(original);
    const before = host.replica.canister(canister.id)?.moduleHash;

    const outcome = await host.installCode(canister, await build(newHooks), { mode: UPGRADE });

    expect(outcome).toMatchObject({ rejectCode: 5, errorCode: 'IC0502' });
    expect(host.replica.canister(canister.id)?.moduleHash).toEqual(before);
    expect(await read(canister, 'heap')).toBe(0n);
    expect(await read(canister, 'stable')).toBe(0n);
  });

  it('may skip a pre_upgrade that traps', async () => {
    const canister = await host.install(await counting({ canister_pre_upgrade: 'unreachable' }));
    await host.call(canister.id, 'set');
    const wasm = await counting();

    expect(errorCodeOf(await host.installCode(canister, wasm, { mode: UPGRADE }))).toBe('IC0502');
    expect(errorCodeOf(await host.installCode(canister, wasm, { mode: SKIP_PRE_UPGRADE }))).toBe('replied');
    expect(await read(canister, 'stable')).toBe(1n);
  });

  it('of an empty canister is refused', async () => {
    const canister = await host.create();

    expect(errorCodeOf(await host.installCode(canister, await counting(), { mode: UPGRADE }))).toBe('IC0537');
  });

  it('shows hooks the old and the new version', async () => {
    const report = `(i64.store (i32.const 508) (call $canister_version)) (call $stable64_write (i64.const 0) (i64.const 508) (i64.const 8))`;
    const wasm = await counting({
      canister_pre_upgrade: report,
      canister_post_upgrade: '(i64.store (i32.const 500) (i64.sub (call $canister_version) (call $stable)))'
    });
    const canister = await host.install(wasm);

    await host.installCode(canister, wasm, { mode: UPGRADE });

    expect(await read(canister, 'heap')).toBe(1n);
  });
});

describe('stopping', () => {
  const waiting = (literals: Literals): WatCanister => ({
    exports: {
      'canister_update go': `(call $canister_self_copy (i32.const 3000) (i32.const 0) (i32.const 10))
        (call $call_new (i32.const 3000) (i32.const 10) ${literals.text('pong')} (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
        (drop (call $call_perform))`,
      'canister_update pong': '(call $msg_reply)',
      'canister_query q': '(call $msg_reply)'
    },
    callbacks: ['(call $msg_reply)', '(call $msg_reply)']
  });

  /** A canister in a call whose answer is held, and the function that lets it go. */
  async function installBusy(): Promise<{ canister: Installed; request: Uint8Array; release: () => void }> {
    const canister = await host.install(await buildCanister(waiting));
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    host.replica.interceptCall(() => ({ kind: 'hold', until }));
    const request = host.submit(canister.id, 'go');
    await host.replica.tick();
    return { canister, request, release };
  }

  it('refuses calls and queries until the canister is started', async () => {
    const canister = await host.install(await buildCanister(waiting));

    expect(errorCodeOf(await host.manage('stop_canister', { canister_id: canister.principal }))).toBe(
      'replied'
    );
    expect(errorCodeOf(await host.call(canister.id, 'pong'))).toBe('IC0508');
    expect(errorCodeOf(await host.query(canister.id, 'q'))).toBe('IC0508');
    expect(await host.status(canister)).toMatchObject({ status: { stopped: null } });

    await host.manage('start_canister', { canister_id: canister.principal });
    expect(errorCodeOf(await host.call(canister.id, 'pong'))).toBe('replied');
  });

  it('waits for open calls', async () => {
    const { canister, request, release } = await installBusy();
    const stopped = host.manage('stop_canister', { canister_id: canister.principal });
    await host.replica.tick();

    expect(await host.status(canister)).toMatchObject({ status: { stopping: null } });
    expect(errorCodeOf(await host.call(canister.id, 'pong'))).toBe('IC0509');

    release();
    expect(errorCodeOf(await host.outcomeOf(request))).toBe('replied');
    expect(errorCodeOf(await stopped)).toBe('replied');
    expect(await host.status(canister)).toMatchObject({ status: { stopped: null } });
  });

  it('is cancelled by starting', async () => {
    const { canister } = await installBusy();
    const stopped = host.manage('stop_canister', { canister_id: canister.principal });
    await host.replica.tick();

    await host.manage('start_canister', { canister_id: canister.principal });

    expect(errorCodeOf(await stopped)).toBe('IC0511');
    expect(await host.status(canister)).toMatchObject({ status: { running: null } });
  });

  it('gives up after five minutes and stays stopping', async () => {
    const { canister } = await installBusy();
    const stopped = host.manage('stop_canister', { canister_id: canister.principal });
    await host.replica.tick();

    await host.advance(301);

    expect(await stopped).toMatchObject({ rejectCode: 2, errorCode: 'IC0206' });
    expect(await host.status(canister)).toMatchObject({ status: { stopping: null } });
  });

  it('comes before deleting, and ids are not used again', async () => {
    const canister = await host.install(await buildCanister(waiting));
    const target = { canister_id: canister.principal };

    expect(errorCodeOf(await host.manage('delete_canister', target))).toBe('IC0510');
    await host.manage('stop_canister', target);
    expect(errorCodeOf(await host.manage('delete_canister', target))).toBe('replied');

    expect(errorCodeOf(await host.call(canister.id, 'pong'))).toBe('IC0301');
    expect(host.replica.canister(canister.id)).toBeUndefined();
    expect((await host.create()).id).not.toEqual(canister.id);
  });

  it('uninstalling rejects open calls, and their late answers run nothing', async () => {
    const { canister, request, release } = await installBusy();

    await host.manage('uninstall_code', { canister_id: canister.principal, sender_canister_version: [] });

    expect(await host.outcomeOf(request)).toMatchObject({ rejectCode: 4 });
    release();
    await host.replica.tick();
    expect(await host.status(canister)).toMatchObject({ module_hash: [], status: { running: null } });
  });

  it('lets an answer arrive in the code that was installed meanwhile', async () => {
    const { canister, request, release } = await installBusy();
    const other = await buildCanister((literals) => ({
      exports: {},
      callbacks: [`(call $msg_reply_data_append ${literals.text('new code')}) (call $msg_reply)`]
    }));
    await host.installCode(canister, other, { mode: UPGRADE });

    release();

    expect(await host.outcomeOf(request)).toMatchObject({
      kind: 'replied',
      reply: new TextEncoder().encode('new code')
    });
  });

  it('rejects a call whose callback the new code does not have', async () => {
    const { canister, request, release } = await installBusy();
    await host.installCode(canister, await buildCanister(() => ({ exports: {} })), { mode: UPGRADE });

    release();

    const outcome = await host.outcomeOf(request);
    expect(outcome).toMatchObject({ rejectCode: 5, errorCode: 'IC0513' });
    expect(rejectMessageOf(outcome)).toContain('non-existent Wasm function');
  });
});

describe('the canister version', () => {
  it('grows with changes and not with queries or failures', async () => {
    const canister = await host.install(await counting());
    const version = async (): Promise<bigint> => (await host.status(canister))['version'] as bigint;
    const first = await version();

    await host.query(canister.id, 'heap');
    await host.installCode(canister, new Uint8Array(0), { mode: UPGRADE });
    expect(await version()).toBe(first);

    await host.call(canister.id, 'set');
    const second = await version();
    expect(second).toBeGreaterThan(first);
    await host.manage('stop_canister', { canister_id: canister.principal });
    await host.manage('start_canister', { canister_id: canister.principal });
    expect(await version()).toBeGreaterThan(second);
  });
});

describe('the history', () => {
  it('tells who created and who installed', async () => {
    const wasm = await counting();
    const canister = await host.install(wasm);
    const asking = await host.install(
      await buildCanister((literals) => ({
        exports: {
          'canister_update ask': `(call $call_new (i32.const 0) (i32.const 0) ${literals.text('canister_info')} (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
            (call $msg_arg_data_copy (i32.const 2048) (i32.const 0) (call $msg_arg_data_size))
            (call $call_data_append (i32.const 2048) (call $msg_arg_data_size)) (drop (call $call_perform))`
        },
        callbacks: ['(call $reply_arg)', 'unreachable']
      }))
    );
    const arg = encodeArgument('canister_info', {
      canister_id: canister.principal,
      num_requested_changes: [20n]
    });

    const [info] = decodeResult('canister_info', await host.call(asking.id, 'ask', { arg }));

    expect(info).toMatchObject({
      total_num_changes: 2n,
      recent_changes: [
        { origin: { from_user: {} }, details: { creation: {} } },
        {
          origin: { from_user: {} },
          details: { code_deployment: { mode: { install: null }, module_hash: sha256(wasm) } }
        }
      ]
    });
  });

  it('refuses others than controllers', async () => {
    const canister = await host.install(await counting());
    const stranger = { sender: user(9) };

    for (const method of ['start_canister', 'stop_canister', 'delete_canister', 'canister_status'] as const) {
      expect(errorCodeOf(await host.manage(method, { canister_id: canister.principal }, stranger))).toBe(
        'IC0512'
      );
    }
  });
});

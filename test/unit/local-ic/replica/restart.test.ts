import { type Outcome } from '../../../../src/local-ic/replica/replica-port';
import { MemoryStateStore } from '../../../fixtures/local-ic/memory-state-store';
import {
  decodeResult,
  errorCodeOf,
  type Installed,
  replyNumber,
  TestReplica,
  type TestReplicaOptions,
  UNCHANGED_SETTINGS
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

let store: MemoryStateStore;
let host: TestReplica;
let open: TestReplica[] = [];

function start(from: MemoryStateStore, options: TestReplicaOptions = {}): TestReplica {
  const started = new TestReplica({ store: from, ...options });
  open.push(started);
  return started;
}

beforeEach(() => {
  store = new MemoryStateStore();
  host = start(store);
});

afterEach(() => {
  for (const { replica } of open) replica.close();
  open = [];
});

/** What a process finds that starts after this one was killed. */
async function restart(options: TestReplicaOptions = {}): Promise<TestReplica> {
  await host.replica.whenDurable();
  host.replica.close();
  store = store.copy();
  return start(store, { clock: host.clock, ...options });
}

/** Counts its calls in heap, a global and stable memory; forwards to another canister. */
const counter = (): Promise<Uint8Array> =>
  buildCanister(() => ({
    fields: '(global $count (mut i64) (i64.const 0))',
    exports: {
      canister_init: '(i64.store (i32.const 500) (i64.const 100)) (drop (call $stable64_grow (i64.const 2)))',
      'canister_update inc': `
        (global.set $count (i64.add (global.get $count) (i64.const 1)))
        (i64.store (i32.const 500) (i64.add (i64.load (i32.const 500)) (i64.const 1)))
        (call $stable64_write (i64.const 100000) (i64.const 500) (i64.const 8))
        (call $certified_data_set (i32.const 500) (i32.const 8))
        (call $debug_print (i32.const 500) (i32.const 1))
        (call $reply_i64 (i64.load (i32.const 500)))`,
      'canister_query heap': '(call $reply_i64 (i64.load (i32.const 500)))',
      'canister_query global': '(call $reply_i64 (global.get $count))',
      'canister_query stable': `
        (call $stable64_read (i64.const 600) (i64.const 100000) (i64.const 8)) (call $reply_i64 (i64.load (i32.const 600)))`
    }
  }));

async function readAll(at: TestReplica, { id }: Installed): Promise<bigint[]> {
  const methods = ['heap', 'global', 'stable'];
  const outcomes = await Promise.all(methods.map((method) => at.query(id, method)));
  return outcomes.map(replyNumber);
}

describe('a restart', () => {
  it('keeps heap, globals and stable memory, without running init again', async () => {
    const canister = await host.install(await counter());
    await host.call(canister.id, 'inc');
    await host.call(canister.id, 'inc');

    const after = await restart();

    expect(await readAll(after, canister)).toEqual([102n, 2n, 102n]);
    expect(replyNumber(await after.call(canister.id, 'inc'))).toBe(103n);
  });

  it('keeps what the network knows of a canister', async () => {
    const canister = await host.install(await counter());
    await host.call(canister.id, 'inc');
    const before = await host.status(canister);
    const view = host.replica.canister(canister.id);

    const after = await restart();

    expect(after.replica.canister(canister.id)).toEqual(view);
    expect(await after.status(canister)).toEqual(before);
    expect(after.replica.ledger).toEqual(host.replica.ledger);
  });

  it('shows metadata without compiling the module', async () => {
    const section = Buffer.concat([Buffer.of(15), Buffer.from('icp:public note'), Buffer.from('hello')]);
    const wasm = new Uint8Array(Buffer.concat([await counter(), Buffer.of(0, section.length), section]));
    const canister = await host.install(wasm);
    const before = host.replica.canister(canister.id)?.metadata;
    expect(before?.get('note')).toBeDefined();
    await host.replica.whenDurable();
    const copy = store.copy();
    for (const [key] of copy.entries('module/')) await copy.write([{ key, value: undefined }]);

    const after = start(copy, { clock: host.clock });

    expect(after.replica.canister(canister.id)?.metadata).toEqual(before);
    expect(after.replica.canister(canister.id)?.metadata).toBe(after.replica.canister(canister.id)?.metadata);
  });

  it('gives new canisters ids that were never used', async () => {
    const first = await host.create();
    await host.manage('stop_canister', { canister_id: first.principal });
    await host.manage('delete_canister', { canister_id: first.principal });

    const after = await restart();
    const second = await after.create();

    expect(after.replica.canister(first.id)).toBeUndefined();
    expect(second.id).not.toEqual(first.id);
  });

  it('forgets nothing it answered, and runs no request twice', async () => {
    const canister = await host.install(await counter());
    const requestId = host.submit(canister.id, 'inc');
    const outcome: Outcome = await host.outcomeOf(requestId);

    const after = await restart();
    expect(await after.outcomeOf(requestId)).toEqual(outcome);

    after.submit(canister.id, 'inc', { requestId });
    await after.replica.tick();
    expect(await readAll(after, canister)).toEqual([101n, 1n, 101n]);
  });

  it('processes what was accepted and not processed', async () => {
    const canister = await host.install(await counter());
    const requestId = host.submit(canister.id, 'inc');
    const atCrash = store;
    await host.replica.whenDurable();
    const after = start(atCrash.copy(), { clock: host.clock });

    expect(replyNumber(await after.outcomeOf(requestId))).toBe(101n);
  });

  it('ends what expired meanwhile with IC0202', async () => {
    const canister = await host.install(await counter());
    const requestId = host.submit(canister.id, 'inc');
    await host.replica.whenDurable();
    const copy = store.copy();
    host.clock.advance(61);
    const after = start(copy, { clock: host.clock });

    expect(errorCodeOf(await after.outcomeOf(requestId))).toBe('IC0202');
    expect(await readAll(after, canister)).toEqual([100n, 0n, 0n]);
  });

  it('never goes back in time, nor forgets that it was moved', async () => {
    host.replica.advanceTime(3_600_000_000_000n);
    const before = host.replica.timeNs();
    host.clock.advance(-60);

    const after = await restart();
    expect(after.replica.timeNs()).toBe(before);

    host.clock.advance(100);
    expect(after.replica.timeNs()).toBe(before + 40_000_000_000n);
  });

  it('forgets the code and memory of what was reinstalled, uninstalled or deleted', async () => {
    const sizes = (): string[] => [...store.entries('')].map(([key]) => key.split('/')[0] ?? '');
    const canister = await host.install(await counter());
    await host.call(canister.id, 'inc');
    await host.replica.whenDurable();
    expect(sizes()).toEqual(expect.arrayContaining(['heap', 'stable', 'module', 'code']));

    await host.manage('uninstall_code', { canister_id: canister.principal, sender_canister_version: [] });
    await host.replica.whenDurable();
    for (const kind of ['heap', 'stable', 'module', 'code']) expect(sizes()).not.toContain(kind);

    await host.install(await counter(), { canister });
    const after = await restart();
    expect(await readAll(after, canister)).toEqual([100n, 0n, 0n]);
  });
});

describe('a network that nobody uses', () => {
  it('writes nothing, and charges after a restart for all the time', async () => {
    const canister = await host.install(await counter());
    await host.replica.whenDurable();
    const { writes } = store;
    const before = host.replica.cyclesOf(canister.id) ?? 0n;
    for (let round = 0; round < 5; round++) await host.advance(600);
    await host.replica.whenDurable();
    expect(store.writes).toBe(writes);
    const idle = host.replica.cyclesOf(canister.id) ?? 0n;
    expect(idle).toBeLessThan(before);

    const after = await restart();
    await after.advance(600);
    const { mintedCycles, burnedCycles } = after.replica.ledger;
    expect(after.replica.cyclesOf(canister.id)).toBe(mintedCycles - burnedCycles);
    expect(before - (after.replica.cyclesOf(canister.id) ?? 0n)).toBeGreaterThanOrEqual(before - idle);
  });

  it('stores that a canister could not pay', async () => {
    const settings = { ...UNCHANGED_SETTINGS, compute_allocation: [50n], freezing_threshold: [0n] };
    const creation = { amount: [400_000_000_000n], settings: [settings] };
    const canister = await host.install(await counter(), { creation });
    await host.advance(86_400);
    expect(host.replica.canister(canister.id)?.moduleHash).toBeUndefined();

    const after = await restart();
    expect(after.replica.canister(canister.id)?.moduleHash).toBeUndefined();
    expect(after.replica.cyclesOf(canister.id)).toBe(0n);
  });
});

describe('a snapshot of a canister', () => {
  it('outlives a restart, and is loaded after it', async () => {
    const canister = await host.install(await counter());
    await host.call(canister.id, 'inc');
    const taken = await host.manage('take_canister_snapshot', {
      canister_id: canister.principal,
      replace_snapshot: [],
      uninstall_code: [],
      sender_canister_version: []
    });
    const [snapshot] = decodeResult('take_canister_snapshot', taken) as [{ id: Uint8Array }];
    await host.call(canister.id, 'inc');

    const after = await restart();
    const loaded = await after.manage('load_canister_snapshot', {
      canister_id: canister.principal,
      snapshot_id: snapshot.id,
      sender_canister_version: []
    });
    expect(errorCodeOf(loaded)).toBe('replied');
    expect(await readAll(after, canister)).toEqual([101n, 1n, 101n]);

    host = after;
    const again = await restart();
    expect(await readAll(again, canister)).toEqual([101n, 1n, 101n]);
  });

  it('is forgotten when it is deleted, with its pages', async () => {
    const canister = await host.install(await counter());
    const taken = await host.manage('take_canister_snapshot', {
      canister_id: canister.principal,
      replace_snapshot: [],
      uninstall_code: [],
      sender_canister_version: []
    });
    const [snapshot] = decodeResult('take_canister_snapshot', taken) as [{ id: Uint8Array }];
    await host.replica.whenDurable();
    const stored = (): string[] => [...store.entries('snapshot')].map(([key]) => key.split('/')[0] ?? '');
    expect(new Set(stored())).toEqual(new Set(['snapshot', 'snapshot-page']));

    const canisterId = { canister_id: canister.principal };
    await host.manage('delete_canister_snapshot', { ...canisterId, snapshot_id: snapshot.id });
    await host.replica.whenDurable();

    expect(stored()).toEqual([]);
  });
});

describe('time', () => {
  it('is moved by tests', () => {
    const before = host.replica.timeNs();
    host.replica.setTime(before + 5n);
    expect(host.replica.timeNs()).toBe(before + 5n);
    host.replica.advanceTime(7n);
    expect(host.replica.timeNs()).toBe(before + 12n);
  });

  it('cannot be moved back', () => {
    const now = host.replica.timeNs();

    expect(() => {
      host.replica.setTime(now - 1n);
    }).toThrow(RangeError);
    expect(() => {
      host.replica.advanceTime(-1n);
    }).toThrow(RangeError);
    expect(host.replica.timeNs()).toBe(now);
  });
});

describe('a write that fails', () => {
  it('ends all acknowledgement, and is told once', async () => {
    const errors: unknown[] = [];
    host = start(store, { onInternalError: (error) => errors.push(error) });
    const canister = await host.install(await counter());
    await host.replica.whenDurable();
    store.failure = new Error('disk full');

    host.submit(canister.id, 'inc');

    await expect(host.replica.whenDurable()).rejects.toThrow('disk full');
    store.failure = undefined;
    await host.replica.tick();
    await expect(host.replica.whenDurable()).rejects.toThrow('disk full');
    expect(errors).toEqual([new Error('disk full')]);

    const after = start(store.copy(), { clock: host.clock });
    expect(await readAll(after, canister)).toEqual([100n, 0n, 0n]);
  });
});

import { type SystemCanister } from '../../../../src/local-ic/replica/system-canister';
import { MemoryStateStore } from '../../../fixtures/local-ic/memory-state-store';
import {
  errorCodeOf,
  type Installed,
  rejectMessageOf,
  replyNumber,
  TestReplica,
  type TestReplicaOptions
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

const BROKEN_ID = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9, 1, 1);
/** A part of this program that fails whenever it is called. */
const brokenCanister: SystemCanister = {
  id: BROKEN_ID,
  cycles: 0n,
  call: () => fail(),
  query: () => fail(),
  refuseIngress: () => undefined,
  record: () => new Uint8Array(0),
  restore: () => undefined
};

function fail(): never {
  throw new Error('the host is broken');
}

let errors: unknown[];
let store: MemoryStateStore;
let host: TestReplica;
let canister: Installed;

const OPTIONS: TestReplicaOptions = {
  // What a trap says is logged: this fails after code has trapped.
  onLog: () => fail(),
  randomBytes: () => fail(),
  systemCanisters: () => [brokenCanister]
};

/** Callbacks: reply or reject with the reject code, and one that traps. */
const failing = (): Promise<Uint8Array> =>
  buildCanister((literals) => {
    const call = (callee: string, method: string, onAnswer: number): string =>
      `(call $call_new ${callee} ${literals.text(method)} (i32.const ${onAnswer}) (i32.const 0)
         (i32.const ${onAnswer}) (i32.const 0))
       (call $call_data_append ${literals.text('DIDL\0\0')})
       (call $call_cycles_add (i64.const 5000000)) (drop (call $call_perform))`;
    const self = '(i32.const 3000) (i32.const 10)';
    const readSelf = '(call $canister_self_copy (i32.const 3000) (i32.const 0) (i32.const 10))';
    return {
      callbacks: ['(call $reply_i64 (i64.extend_i32_u (call $msg_reject_code)))', 'unreachable'],
      exports: {
        'canister_update trap': '(i64.store (i32.const 500) (i64.const 7)) unreachable',
        'canister_update ask_broken': call(literals.blob(BROKEN_ID), 'anything', 0),
        'canister_update ask_random': call('(i32.const 0) (i32.const 0)', 'raw_rand', 0),
        'canister_update ask_trapping': `${readSelf} ${call(self, 'trap', 0)}`,
        'canister_update trap_after': `${readSelf} ${call(self, 'fine', 1)}`,
        'canister_update fine': '(call $reply_i64 (i64.load (i32.const 500)))',
        'canister_update arm': '(drop (call $global_timer_set (i64.const 1))) (call $msg_reply)',
        canister_global_timer: 'unreachable'
      }
    };
  });

beforeEach(async () => {
  errors = [];
  store = new MemoryStateStore();
  host = new TestReplica({ ...OPTIONS, store, onInternalError: (error) => errors.push(error) });
  canister = await host.install(await failing());
});

afterEach(async () => {
  // It is in no call any more, and no cycle is lost.
  expect(errorCodeOf(await host.manage('stop_canister', { canister_id: canister.principal }))).toBe(
    'replied'
  );
  const { mintedCycles, burnedCycles } = host.replica.ledger;
  expect(mintedCycles - burnedCycles).toBe(host.replica.cyclesOf(canister.id));
  expect(errors).not.toEqual([]);
  host.replica.close();
});

describe('a fault of this program', () => {
  it('answers the call from outside, which changes nothing', async () => {
    const before = host.replica.cyclesOf(canister.id);
    const outcome = await host.call(canister.id, 'trap');
    expect(errorCodeOf(outcome)).toBe('IC0521');
    expect(rejectMessageOf(outcome)).toContain('not of the canister: the host is broken');
    expect(host.replica.cyclesOf(canister.id)).toBe(before);
    expect(replyNumber(await host.call(canister.id, 'fine'))).toBe(0n);
  });

  it.each(['ask_broken', 'ask_random', 'ask_trapping'])(
    'answers the call of a canister: %s',
    async (method) => {
      expect(replyNumber(await host.call(canister.id, method))).toBe(5n);
    }
  );

  it('in a callback answers whom the canister would have answered', async () => {
    expect(errorCodeOf(await host.call(canister.id, 'trap_after'))).toBe('IC0521');
  });

  it('in a timer leaves it off, as a trap does', async () => {
    await host.call(canister.id, 'arm');
    await host.replica.tick(20);
    expect(errors).toHaveLength(1);
  });

  it('leaves nothing half done on disk', async () => {
    await host.call(canister.id, 'trap');
    await host.call(canister.id, 'trap_after');
    await host.replica.whenDurable();
    const after = new TestReplica({ ...OPTIONS, store: store.copy(), clock: host.clock });
    expect(await after.status(canister)).toEqual(await host.status(canister));
    expect(after.replica.ledger).toEqual(host.replica.ledger);
    after.replica.close();
  });
});

describe('a stored module that this version refuses', () => {
  it('rejects every call and query, and can be replaced', async () => {
    await host.call(canister.id, 'trap');
    await host.replica.whenDurable();
    host.replica.close();
    const copy = store.copy();
    for (const [key] of copy.entries('module/')) {
      await copy.write([{ key, value: Uint8Array.of(0, 97, 115, 109, 9, 9, 9, 9) }]);
    }
    host = new TestReplica({ ...OPTIONS, store: copy, clock: host.clock, onInternalError: () => undefined });
    expect(rejectMessageOf(await host.call(canister.id, 'fine'))).toContain('cannot run the module');
    expect(errorCodeOf(await host.query(canister.id, 'fine'))).toBe('IC0505');
    expect(errorCodeOf(await host.installCode(canister, await failing(), { mode: { upgrade: [] } }))).toBe(
      'IC0505'
    );
    await host.install(await failing(), { canister, mode: { reinstall: null } });
    expect(replyNumber(await host.call(canister.id, 'fine'))).toBe(0n);
  });
});

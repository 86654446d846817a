import { type OutcallResponse } from '../../../../src/local-ic/management/http-outcalls';
import { MemoryStateStore } from '../../../fixtures/local-ic/memory-state-store';
import {
  encodeArgument,
  errorCodeOf,
  type Installed,
  MANAGEMENT,
  replyNumber,
  TestReplica,
  type TestReplicaOptions
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

/** What a process finds that starts after this one was killed. */
async function restart(options: TestReplicaOptions = {}): Promise<TestReplica> {
  await host.replica.whenDurable();
  host.replica.close();
  return start(store.copy(), { clock: host.clock, ...options });
}

beforeEach(() => {
  store = new MemoryStateStore();
  host = start(store);
});

afterEach(() => {
  for (const { replica } of open) replica.close();
  open = [];
});

const HTTP_REQUEST = encodeArgument('http_request', {
  url: 'https://example.org/',
  max_response_bytes: [1000n],
  method: { get: null },
  headers: [],
  body: [],
  transform: [],
  is_replicated: []
});
const RESPONSE: OutcallResponse = { status: 200, headers: [], body: Uint8Array.of(1) };

/** Counts at 500 what came of its calls and its own ticks. */
const caller = (): Promise<Uint8Array> =>
  buildCanister((text) => {
    const count = '(i64.store (i32.const 500) (i64.add (i64.load (i32.const 500)) (i64.const 1)))';
    const callSelf = `(call $canister_self_copy (i32.const 3000) (i32.const 0) (i32.const 10))
      (call $call_new (i32.const 3000) (i32.const 10) ${text.text('pong')} (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))`;
    return {
      callbacks: [
        `${count} (call $reply_i64 (i64.const 0))`,
        `${count} (call $reply_i64 (i64.extend_i32_u (call $msg_reject_code)))`
      ],
      exports: {
        'canister_update pong': '(call $msg_reply)',
        'canister_update ping': `${callSelf} (drop (call $call_perform))`,
        'canister_update ping_10s': `${callSelf} (call $call_with_best_effort_response (i32.const 10)) (drop (call $call_perform))`,
        'canister_update fetch': `
          (call $call_new (i32.const 0) (i32.const 0) ${text.text('http_request')} (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
          (call $call_data_append ${text.blob(HTTP_REQUEST)})
          (call $call_cycles_add (i64.const 10000000000)) (drop (call $call_perform))`,
        'canister_update arm': `(drop (call $global_timer_set (i64.add (call $time) (i64.const 5000000000)))) (call $msg_reply)`,
        canister_global_timer: count,
        'canister_query count': '(call $reply_i64 (i64.load (i32.const 500)))'
      }
    };
  });

async function countOf(at: TestReplica, { id }: Installed): Promise<bigint> {
  return replyNumber(await at.query(id, 'count'));
}

const never = new Promise<never>(() => undefined);

describe('after a restart', () => {
  it('an answer that a test held back arrives', async () => {
    const canister = await host.install(await caller());
    host.replica.interceptCall(() => ({ kind: 'hold', until: never }));
    const requestId = host.submit(canister.id, 'ping');
    await host.replica.tick();
    expect(host.replica.request(requestId)?.state.status).toBe('processing');

    const after = await restart();

    expect(replyNumber(await after.outcomeOf(requestId))).toBe(0n);
    expect(await countOf(after, canister)).toBe(1n);
  });

  it('a request that a test held back is delivered', async () => {
    const canister = await host.install(await caller());
    host.replica.interceptCall(() => ({ kind: 'hold', until: never, part: 'request' }));
    const requestId = host.submit(canister.id, 'ping');
    await host.replica.tick();

    const after = await restart();

    expect(replyNumber(await after.outcomeOf(requestId))).toBe(0n);
  });

  it('a best-effort call still ends at its deadline', async () => {
    const canister = await host.install(await caller());
    host.replica.interceptCall(() => ({ kind: 'drop' }));
    const requestId = host.submit(canister.id, 'ping_10s');
    await host.replica.tick();

    const after = await restart();
    await after.advance(9);
    expect(after.replica.request(requestId)?.state.status).toBe('processing');
    await after.advance(2);

    expect(replyNumber(await after.outcomeOf(requestId))).toBe(6n);
  });

  it('a canister goes on stopping, and who asked for it is answered', async () => {
    const canister = await host.install(await caller());
    host.replica.interceptCall(() => ({ kind: 'drop' }));
    host.submit(canister.id, 'ping_10s');
    await host.replica.tick();
    const stopId = host.submit(MANAGEMENT, 'stop_canister', {
      effectiveCanisterId: canister.id,
      arg: encodeArgument('stop_canister', { canister_id: canister.principal })
    });
    await host.replica.tick();

    const after = await restart();
    expect((await after.status(canister))['status']).toEqual({ stopping: null });
    await after.advance(11);

    expect((await after.outcomeOf(stopId)).kind).toBe('replied');
    expect((await after.status(canister))['status']).toEqual({ stopped: null });
  });

  it('a stop call still gives up after five minutes', async () => {
    const performOutcall = (): Promise<OutcallResponse> => never;
    host = start(store, { performOutcall });
    const canister = await host.install(await caller());
    host.submit(canister.id, 'fetch');
    await host.replica.tick();
    const stopId = host.submit(MANAGEMENT, 'stop_canister', {
      effectiveCanisterId: canister.id,
      arg: encodeArgument('stop_canister', { canister_id: canister.principal })
    });
    await host.replica.tick();

    const after = await restart({ performOutcall });
    await after.advance(301);

    expect(errorCodeOf(await after.outcomeOf(stopId))).toBe('IC0206');
    expect((await after.status(canister))['status']).toEqual({ stopping: null });
  });

  it('a timer fires when its time has come, also while nothing ran', async () => {
    const canister = await host.install(await caller());
    await host.call(canister.id, 'arm');
    await host.replica.whenDurable();
    host.clock.advance(60);

    const after = await restart();
    await after.replica.tick();
    await after.advance(60);

    expect(await countOf(after, canister)).toBe(1n);
  });

  it('heartbeats go on', async () => {
    const count = '(i64.store (i32.const 500) (i64.add (i64.load (i32.const 500)) (i64.const 1)))';
    const canister = await host.install(
      await buildCanister(() => ({
        exports: {
          canister_heartbeat: count,
          'canister_query count': '(call $reply_i64 (i64.load (i32.const 500)))'
        }
      }))
    );
    await host.advance(1);

    const after = await restart();
    for (let second = 0; second < 3; second++) await after.advance(1);

    expect(await countOf(after, canister)).toBe(4n);
  });
});

describe('an HTTPS outcall', () => {
  it('leaves when what asked for it is stored, and not before', async () => {
    let contentAtOutcall = new MemoryStateStore();
    host = start(store, {
      performOutcall: () => {
        contentAtOutcall = store.copy();
        return Promise.resolve(RESPONSE);
      }
    });
    const canister = await host.install(await caller());

    const requestId = host.submit(canister.id, 'fetch');
    await host.outcomeOf(requestId);

    const kinds = [...contentAtOutcall.entries('')].map(([key]) => key.split('/')[0]);
    expect(kinds).toEqual(expect.arrayContaining(['management-call', 'call', 'context', 'request']));
  });

  it('that was not answered is made again after a restart, and paid once', async () => {
    host = start(store, { performOutcall: () => never });
    const canister = await host.install(await caller());
    const requestId = host.submit(canister.id, 'fetch');
    await host.replica.tick();
    let outcalls = 0;

    const after = await restart({
      performOutcall: () => {
        outcalls += 1;
        return Promise.resolve(RESPONSE);
      }
    });

    expect(replyNumber(await after.outcomeOf(requestId))).toBe(0n);
    expect(outcalls).toBe(1);
    const { mintedCycles, burnedCycles } = after.replica.ledger;
    expect(after.replica.cyclesOf(canister.id)).toBe(mintedCycles - burnedCycles);
  });

  it('that was answered is not made again', async () => {
    host = start(store, { performOutcall: () => Promise.resolve(RESPONSE) });
    const canister = await host.install(await caller());
    const requestId = host.submit(canister.id, 'fetch');
    await host.outcomeOf(requestId);

    const after = await restart();
    await after.replica.tick();

    expect(replyNumber(await after.outcomeOf(requestId))).toBe(0n);
    expect(await countOf(after, canister)).toBe(1n);
  });

  it('does not leave when it cannot be stored', async () => {
    let outcalls = 0;
    host = start(store, {
      onInternalError: () => undefined,
      performOutcall: () => {
        outcalls += 1;
        return Promise.resolve(RESPONSE);
      }
    });
    const canister = await host.install(await caller());
    await host.replica.whenDurable();
    store.failure = new Error('disk full');

    host.submit(canister.id, 'fetch');
    await host.replica.tick();

    await expect(host.replica.whenDurable()).rejects.toThrow('disk full');
    expect(outcalls).toBe(0);
  });
});

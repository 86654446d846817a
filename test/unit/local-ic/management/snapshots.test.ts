import { Principal } from '@dfinity/principal';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, concatBytes } from '@noble/hashes/utils';
import { type ManagementMethod } from '../../../../src/local-ic/management/management-idl';
import { type Outcome } from '../../../../src/local-ic/replica/replica-port';
import {
  type CallOptions,
  decodeResult,
  encodeArgument,
  errorCodeOf,
  type Installed,
  rejectMessageOf,
  replyNumber,
  TestReplica,
  UNCHANGED_SETTINGS,
  user
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;
let wasm: Uint8Array;

type Snapshot = {
  readonly id: Uint8Array;
  readonly taken_at_timestamp: bigint;
  readonly total_size: bigint;
};

type Metadata = {
  readonly source: object;
  readonly wasm_module_size: bigint;
  readonly globals: readonly object[];
  readonly wasm_memory_size: bigint;
  readonly stable_memory_size: bigint;
  readonly wasm_chunk_store: readonly { readonly hash: Uint8Array }[];
  readonly canister_version: bigint;
  readonly certified_data: Uint8Array;
  readonly global_timer: readonly object[];
  readonly on_low_wasm_memory_hook_status: readonly object[];
};

const PAGE = 65_536;
const SLICE = 2_000_000;

beforeAll(async () => {
  // Counts in heap, global and stable memory at once.
  wasm = await buildCanister((literals) => ({
    fields: `(global $count (mut i64) (i64.const 0))
      (global $limit (export "limit") i32 (i32.const -7))
      (global $hidden f64 (f64.const 1))`,
    exports: {
      canister_init: `(drop (call $stable64_grow (i64.const 2))) (call $certified_data_set ${literals.text('made')})`,
      'canister_update inc': `
        (i64.store (i32.const 70000) (i64.add (i64.load (i32.const 70000)) (i64.const 1)))
        (global.set $count (i64.add (global.get $count) (i64.const 1)))
        (call $stable64_write (i64.const 70000) (i64.const 70000) (i64.const 8))
        (call $certified_data_set ${literals.text('counted')})
        (call $reply_i64 (global.get $count))`,
      'canister_update grow': '(drop (memory.grow (i32.const 3))) (call $msg_reply)',
      'canister_query heap': '(call $reply_i64 (i64.load (i32.const 70000)))',
      'canister_query global': '(call $reply_i64 (global.get $count))',
      'canister_query pages': '(call $reply_i64 (i64.extend_i32_u (memory.size)))',
      'canister_query stable': `(call $stable64_read (i64.const 1024) (i64.const 70000) (i64.const 8))
        (call $reply_i64 (i64.load (i32.const 1024)))`
    }
  }));
});

beforeEach(() => {
  host = new TestReplica();
});

afterEach(() => {
  host.replica.close();
});

function call(
  method: ManagementMethod,
  canister: Installed,
  value: object,
  options: CallOptions = {}
): Promise<Outcome> {
  return host.manage(method, { canister_id: canister.principal, ...value }, options);
}

async function take(canister: Installed, value: object = {}): Promise<Snapshot> {
  const outcome = await call('take_canister_snapshot', canister, { ...PLAIN, ...value });
  return decodeResult('take_canister_snapshot', outcome)[0] as Snapshot;
}

const PLAIN = { replace_snapshot: [], uninstall_code: [], sender_canister_version: [] };

function load(canister: Installed, id: Uint8Array, options: CallOptions = {}): Promise<Outcome> {
  return call('load_canister_snapshot', canister, { snapshot_id: id, sender_canister_version: [] }, options);
}

async function list(canister: Installed): Promise<readonly Snapshot[]> {
  const outcome = await call('list_canister_snapshots', canister, {});
  return decodeResult('list_canister_snapshots', outcome)[0] as Snapshot[];
}

async function metadataOf(canister: Installed, id: Uint8Array): Promise<Metadata> {
  const outcome = await call('read_canister_snapshot_metadata', canister, { snapshot_id: id });
  return decodeResult('read_canister_snapshot_metadata', outcome)[0] as Metadata;
}

async function counts(canister: Installed): Promise<readonly bigint[]> {
  const answers = ['heap', 'global', 'stable'].map((method) => host.query(canister.id, method));
  return (await Promise.all(answers)).map(replyNumber);
}

const inc = (canister: Installed): Promise<Outcome> => host.call(canister.id, 'inc');

async function uploadChunk(canister: Installed, chunk: Uint8Array): Promise<void> {
  expect(errorCodeOf(await call('upload_chunk', canister, { chunk }))).toBe('replied');
}

async function storedChunks(canister: Installed): Promise<readonly string[]> {
  const [chunks] = decodeResult('stored_chunks', await call('stored_chunks', canister, {}));
  return (chunks as { hash: Uint8Array }[]).map(({ hash }) => bytesToHex(hash));
}

describe('a snapshot', () => {
  it('brings back heap, globals, stable memory, certified data and chunks', async () => {
    const canister = await host.install(wasm);
    await uploadChunk(canister, Uint8Array.of(1));
    await inc(canister);
    const { id } = await take(canister);
    await inc(canister);
    await host.call(canister.id, 'grow');
    await uploadChunk(canister, Uint8Array.of(2));
    expect(await counts(canister)).toEqual([2n, 2n, 2n]);
    const before = host.replica.canister(canister.id);

    expect(errorCodeOf(await load(canister, id))).toBe('replied');

    expect(await counts(canister)).toEqual([1n, 1n, 1n]);
    expect(replyNumber(await host.query(canister.id, 'pages'))).toBe(2n);
    expect(await storedChunks(canister)).toEqual([bytesToHex(sha256(Uint8Array.of(1)))]);
    expect(before?.certifiedData).toEqual(new TextEncoder().encode('counted'));
    expect(replyNumber(await inc(canister))).toBe(2n);
  });

  it('is a copy: what runs later does not change it', async () => {
    const canister = await host.install(wasm);
    const { id } = await take(canister);
    for (let round = 0; round < 3; round++) {
      await inc(canister);
      await load(canister, id);

      expect(await counts(canister)).toEqual([0n, 0n, 0n]);
    }
    expect(host.replica.canister(canister.id)?.certifiedData).toEqual(new TextEncoder().encode('made'));
  });

  it('has an id of its number and the canister, a time and a size that counts as memory', async () => {
    const canister = await host.install(wasm);
    const first = await take(canister);
    const second = await take(canister);

    expect(bytesToHex(first.id)).toBe(`0000000000000000${bytesToHex(canister.id)}`);
    expect(bytesToHex(second.id)).toBe(`0000000000000001${bytesToHex(canister.id)}`);
    expect(first.taken_at_timestamp).toBe(host.clock.now());
    expect(await list(canister)).toEqual([first, second]);
    const status = await host.status(canister);
    expect(status).toMatchObject({
      memory_metrics: { snapshots_size: first.total_size + second.total_size }
    });
    const metrics = Object.values(status.memory_metrics as Record<string, bigint>);
    expect(status.memory_size).toBe(metrics.reduce((sum, bytes) => sum + bytes, 0n));
  });

  it('is taken and loaded while the canister waits for an answer', async () => {
    const canister = await host.install(
      await buildCanister((literals) => ({
        exports: {
          'canister_update wait': `(call $call_new (i32.const 0) (i32.const 0) ${literals.text('raw_rand')} (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
            (call $call_data_append ${literals.blob(Uint8Array.of(0x44, 0x49, 0x44, 0x4c, 0, 0))})
            (drop (call $call_perform))`
        },
        callbacks: ['(call $reply_i64 (i64.const 5))', 'unreachable']
      }))
    );
    const waiting = host.submit(canister.id, 'wait');

    const { id } = await take(canister);

    expect(replyNumber(await host.outcomeOf(waiting))).toBe(5n);
    expect(errorCodeOf(await load(canister, id))).toBe('replied');
    expect(replyNumber(await host.call(canister.id, 'wait'))).toBe(5n);
  });

  it('grows the version when it is loaded, and is told of in the history', async () => {
    const canister = await host.install(wasm);
    const { version: takenAt } = await host.status(canister);
    const { id, taken_at_timestamp: takenNs } = await take(canister);
    await inc(canister);
    const { version: before } = await host.status(canister);
    await load(canister, id);

    const { version } = await host.status(canister);
    expect(version).toBe((before as bigint) + 1n);
    expect(await lastChange(canister)).toMatchObject({
      canister_version: version,
      details: {
        load_snapshot: {
          from_canister_id: [],
          snapshot_id: id,
          canister_version: takenAt,
          taken_at_timestamp: takenNs,
          source: { taken_from_canister: null }
        }
      }
    });
  });

  it('can be loaded onto another canister of the same controller', async () => {
    const canister = await host.install(wasm);
    const other = await host.create();
    await inc(canister);
    const { id } = await take(canister);

    expect(errorCodeOf(await load(other, id))).toBe('replied');

    expect(await counts(other)).toEqual([1n, 1n, 1n]);
    expect(await lastChange(other)).toMatchObject({
      details: { load_snapshot: { from_canister_id: [canister.principal] } }
    });
    await inc(other);
    expect(await counts(canister)).toEqual([1n, 1n, 1n]);
  });

  it('may leave the canister empty', async () => {
    const canister = await host.install(wasm);
    await inc(canister);
    const { id } = await take(canister, { uninstall_code: [true] });

    expect(await host.status(canister)).toMatchObject({ module_hash: [] });
    expect(await lastChange(canister)).toMatchObject({ details: { code_uninstall: null } });
    await load(canister, id);
    expect(await counts(canister)).toEqual([1n, 1n, 1n]);
  });
});

/** A change of the history, as a canister sees it. */
async function lastChange(canister: Installed): Promise<unknown> {
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
    num_requested_changes: [1n]
  });
  const [info] = decodeResult('canister_info', await host.call(asking.id, 'ask', { arg }));
  return (info as { recent_changes: unknown[] }).recent_changes[0];
}

describe('the snapshots of a canister', () => {
  it('are ten at most; a new one may take the place of an old one', async () => {
    const canister = await host.install(wasm);
    for (let count = 0; count < 10; count++) await take(canister);
    const [first] = await list(canister);
    const refused = await call('take_canister_snapshot', canister, PLAIN);

    expect(errorCodeOf(refused)).toBe('IC0406');
    expect(rejectMessageOf(refused)).toBe(
      `Canister ${canister.principal.toText()} has reached the maximum number of snapshots allowed: 10.`
    );
    const replacing = await take(canister, { replace_snapshot: [first?.id ?? new Uint8Array(0)] });
    const ids = (await list(canister)).map(({ id }) => bytesToHex(id));
    expect(ids).toHaveLength(10);
    expect(ids).not.toContain(bytesToHex(first?.id ?? new Uint8Array(0)));
    expect(ids.at(-1)).toBe(bytesToHex(replacing.id));
  });

  it('can be deleted', async () => {
    const canister = await host.install(wasm);
    const { id } = await take(canister);

    await call('delete_canister_snapshot', canister, { snapshot_id: id });

    expect(await list(canister)).toEqual([]);
    const gone = await load(canister, id);
    expect(gone).toMatchObject({ rejectCode: 3, errorCode: 'IC0305' });
    expect(rejectMessageOf(gone)).toBe(
      `Could not find the snapshot ID ${bytesToHex(id)} for canister ${canister.principal.toText()}.`
    );
  });

  it.each<[method: ManagementMethod, value: object]>([
    ['take_canister_snapshot', PLAIN],
    ['load_canister_snapshot', { sender_canister_version: [] }],
    ['list_canister_snapshots', {}],
    ['delete_canister_snapshot', {}],
    ['read_canister_snapshot_metadata', {}],
    ['read_canister_snapshot_data', { kind: { wasm_memory: { offset: 0n, size: 1n } } }],
    ['upload_canister_snapshot_data', { kind: { wasm_memory: { offset: 0n } }, chunk: new Uint8Array(0) }],
    [
      'upload_canister_snapshot_metadata',
      {
        replace_snapshot: [],
        wasm_module_size: 0n,
        globals: [],
        wasm_memory_size: 0n,
        stable_memory_size: 0n,
        certified_data: new Uint8Array(0),
        global_timer: [],
        on_low_wasm_memory_hook_status: []
      }
    ]
  ])("are the controllers' alone: %s", async (method, value) => {
    const canister = await host.install(wasm);
    const { id } = await take(canister);

    const outcome = await call(method, canister, { snapshot_id: id, ...value }, { sender: user(9) });

    expect(outcome).toMatchObject({ rejectCode: 5, errorCode: 'IC0512' });
    expect(await list(canister)).toHaveLength(1);
  });

  it('can be read by those the settings name, and changed by none of them', async () => {
    const canister = await host.install(wasm);
    const { id } = await take(canister);
    const viewer = Principal.fromUint8Array(user(9));
    await call('update_settings', canister, {
      settings: { ...UNCHANGED_SETTINGS, snapshot_visibility: [{ allowed_viewers: [viewer] }] },
      sender_canister_version: []
    });
    const by = (sender: Uint8Array, method: ManagementMethod): Promise<Outcome> =>
      call(method, canister, { snapshot_id: id }, { sender });

    expect(errorCodeOf(await by(user(9), 'list_canister_snapshots'))).toBe('replied');
    expect(errorCodeOf(await by(user(9), 'read_canister_snapshot_metadata'))).toBe('replied');
    expect(errorCodeOf(await by(user(8), 'list_canister_snapshots'))).toBe('IC0512');
    expect(errorCodeOf(await by(user(9), 'delete_canister_snapshot'))).toBe('IC0512');
  });

  it('of others are not loaded, replaced or deleted', async () => {
    const canister = await host.install(wasm);
    const foreign = await host.install(wasm, {
      creation: { settings: [{ ...UNCHANGED_SETTINGS, controllers: [[Principal.fromUint8Array(user(9))]] }] },
      sender: user(9)
    });
    const outcome = await call('take_canister_snapshot', foreign, PLAIN, { sender: user(9) });
    const [{ id }] = decodeResult('take_canister_snapshot', outcome) as [Snapshot];

    expect(errorCodeOf(await load(canister, id))).toBe('IC0512');
    for (const refused of [
      await call('take_canister_snapshot', canister, { ...PLAIN, replace_snapshot: [id] }),
      await call('delete_canister_snapshot', canister, { snapshot_id: id }),
      await call('read_canister_snapshot_metadata', canister, { snapshot_id: id })
    ]) {
      expect(errorCodeOf(refused)).toBe('IC0406');
      expect(rejectMessageOf(refused)).toContain(' does not belong to canister ');
    }
    expect(await list(canister)).toEqual([]);
  });

  it('need code, and cycles for the memory they take', async () => {
    const empty = await host.create();
    const poor = await host.install(wasm, { creation: { amount: [4_000_000_000n] } });

    expect(errorCodeOf(await call('take_canister_snapshot', empty, PLAIN))).toBe('IC0406');
    await call('update_settings', poor, {
      settings: { ...UNCHANGED_SETTINGS, freezing_threshold: [100_000_000n] },
      sender_canister_version: []
    });
    const before = host.replica.cyclesOf(poor.id);
    expect(errorCodeOf(await call('take_canister_snapshot', poor, PLAIN))).toBe('IC0532');
    expect(host.replica.cyclesOf(poor.id)).toBe(before);
    expect(await list(poor)).toEqual([]);
  });
});

describe('a snapshot that is downloaded and uploaded', () => {
  async function download(
    canister: Installed,
    id: Uint8Array,
    kind: string,
    size: bigint
  ): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let offset = 0; offset < Number(size); offset += SLICE) {
      const length = Math.min(SLICE, Number(size) - offset);
      const outcome = await call('read_canister_snapshot_data', canister, {
        snapshot_id: id,
        kind: { [kind]: { offset: BigInt(offset), size: BigInt(length) } }
      });
      parts.push((decodeResult('read_canister_snapshot_data', outcome)[0] as { chunk: Uint8Array }).chunk);
    }
    return concatBytes(...parts);
  }

  function announce(canister: Installed, metadata: Metadata, changes: object = {}): Promise<Outcome> {
    const { wasm_module_size, globals, wasm_memory_size, stable_memory_size } = metadata;
    const { certified_data, global_timer, on_low_wasm_memory_hook_status } = metadata;
    return call('upload_canister_snapshot_metadata', canister, {
      replace_snapshot: [],
      wasm_module_size,
      globals,
      wasm_memory_size,
      stable_memory_size,
      certified_data,
      global_timer,
      on_low_wasm_memory_hook_status,
      ...changes
    });
  }

  const send = (canister: Installed, id: Uint8Array, kind: object, chunk: Uint8Array): Promise<Outcome> =>
    call('upload_canister_snapshot_data', canister, { snapshot_id: id, kind, chunk });

  async function upload(
    canister: Installed,
    from: Installed,
    id: Uint8Array,
    changes: object = {}
  ): Promise<Uint8Array> {
    const metadata = await metadataOf(from, id);
    const [announced] = decodeResult(
      'upload_canister_snapshot_metadata',
      await announce(canister, metadata, changes)
    );
    const { snapshot_id: uploaded } = announced as { snapshot_id: Uint8Array };
    for (const [kind, size] of [
      ['wasm_module', metadata.wasm_module_size],
      ['wasm_memory', metadata.wasm_memory_size],
      ['stable_memory', metadata.stable_memory_size]
    ] as const) {
      const content = await download(from, id, kind, size);
      const middle = Math.floor(content.length / 2);
      await send(canister, uploaded, { [kind]: { offset: BigInt(middle) } }, content.subarray(middle));
      await send(canister, uploaded, { [kind]: { offset: 0n } }, content.subarray(0, middle));
    }
    for (const { hash } of metadata.wasm_chunk_store) {
      const outcome = await call('read_canister_snapshot_data', from, {
        snapshot_id: id,
        kind: { wasm_chunk: { hash } }
      });
      const [{ chunk }] = decodeResult('read_canister_snapshot_data', outcome) as [{ chunk: Uint8Array }];
      await send(canister, uploaded, { wasm_chunk: null }, chunk);
    }
    return uploaded;
  }

  it('is the same on another canister', async () => {
    const canister = await host.install(wasm);
    await uploadChunk(canister, Uint8Array.of(7, 7));
    await inc(canister);
    const { id } = await take(canister);
    const target = await host.create();
    const uploaded = await upload(target, canister, id);

    expect(await metadataOf(target, uploaded)).toEqual({
      ...(await metadataOf(canister, id)),
      source: { metadata_upload: null },
      canister_version: (await host.status(target)).version
    });
    expect(errorCodeOf(await load(target, uploaded))).toBe('replied');
    expect(await counts(target)).toEqual([1n, 1n, 1n]);
    expect(await storedChunks(target)).toEqual(await storedChunks(canister));
    expect(host.replica.canister(target.id)?.certifiedData).toEqual(new TextEncoder().encode('counted'));
    expect(host.replica.canister(target.id)?.moduleHash).toEqual(sha256(wasm));
  });

  it('tells mutable and exported globals, sizes, timer and hook', async () => {
    const canister = await host.install(wasm);
    await inc(canister);

    expect(await metadataOf(canister, (await take(canister)).id)).toMatchObject({
      source: { taken_from_canister: null },
      globals: [{ i64: 1n }, { i32: -7 }],
      wasm_module_size: BigInt(wasm.length),
      wasm_memory_size: BigInt(2 * PAGE),
      stable_memory_size: BigInt(2 * PAGE),
      global_timer: [{ inactive: null }],
      on_low_wasm_memory_hook_status: [{ condition_not_satisfied: null }]
    });
  });

  it('sets the timer when it names one, and leaves it otherwise', async () => {
    const timed = await host.install(
      await buildCanister(() => ({
        fields: '(global $fired (mut i64) (i64.const 0))',
        exports: {
          canister_global_timer: '(global.set $fired (i64.add (global.get $fired) (i64.const 1)))',
          'canister_query fired': '(call $reply_i64 (global.get $fired))'
        }
      }))
    );
    const { id } = await take(timed);
    const due = host.clock.now() + 5_000_000_000n;
    const uploaded = await upload(timed, timed, id, { global_timer: [{ active: due }] });

    expect(errorCodeOf(await load(timed, uploaded))).toBe('replied');
    await host.advance(6);
    expect(replyNumber(await host.query(timed.id, 'fired'))).toBe(1n);
  });

  it.each<[what: string, changes: object, text: string]>([
    ['globals of another type', { globals: [{ i32: 1 }, { i32: -7 }] }, 'exported globals'],
    ['too few globals', { globals: [] }, 'exported globals'],
    ['a hook that cannot be ready', { on_low_wasm_memory_hook_status: [{ ready: null }] }, 'Hook status']
  ])('is not loaded with %s', async (_what, changes, text) => {
    const canister = await host.install(wasm);
    const { id } = await take(canister);
    const uploaded = await upload(canister, canister, id, changes);
    const before = await host.status(canister);

    const outcome = await load(canister, uploaded);

    expect(errorCodeOf(outcome)).toBe('IC0408');
    expect(rejectMessageOf(outcome)).toContain(text);
    expect(await host.status(canister)).toEqual({ ...before, cycles: expect.any(BigInt) as bigint });
  });

  it('is not loaded before its module is there', async () => {
    const canister = await host.install(wasm);
    const metadata = await metadataOf(canister, (await take(canister)).id);
    const [announced] = decodeResult('upload_canister_snapshot_metadata', await announce(canister, metadata));

    const outcome = await load(canister, (announced as { snapshot_id: Uint8Array }).snapshot_id);

    expect(errorCodeOf(outcome)).toBe('IC0505');
  });

  it.each<[what: string, changes: object]>([
    ['a module beyond 100 MiB', { wasm_module_size: 100n * 1024n ** 2n + 1n }],
    ['a heap of a broken page', { wasm_memory_size: 1n }],
    ['a heap beyond 4 GiB', { wasm_memory_size: 4n * 1024n ** 3n + 65_536n }],
    ['a stable memory of a broken page', { stable_memory_size: 65_537n }],
    ['a stable memory beyond 500 GiB', { stable_memory_size: 500n * 1024n ** 3n + 65_536n }],
    ['33 bytes of certified data', { certified_data: new Uint8Array(33) }],
    ['1001 globals', { globals: Array.from({ length: 1001 }, () => ({ i32: 0 })) }],
    ['a global that is a vector', { globals: [{ v128: 0n }] }]
  ])('is not announced with %s', async (_what, changes) => {
    const canister = await host.install(wasm);
    const metadata = await metadataOf(canister, (await take(canister)).id);

    const outcome = await announce(canister, metadata, changes);

    expect(errorCodeOf(outcome)).toBe('IC0408');
    expect(rejectMessageOf(outcome)).toContain('Snapshot Metadata contains invalid data: ');
    expect(await list(canister)).toHaveLength(1);
  });

  it('takes and gives only what lies within', async () => {
    const canister = await host.install(wasm);
    const { id } = await take(canister);
    const metadata = await metadataOf(canister, id);
    const [announced] = decodeResult('upload_canister_snapshot_metadata', await announce(canister, metadata));
    const { snapshot_id: uploaded } = announced as { snapshot_id: Uint8Array };
    const read = (kind: object): Promise<Outcome> =>
      call('read_canister_snapshot_data', canister, { snapshot_id: id, kind });
    const end = metadata.wasm_memory_size;

    expect(errorCodeOf(await read({ wasm_memory: { offset: end, size: 0n } }))).toBe('replied');
    expect(errorCodeOf(await read({ wasm_memory: { offset: end, size: 1n } }))).toBe('IC0408');
    expect(errorCodeOf(await read({ wasm_memory: { offset: 2n ** 64n - 1n, size: 1n } }))).toBe('IC0408');
    expect(errorCodeOf(await read({ wasm_memory: { offset: 0n, size: 2_000_001n } }))).toBe('IC0408');
    expect(errorCodeOf(await read({ wasm_chunk: { hash: new Uint8Array(32) } }))).toBe('IC0504');
    expect(
      errorCodeOf(await send(canister, uploaded, { stable_memory: { offset: end } }, Uint8Array.of(1)))
    ).toBe('IC0408');
    expect(
      errorCodeOf(await send(canister, uploaded, { wasm_chunk: null }, new Uint8Array(1024 * 1024 + 1)))
    ).toBe('IC0504');
  });

  it('that was taken is not changed', async () => {
    const canister = await host.install(wasm);
    const { id } = await take(canister);

    const outcome = await send(canister, id, { wasm_memory: { offset: 0n } }, Uint8Array.of(1));

    expect(outcome).toMatchObject({ rejectCode: 4, errorCode: 'IC0409' });
  });
});

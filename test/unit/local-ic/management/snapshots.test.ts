import { Principal } from '@dfinity/principal';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import { type ManagementMethod } from '../../../../src/local-ic/management/management-idl';
import { type Outcome } from '../../../../src/local-ic/replica/replica-port';
import { proxy } from '../../../fixtures/local-ic/proxy-canister';
import {
  buildCountingCanister,
  PLAIN,
  type Snapshot,
  SnapshotClient
} from '../../../fixtures/local-ic/snapshot-client';
import {
  decodeResult,
  encodeArgument,
  errorCodeOf,
  rejectMessageOf,
  replyNumber,
  TestReplica,
  UNCHANGED_SETTINGS,
  user
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

let host: TestReplica;
let client: SnapshotClient;
let wasm: Uint8Array;

beforeAll(async () => {
  wasm = await buildCountingCanister();
});

beforeEach(() => {
  host = new TestReplica();
  client = new SnapshotClient(host);
});

afterEach(() => {
  host.replica.close();
});

describe('a snapshot', () => {
  it('brings back heap, globals, stable memory, certified data and chunks', async () => {
    const canister = await host.install(wasm);
    await client.uploadChunk(canister, Uint8Array.of(1));
    await client.inc(canister);
    const { id } = await client.take(canister);
    await client.inc(canister);
    await host.call(canister.id, 'grow');
    await client.uploadChunk(canister, Uint8Array.of(2));
    expect(await client.counts(canister)).toEqual([2n, 2n, 2n]);
    const before = host.replica.canister(canister.id);

    expect(errorCodeOf(await client.load(canister, id))).toBe('replied');

    expect(await client.counts(canister)).toEqual([1n, 1n, 1n]);
    expect(replyNumber(await host.query(canister.id, 'pages'))).toBe(2n);
    expect(await client.storedChunks(canister)).toEqual([bytesToHex(sha256(Uint8Array.of(1)))]);
    expect(before?.certifiedData).toEqual(new TextEncoder().encode('counted'));
    expect(replyNumber(await client.inc(canister))).toBe(2n);
  });

  it('is a copy: what runs later does not change it', async () => {
    const canister = await host.install(wasm);
    const { id } = await client.take(canister);
    for (let round = 0; round < 3; round++) {
      await client.inc(canister);
      await client.load(canister, id);

      expect(await client.counts(canister)).toEqual([0n, 0n, 0n]);
    }
    expect(host.replica.canister(canister.id)?.certifiedData).toEqual(new TextEncoder().encode('made'));
  });

  it('has an id of its number and the canister, a time and a size that counts as memory', async () => {
    const canister = await host.install(wasm);
    const first = await client.take(canister);
    const second = await client.take(canister);

    expect(bytesToHex(first.id)).toBe(`0000000000000000${bytesToHex(canister.id)}`);
    expect(bytesToHex(second.id)).toBe(`0000000000000001${bytesToHex(canister.id)}`);
    expect(first.taken_at_timestamp).toBe(host.clock.now());
    expect(await client.list(canister)).toEqual([first, second]);
    const status = await host.status(canister);
    expect(status).toMatchObject({
      memory_metrics: { snapshots_size: first.total_size + second.total_size }
    });
    const metrics = Object.values(status.memory_metrics as Record<string, bigint>);
    expect(status.memory_size).toBe(metrics.reduce((sum, bytes) => sum + bytes, 0n));
  });

  it('is taken and loaded while the canister waits for an answer', async () => {
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    const end = host.replica.interceptCall(() => ({ kind: 'hold', until, part: 'answer' }));
    const canister = await host.install(await buildCanister(proxy('raw_rand')));
    const waiting = host.submit(canister.id, 'go', { arg: encodeArgument('raw_rand', {}) });

    const { id } = await client.take(canister);
    expect(errorCodeOf(await client.load(canister, id))).toBe('replied');
    release();
    end();

    // The callback is one of the code that was loaded.
    expect(decodeResult('raw_rand', await host.outcomeOf(waiting))[0]).toHaveLength(32);
  });

  it('grows the version when it is loaded, and is told of in the history', async () => {
    const canister = await host.install(wasm);
    const { version: takenAt } = await host.status(canister);
    const { id, taken_at_timestamp: takenNs } = await client.take(canister);
    await client.inc(canister);
    const { version: before } = await host.status(canister);
    await client.load(canister, id);

    const { version } = await host.status(canister);
    expect(version).toBe((before as bigint) + 1n);
    expect(await client.lastChange(canister)).toMatchObject({
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
    await client.inc(canister);
    const { id } = await client.take(canister);

    expect(errorCodeOf(await client.load(other, id))).toBe('replied');

    expect(await client.counts(other)).toEqual([1n, 1n, 1n]);
    expect(await client.lastChange(other)).toMatchObject({
      details: { load_snapshot: { from_canister_id: [canister.principal] } }
    });
    await client.inc(other);
    expect(await client.counts(canister)).toEqual([1n, 1n, 1n]);
  });

  it('may leave the canister empty', async () => {
    const canister = await host.install(wasm);
    await client.inc(canister);
    const { id } = await client.take(canister, { uninstall_code: [true] });

    expect(await host.status(canister)).toMatchObject({ module_hash: [] });
    expect(await client.lastChange(canister)).toMatchObject({ details: { code_uninstall: null } });
    await client.load(canister, id);
    expect(await client.counts(canister)).toEqual([1n, 1n, 1n]);
  });
});

describe('the snapshots of a canister', () => {
  it('are ten at most; a new one may take the place of an old one', async () => {
    const canister = await host.install(wasm);
    for (let count = 0; count < 10; count++) await client.take(canister);
    const [first] = await client.list(canister);
    const refused = await client.call('take_canister_snapshot', canister, PLAIN);

    expect(errorCodeOf(refused)).toBe('IC0406');
    expect(rejectMessageOf(refused)).toBe(
      `Canister ${canister.principal.toText()} has reached the maximum number of snapshots allowed: 10.`
    );
    const replacing = await client.take(canister, { replace_snapshot: [first?.id ?? new Uint8Array(0)] });
    const ids = (await client.list(canister)).map(({ id }) => bytesToHex(id));
    expect(ids).toHaveLength(10);
    expect(ids).not.toContain(bytesToHex(first?.id ?? new Uint8Array(0)));
    expect(ids.at(-1)).toBe(bytesToHex(replacing.id));
  });

  it('can be deleted', async () => {
    const canister = await host.install(wasm);
    const { id } = await client.take(canister);

    await client.call('delete_canister_snapshot', canister, { snapshot_id: id });

    expect(await client.list(canister)).toEqual([]);
    const gone = await client.load(canister, id);
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
    const { id } = await client.take(canister);

    const outcome = await client.call(method, canister, { snapshot_id: id, ...value }, { sender: user(9) });

    expect(outcome).toMatchObject({ rejectCode: 5, errorCode: 'IC0512' });
    expect(await client.list(canister)).toHaveLength(1);
  });

  it('can be read by those the settings name, and changed by none of them', async () => {
    const canister = await host.install(wasm);
    const { id } = await client.take(canister);
    const viewer = Principal.fromUint8Array(user(9));
    await client.call('update_settings', canister, {
      settings: { ...UNCHANGED_SETTINGS, snapshot_visibility: [{ allowed_viewers: [viewer] }] },
      sender_canister_version: []
    });
    const by = (sender: Uint8Array, method: ManagementMethod): Promise<Outcome> =>
      client.call(method, canister, { snapshot_id: id }, { sender });

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
    const outcome = await client.call('take_canister_snapshot', foreign, PLAIN, { sender: user(9) });
    const [{ id }] = decodeResult('take_canister_snapshot', outcome) as [Snapshot];

    expect(errorCodeOf(await client.load(canister, id))).toBe('IC0512');
    for (const refused of [
      await client.call('take_canister_snapshot', canister, { ...PLAIN, replace_snapshot: [id] }),
      await client.call('delete_canister_snapshot', canister, { snapshot_id: id }),
      await client.call('read_canister_snapshot_metadata', canister, { snapshot_id: id })
    ]) {
      expect(errorCodeOf(refused)).toBe('IC0406');
      expect(rejectMessageOf(refused)).toContain(' does not belong to canister ');
    }
    expect(await client.list(canister)).toEqual([]);
  });

  it('need code, and cycles for the memory they take', async () => {
    const empty = await host.create();
    const poor = await host.install(wasm);
    const { cycles, idle_cycles_burned_per_day: perDay } = (await host.status(poor)) as Record<
      string,
      bigint
    >;
    // It lasts for the memory there is, not for twice as much.
    const threshold = (7n * (cycles ?? 0n) * 86_400n) / (10n * (perDay ?? 1n));

    expect(errorCodeOf(await client.call('take_canister_snapshot', empty, PLAIN))).toBe('IC0406');
    await client.call('update_settings', poor, {
      settings: { ...UNCHANGED_SETTINGS, freezing_threshold: [threshold] },
      sender_canister_version: []
    });
    const { instructions: before } = await host.consumed(poor);
    expect(errorCodeOf(await client.call('take_canister_snapshot', poor, PLAIN))).toBe('IC0532');
    expect(await host.consumed(poor)).toMatchObject({ instructions: before });
    expect(await client.list(poor)).toEqual([]);
  });
});

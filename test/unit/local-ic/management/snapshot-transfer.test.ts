import { sha256 } from '@noble/hashes/sha2';
import { concatBytes } from '@noble/hashes/utils';
import { type Outcome } from '../../../../src/local-ic/replica/replica-port';
import {
  buildCountingCanister,
  SnapshotClient,
  type SnapshotMetadata
} from '../../../fixtures/local-ic/snapshot-client';
import {
  decodeResult,
  errorCodeOf,
  type Installed,
  rejectMessageOf,
  replyNumber,
  TestReplica
} from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

const PAGE = 65_536;
const SLICE = 2_000_000;

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
      const outcome = await client.call('read_canister_snapshot_data', canister, {
        snapshot_id: id,
        kind: { [kind]: { offset: BigInt(offset), size: BigInt(length) } }
      });
      parts.push((decodeResult('read_canister_snapshot_data', outcome)[0] as { chunk: Uint8Array }).chunk);
    }
    return concatBytes(...parts);
  }

  function announce(canister: Installed, metadata: SnapshotMetadata, changes: object = {}): Promise<Outcome> {
    const { wasm_module_size, globals, wasm_memory_size, stable_memory_size } = metadata;
    const { certified_data, global_timer, on_low_wasm_memory_hook_status } = metadata;
    return client.call('upload_canister_snapshot_metadata', canister, {
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
    client.call('upload_canister_snapshot_data', canister, { snapshot_id: id, kind, chunk });

  async function upload(
    canister: Installed,
    from: Installed,
    id: Uint8Array,
    changes: object = {}
  ): Promise<Uint8Array> {
    const metadata = await client.metadataOf(from, id);
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
      const outcome = await client.call('read_canister_snapshot_data', from, {
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
    await client.uploadChunk(canister, Uint8Array.of(7, 7));
    await client.inc(canister);
    const { id } = await client.take(canister);
    const target = await host.create();
    const uploaded = await upload(target, canister, id);

    expect(await client.metadataOf(target, uploaded)).toEqual({
      ...(await client.metadataOf(canister, id)),
      source: { metadata_upload: null },
      canister_version: (await host.status(target)).version
    });
    expect(errorCodeOf(await client.load(target, uploaded))).toBe('replied');
    expect(await client.counts(target)).toEqual([1n, 1n, 1n]);
    expect(await client.storedChunks(target)).toEqual(await client.storedChunks(canister));
    expect(host.replica.canister(target.id)?.certifiedData).toEqual(new TextEncoder().encode('counted'));
    expect(host.replica.canister(target.id)?.moduleHash).toEqual(sha256(wasm));
  });

  it('tells mutable and exported globals, sizes, timer and hook', async () => {
    const canister = await host.install(wasm);
    await client.inc(canister);

    expect(await client.metadataOf(canister, (await client.take(canister)).id)).toMatchObject({
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
    const { id } = await client.take(timed);
    const due = host.clock.now() + 5_000_000_000n;
    const uploaded = await upload(timed, timed, id, { global_timer: [{ active: due }] });

    expect(errorCodeOf(await client.load(timed, uploaded))).toBe('replied');
    await host.advance(6);
    expect(replyNumber(await host.query(timed.id, 'fired'))).toBe(1n);
  });

  it.each<[what: string, changes: object, text: string]>([
    ['globals of another type', { globals: [{ i32: 1 }, { i32: -7 }] }, 'exported globals'],
    ['too few globals', { globals: [] }, 'exported globals'],
    ['a hook that cannot be ready', { on_low_wasm_memory_hook_status: [{ ready: null }] }, 'Hook status']
  ])('is not loaded with %s', async (_what, changes, text) => {
    const canister = await host.install(wasm);
    const { id } = await client.take(canister);
    const uploaded = await upload(canister, canister, id, changes);
    const before = await host.status(canister);

    const outcome = await client.load(canister, uploaded);

    expect(errorCodeOf(outcome)).toBe('IC0408');
    expect(rejectMessageOf(outcome)).toContain(text);
    expect(await host.status(canister)).toEqual({ ...before, cycles: expect.any(BigInt) as bigint });
  });

  it('is not loaded before its module is there', async () => {
    const canister = await host.install(wasm);
    const metadata = await client.metadataOf(canister, (await client.take(canister)).id);
    const [announced] = decodeResult('upload_canister_snapshot_metadata', await announce(canister, metadata));

    const outcome = await client.load(canister, (announced as { snapshot_id: Uint8Array }).snapshot_id);

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
    const metadata = await client.metadataOf(canister, (await client.take(canister)).id);

    const outcome = await announce(canister, metadata, changes);

    expect(errorCodeOf(outcome)).toBe('IC0408');
    expect(rejectMessageOf(outcome)).toContain('Snapshot Metadata contains invalid data: ');
    expect(await client.list(canister)).toHaveLength(1);
  });

  it('takes and gives only what lies within', async () => {
    const canister = await host.install(wasm);
    const { id } = await client.take(canister);
    const metadata = await client.metadataOf(canister, id);
    const [announced] = decodeResult('upload_canister_snapshot_metadata', await announce(canister, metadata));
    const { snapshot_id: uploaded } = announced as { snapshot_id: Uint8Array };
    const read = (kind: object): Promise<Outcome> =>
      client.call('read_canister_snapshot_data', canister, { snapshot_id: id, kind });
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
    const { id } = await client.take(canister);

    const outcome = await send(canister, id, { wasm_memory: { offset: 0n } }, Uint8Array.of(1));

    expect(outcome).toMatchObject({ rejectCode: 4, errorCode: 'IC0409' });
  });
});

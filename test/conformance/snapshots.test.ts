import { codesOf, replyOf, replyText } from './client';
import { createIdentity } from './identities';
import { manage, type Value } from './management';
import { type ManagementMethod } from './management-types';
import { Probe } from './network';
import { registerOf } from './observations';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

type Snapshot = { readonly id: Uint8Array; readonly taken_at_timestamp: bigint; readonly total_size: bigint };

const of = (probe: Probe, more: Value = {}): Value => ({ canister_id: probe.principal, ...more });

const take = (probe: Probe, more: Value = {}): Promise<Snapshot> =>
  network.managed('take_canister_snapshot', of(probe, more)) as Promise<Snapshot>;

const list = (probe: Probe): Promise<Snapshot[]> =>
  network.managed('list_canister_snapshots', of(probe)) as Promise<Snapshot[]>;

const stable = program().stableRead(0, 5).reply();
const change = program().setRegister(0, 2).stableWrite(0, Buffer.from('after')).replyText('');

/** A canister with 1 in a register and a word in stable memory. */
const prepared = (): Promise<Probe> =>
  network.probe(program().setRegister(0, 1).stableGrow(1).stableWrite(0, Buffer.from('first')));

row('+', 'Management canister, load_canister_snapshot', 'brings heap and stable memory back', async () => {
  const probe = await prepared();
  const { id, total_size, taken_at_timestamp } = await take(probe);
  await probe.update(change);
  expect(await registerOf(probe)).toBe(2n);

  replyOf(await probe.manage('load_canister_snapshot', { snapshot_id: id }));

  expect(await registerOf(probe)).toBe(1n);
  expect(replyText(await probe.query(stable))).toBe('first');
  expect(total_size).toBeGreaterThan(65_536n);
  expect(Number((network.nowNs() - taken_at_timestamp) / 1_000_000_000n)).toBeLessThan(300);
});

row('+', 'Management canister, load_canister_snapshot', 'brings code and certified data back', async () => {
  const probe = await network.probe(program().blob(Uint8Array.of(7)).give('certified_data_set'));
  const { id } = await take(probe);
  replyOf(await probe.manage('uninstall_code'));

  replyOf(await probe.manage('load_canister_snapshot', { snapshot_id: id }));

  const certificate = replyOf(await probe.query(program().read('data_certificate').reply()));
  expect(Buffer.from(certificate).length).toBeGreaterThan(0);
  expect((await probe.status()).module_hash).toHaveLength(1);
});

row(
  '+',
  'Management canister, load_canister_snapshot',
  'loads onto another canister of the same controller',
  async () => {
    const source = await prepared();
    const { id } = await take(source);
    const target = new Probe(network, await network.create());

    replyOf(await target.manage('load_canister_snapshot', { snapshot_id: id }));

    expect(await registerOf(target)).toBe(1n);
  }
);

row(
  '+',
  'Management canister, list_canister_snapshots',
  'lists what was taken, until it is deleted',
  async () => {
    const probe = await prepared();
    expect(await list(probe)).toEqual([]);
    const [one, two] = [await take(probe), await take(probe)];

    expect((await list(probe)).map(({ id }) => id)).toEqual([one.id, two.id]);
    replyOf(await probe.manage('delete_canister_snapshot', { snapshot_id: one.id }));
    expect((await list(probe)).map(({ id }) => id)).toEqual([two.id]);
    expect((await probe.manage('load_canister_snapshot', { snapshot_id: one.id })).kind).toBe('rejected');
    expect((await probe.manage('delete_canister_snapshot', { snapshot_id: one.id })).kind).toBe('rejected');
  }
);

row('+', 'Management canister, take_canister_snapshot', 'replaces one, at most 10 are kept', async () => {
  const probe = await prepared();
  let last = await take(probe);
  for (let count = 1; count < 10; count++) last = await take(probe);

  expect((await probe.manage('take_canister_snapshot')).kind).toBe('rejected');
  const replaced = await take(probe, { replace_snapshot: [last.id] });
  const ids = (await list(probe)).map(({ id }) => Buffer.from(id).toString('hex'));
  expect(ids).toHaveLength(10);
  expect(ids).toContain(Buffer.from(replaced.id).toString('hex'));
  expect(ids).not.toContain(Buffer.from(last.id).toString('hex'));
});

row('+', 'Management canister, take_canister_snapshot', 'of an empty canister there is none', async () => {
  const empty = new Probe(network, await network.create());

  expect((await empty.manage('take_canister_snapshot')).kind).toBe('rejected');
});

row('+', 'Management canister, snapshots', 'are for controllers', async () => {
  const probe = await prepared();
  const { id } = await take(probe);
  const calls: [ManagementMethod, Value][] = [
    ['take_canister_snapshot', {}],
    ['load_canister_snapshot', { snapshot_id: id }],
    ['delete_canister_snapshot', { snapshot_id: id }],
    ['list_canister_snapshots', {}],
    ['read_canister_snapshot_metadata', { snapshot_id: id }]
  ];
  for (const [method, more] of calls) {
    const outcome = await manage(network.client, method, of(probe, more), { identity: createIdentity() });
    expect({ method, kind: outcome.kind }).toEqual({ method, kind: 'rejected' });
  }
});

row(
  '+',
  'Management canister, upload_canister_snapshot_data',
  'a snapshot read in parts can be uploaded and loaded',
  async () => {
    const source = await prepared();
    const { id } = await take(source);
    const named = { snapshot_id: id };
    const metadata = (await network.managed('read_canister_snapshot_metadata', of(source, named))) as Value &
      Sizes;
    const target = new Probe(network, await network.create());
    const { snapshot_id } = (await network.managed(
      'upload_canister_snapshot_metadata',
      of(target, metadata)
    )) as {
      snapshot_id: Uint8Array;
    };

    for (const [part, size] of [
      ['wasm_module', metadata.wasm_module_size],
      ['wasm_memory', metadata.wasm_memory_size],
      ['stable_memory', metadata.stable_memory_size]
    ] as const) {
      const kind = { [part]: { offset: 0n, size } };
      const { chunk } = (await network.managed(
        'read_canister_snapshot_data',
        of(source, { ...named, kind })
      )) as {
        chunk: Uint8Array;
      };
      const uploaded = of(target, { snapshot_id, kind: { [part]: { offset: 0n } }, chunk });
      replyOf(await network.manage('upload_canister_snapshot_data', uploaded));
    }
    replyOf(await target.manage('load_canister_snapshot', { snapshot_id }));

    expect(metadata.source).toHaveProperty('taken_from_canister');
    expect(await registerOf(target)).toBe(1n);
    expect(replyText(await target.query(stable))).toBe('first');
  }
);

type Sizes = {
  readonly source: Value;
  readonly wasm_module_size: bigint;
  readonly wasm_memory_size: bigint;
  readonly stable_memory_size: bigint;
};

row('+', 'Management canister, read_canister_snapshot_data', 'nothing is read beyond the end', async () => {
  const probe = await prepared();
  const { id } = await take(probe);
  for (const part of ['wasm_module', 'wasm_memory', 'stable_memory']) {
    const kind = { [part]: { offset: 1n << 30n, size: 1n } };
    const outcome = await network.manage('read_canister_snapshot_data', of(probe, { snapshot_id: id, kind }));
    expect(outcome.kind).toBe('rejected');
  }
});

row('+', 'Management canister, take_canister_snapshot', 'may leave the canister empty', async () => {
  const probe = await prepared();
  const { id } = await take(probe, { uninstall_code: [true] });
  expect(codesOf(await probe.update(program()))).toBe('5 IC0537');

  replyOf(await probe.manage('load_canister_snapshot', { snapshot_id: id }));

  expect(codesOf(await probe.update(program().replyText('')))).toBe('replied');
});

row(
  '+',
  'Management canister, upload_canister_snapshot_data',
  'a snapshot taken is not written to',
  async () => {
    const probe = await prepared();
    const { id } = await take(probe);
    const write = { snapshot_id: id, kind: { wasm_memory: { offset: 0n } }, chunk: Uint8Array.of(1) };

    expect((await probe.manage('upload_canister_snapshot_data', write)).kind).toBe('rejected');
  }
);

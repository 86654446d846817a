/** Installation of modules that come in chunks. */
import { createHash, randomBytes } from 'node:crypto';
import { codesOf, rejectionOf, replyOf } from './client';
import { createIdentity } from './identities';
import { resultOf, type Value } from './management';
import { type Created, Probe } from './network';
import { registerOf } from './observations';
import { withCustomSection } from './probe/probe-module';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const MIB = 1024 * 1024;
const sha256 = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(bytes).digest());

const upload = (canister: Created, chunk: Uint8Array) =>
  network.manage('upload_chunk', { canister_id: canister.principal, chunk });

const hashOf = async (canister: Created, chunk: Uint8Array): Promise<Uint8Array> =>
  (resultOf('upload_chunk', await upload(canister, chunk)) as { hash: Uint8Array }).hash;

const storedAt = async (canister: Created): Promise<string[]> => {
  const value = await network.managed('stored_chunks', { canister_id: canister.principal });
  return (value as { hash: Uint8Array }[]).map(({ hash }) => Buffer.from(hash).toString('hex')).sort();
};

/** A probe of more than 3 MiB, in parts of at most 1 MiB. */
async function largeProbe() {
  const wasmModule = withCustomSection(
    await network.probeModule(),
    'ballast',
    Uint8Array.from(randomBytes(3.5 * MIB))
  );
  const count = Math.ceil(wasmModule.length / MIB);
  const chunks = Array.from({ length: count }, (_, index) =>
    wasmModule.slice(index * MIB, (index + 1) * MIB)
  );
  return { wasmModule, chunks };
}

const install = (canister: Created, value: Value) =>
  network.manage('install_chunked_code', {
    mode: { install: null },
    target_canister: canister.principal,
    arg: program().setRegister(0, 7).toBytes(),
    ...value
  });

row(63, 'Management canister, upload_chunk', 'chunks of up to 1 MiB are stored by their hash', async () => {
  const canister = await network.create();
  const chunk = Uint8Array.from(randomBytes(MIB));

  expect(await hashOf(canister, chunk)).toEqual(sha256(chunk));
  expect(await hashOf(canister, chunk)).toEqual(sha256(chunk));
  expect(await storedAt(canister)).toEqual([Buffer.from(sha256(chunk)).toString('hex')]);

  const tooLarge = await upload(canister, new Uint8Array(MIB + 1));
  expect(codesOf(tooLarge)).toBe('5 IC0504');
  expect(await storedAt(canister)).toHaveLength(1);
});

row(63, 'Management canister, clear_chunk_store', 'it forgets all chunks', async () => {
  const canister = await network.create();
  for (const byte of [1, 2, 3]) await hashOf(canister, Uint8Array.of(byte));
  expect(await storedAt(canister)).toHaveLength(3);

  replyOf(await network.manage('clear_chunk_store', { canister_id: canister.principal }));

  expect(await storedAt(canister)).toEqual([]);
});

row(63, 'Management canister, install_chunked_code', 'four chunks make a module of 3.5 MiB', async () => {
  const canister = await network.create();
  const { wasmModule, chunks } = await largeProbe();
  const hashes = [];
  for (const chunk of chunks) hashes.push({ hash: await hashOf(canister, chunk) });
  expect(hashes).toHaveLength(4);

  const outcome = await install(canister, {
    chunk_hashes_list: hashes,
    wasm_module_hash: sha256(wasmModule)
  });

  replyOf(outcome);
  const probe = new Probe(network, canister);
  expect(await registerOf(probe)).toBe(7n);
  expect((await probe.status()).module_hash).toEqual([sha256(wasmModule)]);
  expect(await storedAt(canister)).toHaveLength(4);
});

row(
  63,
  'Management canister, install_chunked_code',
  'a wrong hash, an unknown chunk and another order are refused',
  async () => {
    const canister = await network.create();
    const wasmModule = await network.probeModule();
    const half = wasmModule.length / 2;
    const parts = [wasmModule.slice(0, half), wasmModule.slice(half)];
    const [first, second] = [
      await hashOf(canister, parts[0] as Uint8Array),
      await hashOf(canister, parts[1] as Uint8Array)
    ];
    const right = {
      chunk_hashes_list: [{ hash: first }, { hash: second }],
      wasm_module_hash: sha256(wasmModule)
    };
    const wrong: readonly Value[] = [
      { ...right, wasm_module_hash: sha256(Uint8Array.of(1)) },
      { ...right, chunk_hashes_list: [{ hash: first }, { hash: sha256(Uint8Array.of(1)) }] },
      { ...right, chunk_hashes_list: [{ hash: second }, { hash: first }] },
      { ...right, chunk_hashes_list: [] }
    ];

    const outcomes = [];
    for (const value of wrong) outcomes.push(codesOf(await install(canister, value)));
    expect(outcomes).toEqual(wrong.map(() => expect.stringMatching(/^5 /) as string));
    expect((await new Probe(network, canister).status()).module_hash).toEqual([]);
    replyOf(await install(canister, right));
  }
);

row(
  63,
  'Management canister, install_chunked_code',
  'chunks may be stored at another canister of the same controller',
  async () => {
    const [store, canister] = [await network.create(), await network.create()];
    const wasmModule = await network.probeModule();
    const value = {
      store_canister: [store.principal],
      chunk_hashes_list: [{ hash: await hashOf(store, wasmModule) }],
      wasm_module_hash: sha256(wasmModule)
    };

    expect(codesOf(await install(canister, { ...value, store_canister: [] }))).toMatch(/^5 /);
    replyOf(await install(canister, value));

    expect(await registerOf(new Probe(network, canister))).toBe(7n);
  }
);

row(
  63,
  'Management canister, install_chunked_code',
  'a list of more than 100 chunks is refused',
  async () => {
    const canister = await network.create();
    const hash = await hashOf(canister, Uint8Array.of(0));
    const outcome = await install(canister, {
      chunk_hashes_list: Array.from({ length: 101 }, () => ({ hash })),
      wasm_module_hash: sha256(new Uint8Array(101))
    });

    expect(codesOf(outcome)).toBe('5 IC0504');
  }
);

row(55, 'Management canister, upload_chunk', 'strangers have no access to the store', async () => {
  const canister = await network.create();
  const identity = createIdentity();
  const value = { canister_id: canister.principal };
  const outcomes = [
    await network.manage('upload_chunk', { ...value, chunk: Uint8Array.of(1) }, { identity }),
    await network.manage('stored_chunks', value, { identity }),
    await network.manage('clear_chunk_store', value, { identity })
  ];

  for (const outcome of outcomes) {
    expect(codesOf(outcome)).toBe('5 IC0512');
    expect(rejectionOf(outcome)).toContain(canister.principal.toText());
  }
});

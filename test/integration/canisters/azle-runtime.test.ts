/** The runtime on azle, in a canister that does with it what ours may not. */
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { Actor } from '@dfinity/agent';
import { gzipSync } from 'node:zlib';
import { createCanister } from '../../../scripts/network/install-canisters';
import { createManagementClient } from '../../../scripts/network/management-client';
import { type Result, resultIdl } from '../../../src/api/errors';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { connectAgent } from '../../../src/sdk/client';
import { createIdentity } from '../../../src/sdk/identity';
import { buildTestCanister } from '../../fixtures/canisters/build-test-canister';

type Probe = {
  sign(traps: boolean): Promise<Result<string>>;
  read(): Promise<number>;
  store_view(key: Uint8Array, value: Uint8Array): Promise<Uint8Array>;
};
const Blob = IDL.Vec(IDL.Nat8);
const service = IDL.Service({
  sign: IDL.Func([IDL.Bool], [resultIdl(IDL.Text)], []),
  read: IDL.Func([], [IDL.Nat8], ['query']),
  store_view: IDL.Func([Blob, Blob], [Blob], [])
});

let ic: LocalIc;
let probe: Probe;

beforeAll(async () => {
  const wasm = await buildTestCanister('runtime-probe.ts');
  ic = await LocalIc.start();
  const identity = createIdentity(new Uint8Array(32).fill(5));
  const agent = await connectAgent({ host: ic.url, identity, fetchRootKey: true });
  const canisterId: Principal = await createCanister(agent);
  await createManagementClient(agent, canisterId).install_code({
    mode: { install: null },
    canister_id: canisterId,
    wasm_module: gzipSync(wasm),
    arg: IDL.encode([], [])
  });
  probe = Actor.createActor<Probe>(() => service, { agent, canisterId });
});
afterAll(async () => {
  await ic.stop();
});

describe('signWithEcdsa', () => {
  it('answers the signature, and no cleanup runs', async () => {
    expect(await probe.sign(false)).toEqual({ Ok: '64 bytes' });
    expect(await probe.read()).toBe(2);
  });

  it('runs the cleanup, and nothing that handles refusals, when the code behind it traps', async () => {
    await expect(probe.sign(true)).rejects.toThrow('on purpose');
    expect(await probe.read()).toBe(3);
  });

  it.each([1, 2, 3, 4, 5])('answers reject code %i as a value', async (code) => {
    const stop = ic.replica.interceptCall(({ methodName }) =>
      methodName === 'sign_with_ecdsa' ? { kind: 'reject', code, message: 'not now' } : { kind: 'pass' }
    );

    const refused = await probe.sign(false);
    stop();

    expect(refused).toEqual({ Err: { code: `rejected/${code}`, message: 'not now' } });
    expect(await probe.read()).toBe(1);
  });
});

describe('openStableMap', () => {
  it.each([
    ['a short value', 3],
    ['an empty value', 0],
    ['a long value', 100_000]
  ])('keeps %s given as a view of a larger array, and deletes it', async (_, length) => {
    const value = Uint8Array.from({ length }, (_byte, index) => index % 251);
    expect(Uint8Array.from(await probe.store_view(Uint8Array.of(9, 9), value))).toEqual(value);
  });
});

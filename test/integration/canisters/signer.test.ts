import { readFileSync } from 'node:fs';
import {
  Actor,
  AnonymousIdentity,
  Cbor,
  Certificate,
  type HashTree,
  type Identity,
  lookupResultToBuffer,
  lookup_path,
  reconstruct
} from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import { secp256k1 } from '@noble/curves/secp256k1';
import { recoverTransactionAddress, toHex } from 'viem';
import { publicKeyToAddress } from 'viem/accounts';
import { builtFiles } from '../../../scripts/build/built-files';
import { type Result, unwrap } from '../../../src/api/errors';
import {
  type AccountViewWire,
  type EvmTransactionWire,
  type GetBlocksResultWire,
  type SignEvmRequestWire,
  type SignedEvmTransactionWire
} from '../../../src/api/signer-idl';
import { createTestThresholdKeys } from '../../../src/local-ic/management/threshold-keys';
import { transferFields } from '../../unit/canisters/signer/signer-world';
import { SIGNER, alice, bob, settle } from '../../unit/core/proof/transfer-scenario';
import { KEY_NAME, SignerNetwork, identities } from './signer-network';

let network: SignerNetwork;
beforeAll(async () => {
  network = await SignerNetwork.start();
});
afterAll(async () => {
  await network.stop();
});

const codeOf = (result: Result<unknown>): string => ('Err' in result ? result.Err.code : 'accepted');

const create = async (owner: Identity): Promise<AccountViewWire> =>
  unwrap(await (await network.as(owner)).create_account());

const requestOf = (
  { id }: { readonly id: Uint8Array },
  change: Partial<EvmTransactionWire> = {}
): SignEvmRequestWire => ({
  account: id,
  transaction: { ...transferFields, ...change },
  replace: false
});

async function sign(
  who: Identity,
  account: { readonly id: Uint8Array },
  change: Partial<EvmTransactionWire> = {}
): Promise<Result<SignedEvmTransactionWire>> {
  return (await network.as(who)).sign_evm_transaction(requestOf(account, change));
}

const recover = (signed: SignedEvmTransactionWire): Promise<string> =>
  recoverTransactionAddress({ serializedTransaction: toHex(signed.raw) as `0x02${string}` });

async function view(account: { readonly id: Uint8Array }): Promise<AccountViewWire> {
  return unwrap(await (await network.as(identities.operator)).account(account.id));
}

/** A bound account of the owner, sealed. */
async function createSealed(owner: Identity, party = alice): Promise<AccountViewWire> {
  const { id } = await create(owner);
  unwrap(await network.apply(owner, settle([{ account: await network.account(id), to: party }])));
  unwrap(await (await network.as(owner)).seal_account(id));
  return view({ id });
}

/** The log, whole. */
async function readLog(): Promise<GetBlocksResultWire> {
  return (await network.as(identities.operator)).icrc3_get_blocks([{ start: 0n, length: 100n }]);
}

describe('an account', () => {
  it('has the address of its own path below the key of the network', async () => {
    const account = await create(identities.alice);

    const { publicKey } = createTestThresholdKeys().ecdsaPublicKey({
      keyName: KEY_NAME,
      canisterId: SIGNER,
      derivationPath: [Uint8Array.from([1, ...Buffer.from('hypha account')]), account.id, new Uint8Array(4)]
    });
    const uncompressed = secp256k1.Point.fromBytes(publicKey).toBytes(false);
    expect(toHex(account.evm_address)).toBe(publicKeyToAddress(toHex(uncompressed)).toLowerCase());
    expect(account.owner.toText()).toBe(identities.alice.getPrincipal().toText());
  });

  it('signs what viem recovers to its address', async () => {
    const account = await create(identities.bob);

    const first = unwrap(await sign(identities.bob, account));
    const second = unwrap(await sign(identities.bob, account, { nonce: 1n, to: [], data: Uint8Array.of(1) }));

    for (const signed of [first, second]) {
      expect((await recover(signed)).toLowerCase()).toBe(toHex(account.evm_address));
    }
    expect((await view(account)).evm_nonces).toEqual([{ chain_id: 31_337n, next_nonce: 2n }]);
  });

  it('refuses everybody but its owner, and says why', async () => {
    const account = await create(identities.alice);

    expect(codeOf(await sign(identities.mallory, account))).toBe('account/not-owner');
    expect(codeOf(await sign(identities.operator, account))).toBe('account/not-owner');
    expect(codeOf(await sign(new AnonymousIdentity(), account))).toBe('account/anonymous');
    expect(codeOf(await (await network.as(identities.mallory)).seal_account(account.id))).toBe(
      'account/not-owner'
    );
    expect(codeOf(await (await network.as(new AnonymousIdentity())).create_account())).toBe(
      'account/anonymous'
    );
    expect(codeOf(await sign(identities.alice, { id: new Uint8Array(32) }))).toBe('account/unknown');
    expect(codeOf(await sign(identities.alice, { id: new Uint8Array(31) }))).toBe('bytes/length');
    expect(await view(account)).toEqual(account);
  });

  it('changes hands in a swap: the former owners are refused, the new ones sign', async () => {
    const [a, b] = [await createSealed(identities.alice), await createSealed(identities.bob, bob)];
    expect(codeOf(await sign(identities.alice, a))).toBe('account/sealed');
    const claims = settle([
      { account: await network.account(a.id), to: bob },
      { account: await network.account(b.id), to: alice }
    ]);

    const swapped = unwrap(await network.apply(identities.mallory, claims));

    expect(swapped.map(({ owner, epoch, status }) => [owner.toText(), epoch, status])).toEqual([
      [identities.bob.getPrincipal().toText(), 1n, { active: null }],
      [identities.alice.getPrincipal().toText(), 1n, { active: null }]
    ]);
    expect(codeOf(await sign(identities.alice, a))).toBe('account/not-owner');
    expect((await recover(unwrap(await sign(identities.bob, a)))).toLowerCase()).toBe(toHex(a.evm_address));
    expect((await recover(unwrap(await sign(identities.alice, b)))).toLowerCase()).toBe(toHex(b.evm_address));
    expect(codeOf(await network.apply(identities.mallory, claims))).toBe('transition/replayed');
  });

  it('is listed with its owner, page by page, and moves to the list of the next', async () => {
    const owner = identities.mallory.getPrincipal();
    const signer = await network.as(identities.mallory);
    const ids = [(await create(identities.mallory)).id, (await create(identities.mallory)).id];

    const first = await signer.accounts_of(owner, 0n, 1);
    const second = await signer.accounts_of(owner, first.next[0] ?? 0n, 10);

    expect([...first.accounts, ...second.accounts].map(({ id }) => id)).toEqual(ids);
    expect(second.next).toEqual([]);
  });
});

describe('the signature log', () => {
  it('is chained, and its tip is in a certificate of the IC', async () => {
    const account = await create(identities.alice);
    unwrap(await sign(identities.alice, account));
    const { blocks, log_length } = await readLog();
    const [tip] = await (await network.as(identities.operator)).icrc3_get_tip_certificate();
    if (tip === undefined) throw new Error('no tip');

    const certificate = await Certificate.create({
      certificate: tip.certificate,
      rootKey: network.ic.rootKey,
      canisterId: network.signerId
    });
    const path = ['canister', network.signerId.toUint8Array(), 'certified_data'];
    const certified = lookupResultToBuffer(certificate.lookup_path(path));
    const tree = Cbor.decode<HashTree>(Uint8Array.from(tip.hash_tree));
    expect(Buffer.from(await reconstruct(tree))).toEqual(Buffer.from(certified ?? []));
    expect(blocks).toHaveLength(Number(log_length));
    const hash = lookupResultToBuffer(lookup_path(['last_block_hash'], tree));
    expect(Buffer.from((await view(account)).log_head)).toEqual(Buffer.from(hash ?? []));
  });
});

describe('a signature in flight', () => {
  /** Keeps the answer of the next `sign_with_ecdsa` back. */
  function holdSignature(): { readonly asked: Promise<void>; readonly release: () => void } {
    let [markAsked, release] = [(): void => undefined, (): void => undefined];
    const asked = new Promise<void>((resolve) => (markAsked = resolve));
    const until = new Promise<void>((resolve) => (release = resolve));
    const stop = network.ic.replica.interceptCall(({ methodName }) => {
      if (methodName !== 'sign_with_ecdsa') return { kind: 'pass' };
      stop();
      markAsked();
      return { kind: 'hold', until };
    });
    return { asked, release };
  }

  it('is discarded when a transition lands before it comes back', async () => {
    const { id } = await create(identities.alice);
    unwrap(
      await network.apply(identities.alice, settle([{ account: await network.account(id), to: alice }]))
    );
    const hold = holdSignature();
    const signing = sign(identities.alice, { id });
    await hold.asked;
    expect((await view({ id })).signing).toBe(true);

    unwrap(await network.apply(identities.bob, settle([{ account: await network.account(id), to: bob }])));
    hold.release();

    expect(codeOf(await signing)).toBe('signing/discarded');
    expect(await view({ id })).toMatchObject({
      signing: false,
      epoch: 1n,
      status: { quarantined: 'not-sealed' }
    });
    const accepted = await (await network.as(identities.bob)).accept_account(id);
    expect(unwrap(accepted).status).toEqual({ active: null });
  });

  it('locks no account for ever when the canister is upgraded meanwhile', async () => {
    const account = await create(identities.alice);
    const hold = holdSignature();
    const signing = sign(identities.alice, account).catch((error: unknown) => error);
    await hold.asked;
    expect((await view(account)).signing).toBe(true);

    await network.upgrade();
    const upgraded = await view(account);
    hold.release();
    const outcome = await signing;

    expect(upgraded).toMatchObject({ signing: false, evm_nonces: [{ next_nonce: 1n }] });
    expect(outcome).toBeInstanceOf(Error);
    expect(await view(account)).toEqual(upgraded);
    const next = unwrap(await sign(identities.alice, account, { nonce: 1n }));
    expect((await recover(next)).toLowerCase()).toBe(toHex(account.evm_address));
  });

  it.each([1, 2, 3, 4, 5])('ends in a typed refusal on reject code %i', async (code) => {
    const account = await create(identities.alice);
    const stop = network.ic.replica.interceptCall(({ methodName }) =>
      methodName === 'sign_with_ecdsa' ? { kind: 'reject', code, message: 'on purpose' } : { kind: 'pass' }
    );

    const refused = await sign(identities.alice, account);
    stop();

    expect(refused).toMatchObject({ Err: { code: 'signing/rejected' } });
    expect(refused).toMatchObject({ Err: { message: expect.stringContaining(`${code}: `) as string } });
    expect(await view(account)).toMatchObject({ signing: false, evm_nonces: [] });
    expect(codeOf(await sign(identities.alice, account))).toBe('accepted');
  });
});

describe('an upgrade', () => {
  it.each([false, true])(
    'keeps accounts, log and certificate (arguments given: %s)',
    async (withArguments) => {
      const account = await createSealed(identities.alice);
      const signer = await network.as(identities.alice);
      const read = async () => ({
        account: await view(account),
        status: await signer.status(),
        log: await readLog(),
        tree: (await signer.icrc3_get_tip_certificate())[0]?.hash_tree
      });
      const before = await read();

      await network.upgrade(withArguments);

      expect(await read()).toEqual(before);
      expect(before.account.status).toHaveProperty('sealed');
    }
  );
});

/** Names of a module's exports. The ES library types have no WebAssembly. */
function exportsOf(wasm: Uint8Array): string[] {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Module: { new (bytes: Uint8Array): object; exports(module: object): { name: string }[] } };
  };
  return WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name);
}

describe('the Wasm', () => {
  it('exports the methods of the interface, no pre-upgrade hook, and beside it only what azle adds', () => {
    const exports = exportsOf(readFileSync(builtFiles('signer').wasm));

    const methods = exports.filter((name) => /^canister_(update|query|composite_query) /.test(name));
    const ours = methods.filter((name) => !/ (_azle_|<ic-cdk internal>)/.test(name));
    expect(ours.sort()).toEqual([
      'canister_query account',
      'canister_query accounts_of',
      'canister_query icrc3_get_archives',
      'canister_query icrc3_get_blocks',
      'canister_query icrc3_get_tip_certificate',
      'canister_query icrc3_supported_block_types',
      'canister_query status',
      'canister_update accept_account',
      'canister_update apply_transitions',
      'canister_update create_account',
      'canister_update seal_account',
      'canister_update sign_evm_transaction'
    ]);
    expect(exports).not.toContain('canister_pre_upgrade');
    expect(exports).not.toContain('canister_heartbeat');
  });

  it('traps on arguments of another type, changes nothing and goes on', async () => {
    const service = IDL.Service({ sign_evm_transaction: IDL.Func([IDL.Text], [], []) });
    const { operator, signerId } = network;
    type Mistyped = { sign_evm_transaction(text: string): Promise<void> };
    const mistyped = Actor.createActor<Mistyped>(() => service, { agent: operator, canisterId: signerId });
    const before = await readLog();

    await expect(mistyped.sign_evm_transaction('a transaction')).rejects.toThrow('Failed to decode Candid');
    expect(await readLog()).toEqual(before);
  });
});

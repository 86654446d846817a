import { secp256k1 } from '@noble/curves/secp256k1';
import { toHex } from 'viem';
import { publicKeyToAddress } from 'viem/accounts';
import {
  MAX_ACCOUNTS,
  MAX_ACCOUNTS_PER_OWNER,
  createNumberedAccount
} from '../../../../src/canisters/signer/use-cases/create-account';
import { SIGNER_ID } from '../../../support/fake-runtime';
import { createTestThresholdKeys } from '../../../../src/local-ic/management/threshold-keys';
import { referenceTaggedHash } from '../../core/proof/reference-transfer';
import { alice, bob } from '../../core/proof/transfer-scenario';
import { KEY_NAME, SignerWorld, refusalOf } from './signer-world';

const ACCOUNT_SCHEMA = Buffer.concat([Buffer.of(1), Buffer.from('hypha account')]);

function managementAddress(accountId: Uint8Array): string {
  const { publicKey } = createTestThresholdKeys().ecdsaPublicKey({
    canisterId: SIGNER_ID,
    keyName: KEY_NAME,
    derivationPath: [ACCOUNT_SCHEMA, accountId, new Uint8Array(4)]
  });
  const uncompressed = secp256k1.Point.fromBytes(publicKey).toBytes(false);
  return publicKeyToAddress(toHex(uncompressed)).toLowerCase();
}

describe('createNumberedAccount', () => {
  it('numbers accounts from zero and gives each the address of its own threshold key', async () => {
    const world = new SignerWorld();

    const accounts = [await world.create(alice), await world.create(bob), await world.create(alice)];

    accounts.forEach((account, index) => {
      const counter = Buffer.alloc(8);
      counter.writeBigUInt64BE(BigInt(index));
      const expected = referenceTaggedHash('hypha/account-id/numbered/v1', SIGNER_ID, counter);
      expect(account.id).toEqual(expected);
      expect(toHex(world.context.store.accountKey(account.id).evmAddress)).toBe(managementAddress(expected));
      expect(account).toMatchObject({ epoch: 0n, status: { type: 'active' }, head: null, signing: null });
    });
    expect(world.context.store.countOwned(alice.principal)).toBe(2n);
    expect(world.context.store.ownedAt(alice.principal, 1n)).toEqual(accounts[2]?.id);
    expect(world.context.store.countOwned(bob.principal)).toBe(1n);
  });

  it('asks the management canister for keys before the first account only', async () => {
    const world = new SignerWorld();

    await world.create(alice);
    await world.create(alice);

    expect(world.runtime.calls.map(({ name }) => name)).toEqual(['ecdsaPublicKey', 'ecdsaPublicKey']);
  });

  it('logs and certifies each account', async () => {
    const world = new SignerWorld();
    await world.create(alice);
    const { id, logHead, logCount } = await world.create(bob);

    const tip = await world.certifiedTip();

    expect(world.history()).toEqual(['hypha_create', 'hypha_create']);
    expect(world.blocks()[1]).toMatchObject({ account: { Blob: id }, owner: { Blob: bob.principal } });
    expect(tip).toEqual({ index: 1n, hash: logHead, isCertified: true });
    expect(logCount).toBe(1n);
  });

  it('gives two first accounts asked for in parallel two numbers', async () => {
    const world = new SignerWorld();

    const [one, two] = await Promise.all([world.create(alice), world.create(bob)]);

    expect(one.owner).toEqual(alice.principal);
    expect(two.owner).toEqual(bob.principal);
    expect(one.id).not.toEqual(two.id);
    expect(world.context.store.accountCount()).toBe(2n);
  });

  it('refuses the anonymous caller', async () => {
    const world = new SignerWorld();
    const before = world.dump();
    world.runtime.callerBytes = Uint8Array.of(4);

    expect(await refusalOf(createNumberedAccount(world.context))).toBe('account/anonymous');
    expect(world.dump()).toEqual(before);
    expect(world.runtime.calls).toEqual([]);
  });

  it.each([
    ['account/owner-limit', { countOwned: () => MAX_ACCOUNTS_PER_OWNER }],
    ['account/limit', { accountCount: () => MAX_ACCOUNTS }]
  ])('refuses with %s at the limit', async (code, full) => {
    const world = new SignerWorld();
    const before = world.dump();
    const context = { ...world.as(alice).context, store: { ...world.context.store, ...full } };

    expect(await refusalOf(createNumberedAccount(context))).toBe(code);
    expect(world.dump()).toEqual(before);
  });

  it('looks at the limit again when the key has come', async () => {
    const world = new SignerWorld();
    const hold = world.runtime.hold('ecdsaPublicKey');
    let owned = 0n;
    const store = { ...world.context.store, countOwned: () => owned };
    const creating = refusalOf(createNumberedAccount({ ...world.as(alice).context, store }));
    await hold.made;

    owned = MAX_ACCOUNTS_PER_OWNER;
    hold.release();

    expect(await creating).toBe('account/owner-limit');
    expect(world.context.store.accountCount()).toBe(0n);
  });

  it.each([1, 2, 3, 4, 5, 6])('refuses with keys/unavailable on reject code %i', async (code) => {
    const world = new SignerWorld();
    const before = world.dump();
    world.runtime.queue('ecdsaPublicKey', { rejected: { code, message: 'no key' } });

    expect(await refusalOf(world.create(alice))).toBe('keys/unavailable');
    expect(world.dump()).toEqual(before);
    expect(await refusalOf(world.create(alice))).toBeUndefined();
  });

  it.each([
    ['public key', { publicKey: secp256k1.Point.BASE.toBytes(true) }],
    ['chain code', { chainCode: new Uint8Array(32).fill(7) }]
  ])('refuses keys when the management canister derives another %s', async (_, wrong) => {
    const world = new SignerWorld();
    const before = world.dump();
    const request = { canisterId: SIGNER_ID, keyName: KEY_NAME, derivationPath: [] as Uint8Array[] };
    const keys = createTestThresholdKeys();
    const root = keys.ecdsaPublicKey(request);
    const child = keys.ecdsaPublicKey({ ...request, derivationPath: [ACCOUNT_SCHEMA] });
    world.runtime.queue('ecdsaPublicKey', { replied: root });
    world.runtime.queue('ecdsaPublicKey', { replied: { ...child, ...wrong } });

    expect(await refusalOf(world.create(alice))).toBe('keys/mismatch');
    expect(world.dump()).toEqual(before);
  });
});

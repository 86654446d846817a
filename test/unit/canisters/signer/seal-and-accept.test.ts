import { acceptOwnAccount } from '../../../../src/canisters/signer/use-cases/accept-account';
import { sealOwnAccount } from '../../../../src/canisters/signer/use-cases/seal-account';
import { type Account } from '../../../../src/core/account/account';
import { CONTROLLER, MODULE_HASH, SIGNER_ID } from '../../../support/fake-runtime';
import { referenceTaggedHash } from '../../core/proof/reference-transfer';
import { ZERO, alice, bob, freshAccount, mallory } from '../../core/proof/transfer-scenario';
import { SignerWorld, refusalOf } from './signer-world';

const anonymous = { ...mallory, principal: Uint8Array.of(4) };

function integer(value: bigint, length: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex'));
}

describe('sealOwnAccount', () => {
  const seal = (world: SignerWorld, account: Account, caller = alice) =>
    sealOwnAccount(world.as(caller).context, account.id);

  it('freezes a passport with the digest of the specification', async () => {
    const world = new SignerWorld();
    const bound = await world.createBound(alice);
    await world.sign(alice, bound, { chain_id: 5n });
    await world.sign(alice, bound, { chain_id: 5n, nonce: 1n });
    await world.sign(alice, bound, { chain_id: 3n });
    const account = world.account(bound);

    const { passport, digest } = await seal(world, account);

    const liabilities = referenceTaggedHash(
      'hypha/liabilities/evm/v1',
      Buffer.concat([integer(3n, 8), integer(1n, 8)]),
      Buffer.concat([integer(5n, 8), integer(2n, 8)])
    );
    const expected = referenceTaggedHash(
      'hypha/passport/v1',
      SIGNER_ID,
      account.id,
      integer(0n, 8),
      Uint8Array.of(0),
      integer(0n, 4),
      account.logHead,
      integer(8n, 8),
      liabilities,
      ZERO,
      integer(0n, 4),
      MODULE_HASH,
      referenceTaggedHash('hypha/controllers/v1', CONTROLLER)
    );
    expect(digest).toEqual(expected);
    expect(passport).toMatchObject({ logHead: account.logHead, logCount: 8n, epoch: 0n });
    expect(world.account(account).status).toEqual({ type: 'sealed', passport, passportDigest: digest });
  });

  it('is logged and certified', async () => {
    const world = new SignerWorld();
    const account = await world.createBound(alice);

    const { digest } = await seal(world, account);

    expect(world.blocks().at(-1)).toMatchObject({
      btype: { Text: 'hypha_seal' },
      passport: { Blob: digest },
      account_prev: { Blob: account.logHead }
    });
    expect(await world.certifiedTip()).toMatchObject({ index: 2n, isCertified: true });
  });

  it.each([
    ['account/not-owner', mallory],
    ['account/anonymous', anonymous]
  ])('refuses with %s before it calls anyone', async (code, caller) => {
    const world = new SignerWorld();
    const account = await world.createBound(alice);
    const [before, calls] = [world.dump(), world.runtime.calls.length];

    expect(await refusalOf(seal(world, account, caller))).toBe(code);
    expect(world.dump()).toEqual(before);
    expect(world.runtime.calls).toHaveLength(calls);
  });

  it('refuses an unknown account, one that is not bound, one that is sealed and one in quarantine', async () => {
    const world = new SignerWorld();
    const unbound = await world.create(alice);
    const sealed = await world.createSealed(alice);
    const quarantined = await world.createBound(alice);
    await world.transfer([{ account: quarantined, to: alice }]);
    const before = world.dump();

    expect(await refusalOf(seal(world, freshAccount('nobody', alice)))).toBe('account/unknown');
    expect(await refusalOf(seal(world, unbound))).toBe('account/not-bound');
    expect(await refusalOf(seal(world, sealed))).toBe('account/sealed');
    expect(await refusalOf(seal(world, quarantined))).toBe('account/quarantined');
    expect(world.dump()).toEqual(before);
  });

  it.each([1, 2, 3, 4, 5, 6])('refuses with seal/unavailable on reject code %i', async (code) => {
    const world = new SignerWorld();
    const account = await world.createBound(alice);
    const before = world.dump();
    world.runtime.queue('canisterInfo', { rejected: { code, message: 'no' } });

    expect(await refusalOf(seal(world, account))).toBe('seal/unavailable');
    expect(world.dump()).toEqual(before);
  });

  it('seals once when it is asked for twice at a time', async () => {
    const world = new SignerWorld();
    const account = await world.createBound(alice);

    const outcomes = await Promise.all([refusalOf(seal(world, account)), refusalOf(seal(world, account))]);

    expect(outcomes).toEqual([undefined, 'account/sealed']);
    expect(world.history().filter((entry) => entry === 'hypha_seal')).toHaveLength(1);
  });

  it('is refused when the owner changed while the canister info was asked for', async () => {
    const world = new SignerWorld();
    const account = await world.createBound(alice);
    const info = world.runtime.hold('canisterInfo');
    const sealing = refusalOf(seal(world, account));
    await info.made;
    await world.transfer([{ account, to: bob }]);
    const landed = world.dump();

    info.release();

    expect(await sealing).toBe('account/not-owner');
    expect(world.dump()).toEqual(landed);
  });
});

describe('acceptOwnAccount', () => {
  const accept = (world: SignerWorld, account: Account, caller = bob) =>
    refusalOf(Promise.resolve().then(() => acceptOwnAccount(world.as(caller).context, account.id)));

  async function quarantinedWorld(): Promise<{ world: SignerWorld; account: Account }> {
    const world = new SignerWorld();
    const account = await world.createBound(alice);
    await world.transfer([{ account, to: bob }]);
    return { world, account: world.account(account) };
  }

  it('lets the new owner sign, with the block in the certified log', async () => {
    const { world, account } = await quarantinedWorld();

    acceptOwnAccount(world.as(bob).context, account.id);

    expect(world.account(account)).toMatchObject({ status: { type: 'active' }, epoch: 1n });
    expect(world.blocks().at(-1)).toMatchObject({
      btype: { Text: 'hypha_accept' },
      owner: { Blob: bob.principal },
      epoch: { Nat: 1n }
    });
    expect(await world.certifiedTip()).toMatchObject({ index: 3n, isCertified: true });
    expect(await refusalOf(world.sign(bob, account))).toBeUndefined();
  });

  it.each([
    ['account/not-owner', alice],
    ['account/not-owner', mallory],
    ['account/anonymous', anonymous]
  ])('refuses with %s', async (code, caller) => {
    const { world, account } = await quarantinedWorld();
    const before = world.dump();

    expect(await accept(world, account, caller)).toBe(code);
    expect(world.dump()).toEqual(before);
  });

  it('refuses an unknown account, one that is active and one that is sealed', async () => {
    const world = new SignerWorld();
    const active = await world.create(bob);
    const sealed = await world.createSealed(bob);
    const before = world.dump();

    expect(await accept(world, freshAccount('nobody', bob))).toBe('account/unknown');
    expect(await accept(world, active)).toBe('account/not-quarantined');
    expect(await accept(world, sealed)).toBe('account/not-quarantined');
    expect(world.dump()).toEqual(before);
  });
});

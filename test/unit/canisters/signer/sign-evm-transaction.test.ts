import { secp256k1 } from '@noble/curves/secp256k1';
import { keccak256, parseTransaction, recoverTransactionAddress, serializeTransaction, toHex } from 'viem';
import { upgrade } from '../../../../src/canisters/signer/lifecycle';
import { acceptOwnAccount } from '../../../../src/canisters/signer/use-cases/accept-account';
import { createTestThresholdKeys } from '../../../../src/local-ic/management/threshold-keys';
import { sealOwnAccount } from '../../../../src/canisters/signer/use-cases/seal-account';
import { type SignedEvmTransaction } from '../../../../src/canisters/signer/use-cases/sign-evm-transaction';
import { type Account } from '../../../../src/core/account/account';
import { type Address } from '../../../../src/core/bytes';
import { alice, bob, freshAccount, mallory } from '../../core/proof/transfer-scenario';
import { SignerWorld, refusalOf, transferFields } from './signer-world';

const CHAIN = transferFields.chain_id;
const TO = toHex(new Uint8Array(20).fill(0x70));

async function recover(signed: SignedEvmTransaction): Promise<string> {
  const serializedTransaction = toHex(signed.raw) as `0x02${string}`;
  return (await recoverTransactionAddress({ serializedTransaction })).toLowerCase();
}

const addressOf = (world: SignerWorld, account: Account): string => {
  const address: Address = world.context.store.accountKey(account.id).evmAddress;
  return toHex(address);
};

async function worldWithAccount(): Promise<{ world: SignerWorld; account: Account }> {
  const world = new SignerWorld();
  return { world, account: await world.create(alice) };
}

describe('signEvmTransaction', () => {
  it('signs what viem recovers to the address of the account', async () => {
    const { world, account } = await worldWithAccount();

    const signed = await world.sign(alice, account);

    const raw = toHex(signed.raw) as `0x02${string}`;
    expect(await recover(signed)).toBe(addressOf(world, account));
    expect(parseTransaction(raw)).toMatchObject({ chainId: Number(CHAIN), to: TO, value: 10n ** 18n });
    expect(toHex(signed.hash)).toBe(keccak256(raw));
    const unsigned = serializeTransaction({
      type: 'eip1559',
      chainId: Number(CHAIN),
      nonce: 0,
      maxPriorityFeePerGas: transferFields.max_priority_fee_per_gas,
      maxFeePerGas: transferFields.max_fee_per_gas,
      gas: transferFields.gas_limit,
      to: TO,
      value: transferFields.value
    });
    expect(toHex(signed.digest)).toBe(keccak256(unsigned));
  });

  it('has the request in the certified log, and the account locked, when the management canister is asked', async () => {
    const { world, account } = await worldWithAccount();
    const hold = world.runtime.hold('signWithEcdsa');
    const signing = world.sign(alice, account);
    await hold.made;

    expect(world.history()).toEqual(['hypha_create', 'hypha_sign_request']);
    expect(world.account(account).signing).toEqual({ logIndex: 1n, epoch: 0n });
    expect(world.context.store.listInFlight()).toEqual([account.id]);
    expect(await world.certifiedTip()).toMatchObject({ index: 1n, isCertified: true });
    hold.release();

    const signed = await signing;
    expect(signed.logIndex).toBe(1n);
    expect(world.blocks()[1]).toMatchObject({ digest: { Blob: signed.digest }, nonce: { Nat: 0n } });
    expect(world.blocks()[2]).toMatchObject({
      btype: { Text: 'hypha_sign_result' },
      request: { Nat: 1n },
      status: { Text: 'signed' },
      transaction_hash: { Blob: signed.hash }
    });
    expect(world.account(account)).toMatchObject({ signing: null, logCount: 3n });
    expect(world.context.store.listInFlight()).toEqual([]);
    expect(await world.certifiedTip()).toMatchObject({ index: 2n, isCertified: true });
  });

  it('asks for the key of the account and generation, and for the digest alone', async () => {
    const { world, account } = await worldWithAccount();

    const { digest } = await world.sign(alice, account);

    expect(world.runtime.calls.at(-1)).toMatchObject({
      name: 'signWithEcdsa',
      request: {
        keyName: 'test_key_1',
        messageHash: digest,
        path: [Uint8Array.from([1, ...Buffer.from('hypha account')]), account.id, new Uint8Array(4)]
      }
    });
  });

  it('counts nonces for each chain by itself', async () => {
    const { world, account } = await worldWithAccount();

    await world.sign(alice, account, { chain_id: 10n });
    await world.sign(alice, account, { chain_id: 1n });
    await world.sign(alice, account, { chain_id: 10n, nonce: 1n });

    expect(world.account(account).evmNonces).toEqual([
      { chainId: 1n, nextNonce: 1n },
      { chainId: 10n, nextNonce: 2n }
    ]);
  });

  it('signs a nonce again only as a replacement', async () => {
    const { world, account } = await worldWithAccount();
    await world.sign(alice, account);
    const before = world.dump();

    expect(await refusalOf(world.sign(alice, account, { value: 2n }))).toBe('account/nonce-used');
    expect(world.dump()).toEqual(before);
    const replaced = await world.sign(alice, account, { value: 2n, isReplacement: true });

    expect(await recover(replaced)).toBe(addressOf(world, account));
    expect(world.account(account).evmNonces).toEqual([{ chainId: CHAIN, nextNonce: 1n }]);
  });

  it('answers low s and the right parity when the management canister answers high s', async () => {
    const { world, account } = await worldWithAccount();
    const hold = world.runtime.hold('signWithEcdsa');
    const signing = world.sign(alice, account);
    await hold.made;
    const secret = lowSignature(world, account);
    const s = secp256k1.Point.Fn.ORDER - secret.s;
    hold.release({ replied: new secp256k1.Signature(secret.r, s).toBytes('compact') });

    const signed = await signing;

    expect(BigInt(toHex(signed.signature.s)) <= secp256k1.Point.Fn.ORDER / 2n).toBe(true);
    expect(await recover(signed)).toBe(addressOf(world, account));
  });

  describe('refuses, changing nothing,', () => {
    type Case = [string, (world: SignerWorld, account: Account) => Promise<unknown>];
    const cases: Case[] = [
      ['account/unknown', (world) => world.sign(alice, freshAccount('nobody', alice))],
      ['account/not-owner', (world, account) => world.sign(mallory, account)],
      [
        'account/anonymous',
        (world, account) => world.sign({ ...mallory, principal: Uint8Array.of(4) }, account)
      ],
      ['account/nonce-gap', (world, account) => world.sign(alice, account, { nonce: 1n })],
      [
        'account/nonce-gap',
        (world, account) => world.sign(alice, account, { nonce: 1n, isReplacement: true })
      ]
    ];
    it.each(cases)('%s', async (code, act) => {
      const { world, account } = await worldWithAccount();
      const before = world.dump();

      expect(await refusalOf(act(world, account))).toBe(code);
      expect(world.dump()).toEqual(before);
      expect(world.runtime.calls.some(({ name }) => name === 'signWithEcdsa')).toBe(false);
    });

    it('account/sealed', async () => {
      const world = new SignerWorld();
      const account = await world.createSealed(alice);
      const before = world.dump();

      expect(await refusalOf(world.sign(alice, account))).toBe('account/sealed');
      expect(world.dump()).toEqual(before);
    });

    it('account/quarantined', async () => {
      const world = new SignerWorld();
      const account = await world.createBound(alice);
      await world.transfer([{ account, to: bob }]);
      const before = world.dump();

      expect(await refusalOf(world.sign(bob, account))).toBe('account/quarantined');
      expect(await refusalOf(world.sign(alice, account))).toBe('account/not-owner');
      expect(world.dump()).toEqual(before);
    });

    it('account/signing while another signature is in flight', async () => {
      const { world, account } = await worldWithAccount();
      const hold = world.runtime.hold('signWithEcdsa');
      const first = world.sign(alice, account);
      await hold.made;
      const before = world.dump();

      expect(await refusalOf(world.sign(alice, account, { nonce: 1n }))).toBe('account/signing');
      expect(world.dump()).toEqual(before);
      hold.release();
      expect(await recover(await first)).toBe(addressOf(world, account));
    });
  });

  describe('when the management canister rejects', () => {
    it.each([1, 2, 3, 4, 5])('with code %i, gives the nonce back and unlocks', async (code) => {
      const { world, account } = await worldWithAccount();
      world.runtime.queue('signWithEcdsa', { rejected: { code, message: 'x'.repeat(5_000) } });

      expect(await refusalOf(world.sign(alice, account))).toBe('signing/rejected');

      expect(world.account(account)).toMatchObject({ signing: null, evmNonces: [] });
      expect(world.history().at(-1)).toBe('hypha_sign_result failed');
      const { reason } = world.blocks().at(-1) ?? {};
      expect(reason).toEqual({ Text: `${code}: ${'x'.repeat(256)}` });
      expect(world.context.store.listInFlight()).toEqual([]);
      expect(await refusalOf(world.sign(alice, account))).toBeUndefined();
    });

    it('with code 6, keeps the nonce, as a signature may exist, and unlocks', async () => {
      const { world, account } = await worldWithAccount();
      world.runtime.queue('signWithEcdsa', { rejected: { code: 6, message: 'unknown' } });

      expect(await refusalOf(world.sign(alice, account))).toBe('signing/unknown');

      expect(world.account(account)).toMatchObject({
        signing: null,
        evmNonces: [{ chainId: CHAIN, nextNonce: 1n }]
      });
      expect(world.history().at(-1)).toBe('hypha_sign_result unknown');
      expect(await refusalOf(world.sign(alice, account))).toBe('account/nonce-used');
      expect(await refusalOf(world.sign(alice, account, { isReplacement: true }))).toBeUndefined();
    });

    it('after an earlier signature, gives back to exactly that nonce', async () => {
      const { world, account } = await worldWithAccount();
      await world.sign(alice, account);
      world.runtime.queue('signWithEcdsa', { rejected: { code: 4, message: 'no' } });

      await refusalOf(world.sign(alice, account, { nonce: 1n }));

      expect(world.account(account).evmNonces).toEqual([{ chainId: CHAIN, nextNonce: 1n }]);
    });
  });

  it.each([
    [
      'of another digest',
      (signature: Uint8Array) => signature.map((byte, index) => (index === 5 ? byte ^ 1 : byte))
    ],
    ['of 63 bytes', (signature: Uint8Array) => signature.slice(1)],
    ['of zeros', () => new Uint8Array(64)],
    ['of nothing', () => new Uint8Array()]
  ])('never releases a signature %s', async (_, forge) => {
    const { world, account } = await worldWithAccount();
    const hold = world.runtime.hold('signWithEcdsa');
    const signing = refusalOf(world.sign(alice, account));
    await hold.made;
    hold.release({ replied: forge(lowSignature(world, account).toBytes('compact')) });

    expect(await signing).toBe('signing/signature-invalid');
    expect(world.account(account)).toMatchObject({
      signing: null,
      evmNonces: [{ chainId: CHAIN, nextNonce: 1n }]
    });
    expect(world.history().at(-1)).toBe('hypha_sign_result unknown');
  });
});

describe('signEvmTransaction, with other messages in between,', () => {
  it('never releases a signature when a transition lands while it is in flight', async () => {
    const world = new SignerWorld();
    const account = await world.createBound(alice);
    const hold = world.runtime.hold('signWithEcdsa');
    const signing = refusalOf(world.sign(alice, account));
    await hold.made;

    await world.transfer([{ account: world.account(account), to: bob }]);
    const landed = world.account(account);
    const afterTransition = world.dump();
    hold.release();

    expect(await signing).toBe('signing/discarded');
    expect(world.dump()).toEqual(afterTransition);
    expect(landed).toMatchObject({ owner: bob.principal, epoch: 1n, signing: null });
    expect(world.history().slice(-3)).toEqual([
      'hypha_sign_request',
      'hypha_sign_result discarded',
      'hypha_transition not-sealed'
    ]);
    expect(landed.evmNonces).toEqual([{ chainId: CHAIN, nextNonce: 1n }]);
  });

  it('gives the old signature to nobody while the new owner waits for one of its own', async () => {
    const world = new SignerWorld();
    const account = await world.createBound(alice);
    const old = world.runtime.hold('signWithEcdsa');
    const oldSigning = refusalOf(world.sign(alice, account));
    await old.made;
    await world.transfer([{ account: world.account(account), to: bob }]);
    acceptOwnAccount(world.as(bob).context, account.id);
    const current = world.runtime.hold('signWithEcdsa');
    const newSigning = world.sign(bob, account, { nonce: 1n });
    await current.made;
    const waiting = world.account(account).signing;

    old.release();
    expect(await oldSigning).toBe('signing/discarded');
    expect(world.account(account).signing).toEqual(waiting);
    old.trap();
    expect(world.account(account).signing).toEqual(waiting);
    current.release();

    expect(await recover(await newSigning)).toBe(addressOf(world, account));
    expect(world.account(account).signing).toBeNull();
  });

  it('lets a binding land, which changes no owner, and releases the signature', async () => {
    const { world, account } = await worldWithAccount();
    const hold = world.runtime.hold('signWithEcdsa');
    const signing = world.sign(alice, account);
    await hold.made;

    await world.transfer([{ account: world.account(account), to: alice }]);
    hold.release();

    expect(await recover(await signing)).toBe(addressOf(world, account));
    expect(world.account(account)).toMatchObject({ signing: null, epoch: 0n, logCount: 4n });
    expect(world.account(account).head).not.toBeNull();
  });

  it('gives exactly one of two requests in parallel', async () => {
    const { world, account } = await worldWithAccount();

    const outcomes = await Promise.all([
      refusalOf(world.sign(alice, account)),
      refusalOf(world.sign(alice, account))
    ]);

    expect(outcomes.sort()).toEqual(['account/signing', undefined]);
    expect(world.history().filter((entry) => entry === 'hypha_sign_request')).toHaveLength(1);
  });

  it('signs for two accounts side by side, answers in either order', async () => {
    const world = new SignerWorld();
    const [a, b] = [await world.create(alice), await world.create(bob)];
    const [holdA, holdB] = [world.runtime.hold('signWithEcdsa'), world.runtime.hold('signWithEcdsa')];
    const [signA, signB] = [world.sign(alice, a), world.sign(bob, b)];
    await Promise.all([holdA.made, holdB.made]);
    expect(world.context.store.listInFlight()).toHaveLength(2);

    holdB.release();
    expect(await recover(await signB)).toBe(addressOf(world, b));
    expect(world.context.store.listInFlight()).toEqual([a.id]);
    holdA.release();
    expect(await recover(await signA)).toBe(addressOf(world, a));
  });

  it('refuses to seal while it is in flight, and the seal that was asked for before it', async () => {
    const world = new SignerWorld();
    const account = await world.createBound(alice);
    const info = world.runtime.hold('canisterInfo');
    const sealing = refusalOf(sealOwnAccount(world.as(alice).context, account.id));
    await info.made;
    const hold = world.runtime.hold('signWithEcdsa');
    const signing = world.sign(alice, account);
    await hold.made;

    info.release();
    expect(await sealing).toBe('account/signing');
    expect(await refusalOf(sealOwnAccount(world.as(alice).context, account.id))).toBe('account/signing');
    hold.release();

    expect(await recover(await signing)).toBe(addressOf(world, account));
    expect(world.account(account).status).toEqual({ type: 'active' });
  });

  it('is closed as unknown by an upgrade, keeps its nonce and leaves nothing locked', async () => {
    const { world, account } = await worldWithAccount();
    const other = await world.create(bob);
    const [hold, otherHold] = [world.runtime.hold('signWithEcdsa'), world.runtime.hold('signWithEcdsa')];
    void world.sign(alice, account);
    void world.sign(bob, other);
    await Promise.all([hold.made, otherHold.made]);

    upgrade(world.context, undefined);

    expect(world.context.store.listInFlight()).toEqual([]);
    expect(world.history().slice(-2)).toEqual(['hypha_sign_result unknown', 'hypha_sign_result unknown']);
    expect(world.account(account)).toMatchObject({
      signing: null,
      evmNonces: [{ chainId: CHAIN, nextNonce: 1n }]
    });
    expect(await world.certifiedTip()).toMatchObject({ isCertified: true });
    const next = await world.sign(alice, account, { nonce: 1n });
    expect(await recover(next)).toBe(addressOf(world, account));
  });

  it('is closed as unknown when its own code traps after the answer', async () => {
    const { world, account } = await worldWithAccount();
    const hold = world.runtime.hold('signWithEcdsa');
    void world.sign(alice, account);
    await hold.made;

    hold.trap();

    expect(world.history().at(-1)).toBe('hypha_sign_result unknown');
    expect(world.account(account)).toMatchObject({
      signing: null,
      evmNonces: [{ chainId: CHAIN, nextNonce: 1n }]
    });
    expect(await refusalOf(world.sign(alice, account, { nonce: 1n }))).toBeUndefined();
  });
});

/** The signature the held call would be answered with, made by the account's key from the local IC's test keys. */
function lowSignature(world: SignerWorld, account: Account): InstanceType<typeof secp256k1.Signature> {
  const request = world.runtime.calls.at(-1)?.request as { messageHash: Uint8Array; path: Uint8Array[] };
  expect(request.path[1]).toEqual(account.id);
  const bytes = createTestThresholdKeys().signWithEcdsa({
    canisterId: world.runtime.self(),
    keyName: 'test_key_1',
    derivationPath: request.path,
    messageHash: request.messageHash
  });
  return secp256k1.Signature.fromCompact(bytes);
}

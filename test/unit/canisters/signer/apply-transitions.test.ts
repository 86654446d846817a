import { encodeAttestation } from '../../../../src/api/domains-wire';
import { applyTransitions } from '../../../../src/canisters/signer/use-cases/apply-transitions';
import { type Account } from '../../../../src/core/account/account';
import { type Consent } from '../../../../src/core/account/transition-payload';
import { type Bytes32 } from '../../../../src/core/bytes';
import { type TransitionClaim } from '../../../../src/core/proof/transition';
import { DOMAINS_ID } from '../../../support/fake-runtime';
import {
  DOMAIN,
  EMPTY,
  LOGIC,
  OTHER,
  ZERO,
  alice,
  bob,
  freshAccount,
  mallory,
  passportOf,
  settle,
  settleOne
} from '../../core/proof/transfer-scenario';
import { SignerWorld, batchOf, encodeAttestReply, refusalOf } from './signer-world';

async function sealedPair(): Promise<{ world: SignerWorld; a: Account; b: Account }> {
  const world = new SignerWorld();
  const [a, b] = [await world.createSealed(alice), await world.createSealed(bob)];
  return { world, a, b };
}

const swap = (a: Account, b: Account): TransitionClaim[] =>
  settle([
    { account: a, to: bob },
    { account: b, to: alice }
  ]);

describe('applyTransitions', () => {
  it('binds an account: its head changes, and nothing else about its control', async () => {
    const world = new SignerWorld();
    const account = await world.create(alice);
    const claim = settleOne({ account, to: alice });

    const [bound] = await world.apply([claim]);

    expect(bound).toMatchObject({ owner: alice.principal, epoch: 0n, status: { type: 'active' } });
    expect(bound?.head).toMatchObject({ domainId: DOMAIN, commitment: claim.evidence.tags[1] });
    expect(world.account(account)).toEqual(bound);
    expect(world.attestRequests).toMatchObject([{ domain: DOMAIN, height: 100n, nullifiers: [] }]);
    expect(world.history().at(-1)).toBe('hypha_bind');
  });

  it('swaps two sealed accounts in one message', async () => {
    const { world, a, b } = await sealedPair();
    const claims = swap(a, b);

    const [forBob, forAlice] = await world.apply(claims);

    expect(forBob).toMatchObject({ id: a.id, owner: bob.principal, epoch: 1n, status: { type: 'active' } });
    expect(forAlice).toMatchObject({
      id: b.id,
      owner: alice.principal,
      epoch: 1n,
      status: { type: 'active' }
    });
    expect([world.account(a), world.account(b)]).toEqual([forBob, forAlice]);
    const { store } = world.context;
    expect([store.countOwned(alice.principal), store.countOwned(bob.principal)]).toEqual([1n, 1n]);
    expect(store.ownedAt(alice.principal, 0n)).toEqual(b.id);
    expect(store.ownedAt(bob.principal, 0n)).toEqual(a.id);
    expect(
      world.attestRequests.at(-1)?.nullifiers.map(({ nullifier }) => Uint8Array.from(nullifier))
    ).toEqual([claims[0]?.evidence.tags[0], claims[0]?.evidence.tags[2]]);
    expect(world.history().slice(-2)).toEqual(['hypha_transition active', 'hypha_transition active']);
    expect(world.blocks().at(-1)).toMatchObject({ owner: { Blob: alice.principal }, height: { Nat: 100n } });
    expect(await world.certifiedTip()).toMatchObject({ hash: forAlice?.logHead, isCertified: true });
  });

  it('lets the new owner sign at once, and the former one never again', async () => {
    const { world, a, b } = await sealedPair();
    await world.apply(swap(a, b));

    expect(await refusalOf(world.sign(alice, a))).toBe('account/not-owner');
    expect(await refusalOf(world.sign(bob, a))).toBeUndefined();
    expect(await refusalOf(world.sign(bob, b))).toBe('account/not-owner');
    expect(await refusalOf(world.sign(alice, b))).toBeUndefined();
  });

  it('reopens a sealed account by a transition to its own owner', async () => {
    const world = new SignerWorld();
    const account = await world.createSealed(alice);

    await world.transfer([{ account, to: alice }]);

    expect(world.account(account)).toMatchObject({
      owner: alice.principal,
      epoch: 1n,
      status: { type: 'active' }
    });
    expect(world.context.store.countOwned(alice.principal)).toBe(1n);
  });

  it('is brought by anyone, the anonymous caller too', async () => {
    const { world, a, b } = await sealedPair();
    world.runtime.callerBytes = Uint8Array.of(4);

    expect(await refusalOf(world.apply(swap(a, b)))).toBeUndefined();
  });

  it.each<[string, (a: Account) => TransitionClaim, boolean]>([
    ['not-sealed', (a) => settleOne({ account: a, to: bob }), false],
    [
      'passport-mismatch',
      (a) => settleOne({ account: a, to: bob, consent: { passportDigest: OTHER } }),
      true
    ],
    ['passport-mismatch', (a) => settleOne({ account: a, to: bob, value: { passportDigest: OTHER } }), true],
    ['not-accepted', (a) => settleOne({ account: a, to: bob }, { parties: [alice] }), true]
  ])('quarantines with %s, and does transfer', async (reason, makeClaim, isSealed) => {
    const world = new SignerWorld();
    const account = isSealed ? await world.createSealed(alice) : await world.createBound(alice);

    await world.apply([makeClaim(account)]);

    expect(world.account(account)).toMatchObject({
      owner: bob.principal,
      epoch: 1n,
      status: { type: 'quarantined', reason }
    });
    expect(world.history().at(-1)).toBe(`hypha_transition ${reason}`);
  });

  it('says replayed to a proof that was applied, whoever owns the account by then', async () => {
    const { world, a, b } = await sealedPair();
    const first = swap(a, b);
    await world.apply(first);
    const once = world.dump();
    expect(await refusalOf(world.apply(first))).toBe('transition/replayed');
    expect(world.dump()).toEqual(once);

    await world.transfer([{ account: world.account(a), to: mallory }]);
    const twice = world.dump();
    expect(await refusalOf(world.apply(first))).toBe('transition/replayed');
    expect(world.dump()).toEqual(twice);
  });

  it('refuses proofs out of order, and takes them in order', async () => {
    const world = new SignerWorld();
    const account = await world.createBound(alice);
    const one = settleOne({ account, to: bob });
    const preview = new SignerWorld();
    await preview.createBound(alice);
    await preview.apply([one]);
    const two = settleOne({ account: preview.account(account), to: mallory });
    const before = world.dump();

    expect(await refusalOf(world.apply([two]))).toBe('transition/nullifier-key');
    expect(world.dump()).toEqual(before);
    await world.apply([one]);
    await world.apply([two]);

    expect(world.account(account)).toMatchObject({ owner: mallory.principal, epoch: 2n });
  });

  it('applies once what is brought twice at a time', async () => {
    const { world, a, b } = await sealedPair();
    const claims = swap(a, b);

    const outcomes = await Promise.all([refusalOf(world.apply(claims)), refusalOf(world.apply(claims))]);

    expect(outcomes).toEqual([undefined, 'transition/replayed']);
    expect(world.account(a).epoch).toBe(1n);
  });

  it('checks against the accounts as they are when domains has answered', async () => {
    const world = new SignerWorld();
    const account = await world.createBound(alice);
    const [toBob, toMallory] = [settleOne({ account, to: bob }), settleOne({ account, to: mallory })];
    const hold = world.runtime.hold('call');
    const late = refusalOf(world.apply([toBob]));
    await hold.made;
    await world.apply([toMallory]);
    const landed = world.dump();
    world.vouch(toBob.attestation.checkpoint);

    hold.release();

    expect(await late).toBe('transition/replayed');
    expect(world.dump()).toEqual(landed);
  });

  describe('refuses the whole batch, changing nothing,', () => {
    type Case = [code: string, makeClaims: (a: Account, b: Account) => TransitionClaim[]];
    const breakSecond = (
      a: Account,
      b: Account,
      broken: Partial<TransitionClaim['evidence']>
    ): TransitionClaim[] => {
      const [one, two] = swap(a, b);
      if (one === undefined || two === undefined) throw new Error('no claims');
      return [one, { ...two, evidence: { ...two.evidence, ...broken } }];
    };
    const withTags = (claims: TransitionClaim[], tags: readonly Bytes32[]): TransitionClaim[] =>
      claims.map((claim) => ({ ...claim, evidence: { ...claim.evidence, tags } }));
    const withCheckpoint = (
      claims: TransitionClaim[],
      change: Partial<TransitionClaim['attestation']['checkpoint']>
    ): TransitionClaim[] =>
      claims.map((claim) => ({
        ...claim,
        attestation: { ...claim.attestation, checkpoint: { ...claim.attestation.checkpoint, ...change } }
      }));
    const consentTo = (account: Account): Consent => ({
      accountId: account.id,
      passportDigest: passportOf(account),
      epoch: account.epoch
    });
    const part = (account: Account, to = bob) => ({ account, to });

    const cases: Case[] = [
      ['checkpoint/zero-root', (a, b) => withCheckpoint(swap(a, b), { root: ZERO })],
      ['checkpoint/empty-root', (a, b) => withCheckpoint(swap(a, b), { root: EMPTY })],
      ['checkpoint/no-leaves', (a, b) => withCheckpoint(swap(a, b), { leafCount: 0n })],
      ['proof/root-mismatch', (a, b) => withCheckpoint(swap(a, b), { root: OTHER })],
      ['proof/leaf-out-of-range', (a, b) => breakSecond(a, b, { leafIndex: 7n })],
      ['proof/root-mismatch', (a, b) => breakSecond(a, b, { leafIndex: 5n })],
      ['proof/path-length', (a, b) => breakSecond(a, b, { path: [] })],
      ['transition/units', (a, b) => withTags(swap(a, b), [ZERO])],
      ['transition/units', (a, b) => withTags(swap(a, b), [])],
      ['transition/units', (a, b) => withTags(swap(a, b), [ZERO, ZERO])],
      ['transition/units', (a, b) => [...swap(a, b), ...swap(a, b)]],
      ['transition/units', (a, b) => swap(a, b).slice(0, 1)],
      ['transition/units', (a, b) => swap(a, b).slice(1)],
      ['transition/commitment', (a, b) => swap(a, b).reverse()],
      [
        'transition/consent-unmet',
        (a, b) => settle([part(a)], { consents: (own) => [...own, consentTo(b)] })
      ],
      ['bytes/truncated', (a, b) => breakSecond(a, b, { payload: new Uint8Array() })],
      ['payload/magic', (a, b) => breakSecond(a, b, { payload: new Uint8Array(400) })],
      ['account/unknown', (a) => settle([part(a), part(freshAccount('nobody', alice), alice)])],
      [
        'transition/duplicate-account',
        (a) => settle([part(a), part(a)], { consents: (both) => both.slice(0, 1) })
      ],
      ['transition/already-bound', (a) => settle([{ ...part({ ...a, head: null }, alice), nk: OTHER }])],
      ['transition/replayed', (a) => settle([part({ ...a, head: null }, alice)])],
      ['transition/logic-ref', (a) => settle([{ ...part(a), successor: { logicRef: OTHER } }])],
      ['transition/quantity', (a) => settle([{ ...part(a), successor: { quantity: 2n } }])],
      ['transition/ephemeral', (a) => settle([{ ...part(a), successor: { isEphemeral: true } }])],
      ['transition/nonce', (a) => settle([{ ...part(a), successor: { nonce: OTHER } }])],
      ['transition/nullifier-key', (a) => settle([{ ...part(a), nk: OTHER }])],
      ['transition/value-ref', (a) => settle([{ ...part(a), successor: { valueRef: OTHER } }])],
      ['transition/value-domain', (a) => settle([{ ...part(a), value: { domainId: OTHER } }])],
      ['transition/owner', (a) => settle([{ ...part(a), value: { owner: Uint8Array.of(4) } }])],
      ['authority/missing', (a) => settle([part(a)], { parties: [bob, mallory] })],
      ['authority/signature', (a) => settle([part(a)], { signedSigner: DOMAINS_ID })],
      ['authority/consent', (a) => settle([{ ...part(a), consent: { epoch: 1n } }])]
    ];
    it.each(cases)('%s', async (code, makeClaims) => {
      const { world, a, b } = await sealedPair();
      const claims = makeClaims(a, b);
      const before = world.dump();

      expect(await refusalOf(world.apply(claims))).toBe(code);
      expect(world.dump()).toEqual(before);
    });

    it('transition/nullifier-not-in-set', async () => {
      const { world, a, b } = await sealedPair();
      const before = world.dump();

      expect(await refusalOf(world.apply(swap(a, b), false))).toBe('transition/nullifier-not-in-set');
      expect(world.dump()).toEqual(before);
    });

    it('transition/unsettled, for a unit that moves no account and did not happen', async () => {
      const { world, a } = await sealedPair();
      const stranger = freshAccount('of another signer', bob);
      const claims = settle([part(a), part(stranger, alice)], { consents: (all) => all.slice(0, 1) });
      const [claim] = claims;
      if (claim === undefined) throw new Error('no claim');
      const batch = batchOf(claims);
      const [ours, theirs] = batch.action.units;
      if (ours === undefined || theirs === undefined) throw new Error('no units');
      const action = { ...batch.action, units: [ours, { ...theirs, payload: undefined }] };
      const before = world.dump();
      world.vouch(claim.attestation.checkpoint, (index) => index === 0);

      expect(await refusalOf(applyTransitions(world.context, { ...batch, action }))).toBe(
        'transition/unsettled'
      );
      expect(world.dump()).toEqual(before);
      world.vouch(claim.attestation.checkpoint);
      expect(await refusalOf(applyTransitions(world.context, { ...batch, action }))).toBeUndefined();
      expect(world.attestRequests.at(-1)?.nullifiers).toHaveLength(2);
    });

    it('transition/not-bound', async () => {
      const world = new SignerWorld();
      const account = await world.create(alice);
      const before = world.dump();

      expect(await refusalOf(world.transfer([part(account)], { purpose: 1 }))).toBe('transition/not-bound');
      expect(world.dump()).toEqual(before);
    });

    it('transition/batch-size for none', async () => {
      const { world, a, b } = await sealedPair();
      const [claim] = swap(a, b);
      if (claim === undefined) throw new Error('no claim');
      const before = world.dump();
      world.vouch(claim.attestation.checkpoint);

      const batch = batchOf([claim]);
      const units = batch.action.units.map((unit) => ({ ...unit, payload: undefined }));
      const none = { ...batch, action: { ...batch.action, tags: claim.evidence.tags.slice(0, 2), units } };
      expect(await refusalOf(applyTransitions(world.context, none))).toBe('transition/batch-size');
      expect(world.dump()).toEqual(before);
    });
  });

  describe('when domains', () => {
    async function bring(
      script: (world: SignerWorld, claims: TransitionClaim[]) => void
    ): Promise<string | undefined> {
      const { world, a, b } = await sealedPair();
      const claims = swap(a, b);
      const [first] = claims;
      if (first === undefined) throw new Error('no claims');
      world.vouch(first.attestation.checkpoint);
      const before = world.dump();
      script(world, claims);
      const code = await refusalOf(applyTransitions(world.context, batchOf(claims)));
      expect(world.dump()).toEqual(before);
      return code;
    }

    it.each([1, 2, 3, 4, 5, 6])(
      'is rejected with code %i, refuses with domains/unavailable',
      async (code) => {
        const refusal = await bring((world) => {
          world.runtime.queue('call', { rejected: { code, message: 'stopped' } });
        });
        expect(refusal).toBe('domains/unavailable');
      }
    );

    it('refuses, refuses with the same code', async () => {
      const refusal = await bring((world) => {
        const reply = encodeAttestReply({ Err: { code: 'domain/halted', message: 'two blocks' } });
        world.runtime.queue('call', { replied: reply });
      });
      expect(refusal).toBe('domain/halted');
    });

    it('answers about fewer nullifiers, refuses with domains/answer', async () => {
      const refusal = await bring((world, [claim]) => {
        if (claim === undefined) throw new Error('no claim');
        const { checkpoint } = claim.attestation;
        const attestation = encodeAttestation({ checkpoint, logicRef: LOGIC, present: [true] });
        world.runtime.queue('call', { replied: encodeAttestReply({ Ok: attestation }) });
      });
      expect(refusal).toBe('domains/answer');
    });

    it('answers no Candid, refuses with domains/answer', async () => {
      const refusal = await bring((world) => {
        world.runtime.queue('call', { replied: Uint8Array.of(1, 2, 3) });
      });
      expect(refusal).toBe('domains/answer');
    });

    it.each([{ height: 99n }, { domainId: OTHER }])(
      'answers about another checkpoint, refuses with domains/answer',
      async (change) => {
        const refusal = await bring((world, [claim]) => {
          if (claim === undefined) throw new Error('no claim');
          world.vouch({ ...claim.attestation.checkpoint, ...change });
        });
        expect(refusal).toBe('domains/answer');
      }
    );
  });
});

import {
  type Account,
  acceptAccount,
  applyTransition,
  beginSigning
} from '../../../../src/core/account/account';
import { hex32, toHex } from '../../../../src/core/bytes';
import { type TransitionClaim, unitTags, verifyTransition } from '../../../../src/core/proof/transition';
import { errorCode } from '../error-code';
import {
  referenceCommitment,
  referenceNullifier,
  referencePrincipal,
  referenceSha256
} from './reference-transfer';
import {
  DOMAIN,
  type Flaws,
  OTHER,
  alice,
  bob,
  boundAccount,
  headKey,
  mallory,
  sealedAccount,
  settle,
  settleOne
} from './transfer-scenario';
import {
  bindingFaults,
  combine,
  corrupt,
  headOf,
  otherTransferFaults,
  p256Party,
  sealed,
  settleFault,
  transferFaults,
  unbound
} from './transition-faults';

/** The code of the refusal, with the account proven untouched. */
function refusalOf(claim: TransitionClaim): string | undefined {
  const before = structuredClone(claim.account);
  const code = errorCode(() => verifyTransition(claim));
  expect(claim.account).toEqual(before);
  return code;
}

describe('verifyTransition', () => {
  describe('of a true proof', () => {
    it('gives a sealed account to its new owner, active', () => {
      const claim = settleOne({ account: sealed, to: bob });

      const transition = verifyTransition(claim);

      const head = headOf(applyTransition(sealed, transition));
      expect(transition).toMatchObject({
        purpose: 'transition',
        accountId: sealed.id,
        epoch: 3n,
        owner: bob.principal,
        nullifier: referenceNullifier(headOf(sealed).resource, headKey(sealed)),
        outcome: { type: 'active' }
      });
      expect(head).toMatchObject({ domainId: DOMAIN, commitment: claim.evidence.tags[1] });
      expect(referenceCommitment(head.resource)).toEqual(head.commitment);
    });

    it('binds an account to its first resource and leaves the rest of it', () => {
      const claim = settleOne({ account: unbound, to: alice });

      const transition = verifyTransition({
        ...claim,
        attestation: { ...claim.attestation, nullifierPresent: false }
      });

      expect(transition.purpose).toBe('binding');
      expect(applyTransition(unbound, transition)).toEqual({ ...unbound, head: transition.head });
      expect(transition.head.commitment).toEqual(claim.evidence.tags[1]);
    });

    it('swaps two accounts of one action', () => {
      const other = sealedAccount('b', bob);
      const [first, second] = settle([
        { account: sealed, to: bob },
        { account: other, to: alice }
      ]).map(verifyTransition);

      expect(first).toMatchObject({
        accountId: sealed.id,
        owner: bob.principal,
        outcome: { type: 'active' }
      });
      expect(second).toMatchObject({
        accountId: other.id,
        owner: alice.principal,
        outcome: { type: 'active' }
      });
    });

    it('unseals an account that its owner gives to itself', () => {
      const transition = verifyTransition(settleOne({ account: sealed, to: alice }));

      expect(applyTransition(sealed, transition)).toMatchObject({
        owner: alice.principal,
        epoch: 4n,
        status: { type: 'active' }
      });
    });

    it('follows one transition after another', () => {
      const first = applyTransition(sealed, verifyTransition(settleOne({ account: sealed, to: bob })));
      const second = verifyTransition(settleOne({ account: first, to: mallory }));

      expect(applyTransition(first, second)).toMatchObject({ owner: mallory.principal, epoch: 5n });
    });

    it.each([1, 2, 3, 4, 7, 8, 31])('holds with %p leaves before', (leavesBefore) => {
      const claim = settleOne({ account: sealed, to: bob }, { leavesBefore });

      expect(verifyTransition(claim).purpose).toBe('transition');
    });

    it('holds in the only leaf of the tree', () => {
      expect(verifyTransition(settleOne({ account: unbound, to: alice }, { leavesBefore: 0 })).purpose).toBe(
        'binding'
      );
    });

    it('holds with 64 tags', () => {
      const extraTags = Array.from({ length: 62 }, (_, index) => referenceSha256(Uint8Array.of(index)));

      expect(verifyTransition(settleOne({ account: sealed, to: bob }, { extraTags })).purpose).toBe(
        'transition'
      );
    });
  });

  describe('of a proof that holds, with something left out', () => {
    const outcomeOf = (claim: TransitionClaim) => {
      const transition = verifyTransition(claim);
      return transition.purpose === 'transition' ? transition.outcome : undefined;
    };

    it('quarantines an account that was not sealed, even when all approved', () => {
      const bound = boundAccount('a', alice);

      expect(outcomeOf(settleOne({ account: bound, to: bob }))).toEqual({
        type: 'quarantined',
        reason: 'not-sealed'
      });
    });

    it('quarantines an account that was in quarantine', () => {
      const quarantined: Account = { ...sealed, status: { type: 'quarantined', reason: 'not-accepted' } };

      expect(outcomeOf(settleOne({ account: quarantined, to: bob }))).toEqual({
        type: 'quarantined',
        reason: 'not-sealed'
      });
    });

    it.each([
      ['the consent', { consent: { passportDigest: OTHER } }],
      ['the value', { value: { passportDigest: OTHER } }]
    ])('quarantines when %s names another passport', (_, flaw) => {
      expect(outcomeOf(settleOne({ account: sealed, to: bob, ...flaw }))).toEqual({
        type: 'quarantined',
        reason: 'passport-mismatch'
      });
    });

    it.each<[string, Flaws]>([
      ['is missing', { parties: [alice] }],
      [
        'is broken',
        {
          approvals: (approvals) =>
            approvals.map((approval, index) =>
              index === 1 ? { ...approval, consentSignature: corrupt(approval.consentSignature) } : approval
            )
        }
      ]
    ])('quarantines when the approval of the new owner %s', (_, flaws) => {
      const claim = settleOne({ account: sealed, to: bob }, flaws);

      expect(outcomeOf(claim)).toEqual({ type: 'quarantined', reason: 'not-accepted' });
      expect(acceptAccount(applyTransition(sealed, verifyTransition(claim)), bob.principal).status.type).toBe(
        'active'
      );
    });

    it('quarantines when the new owner has a key of an unknown type', () => {
      const stranger = { ...p256Party, principal: referencePrincipal(p256Party.publicKeyDer) };

      expect(outcomeOf(settleOne({ account: sealed, to: stranger }))).toEqual({
        type: 'quarantined',
        reason: 'not-accepted'
      });
    });

    it('follows the head while a signature is in flight', () => {
      const signing = beginSigning(boundAccount('a', alice), { caller: alice.principal, logIndex: 9n });

      expect(outcomeOf(settleOne({ account: signing, to: bob }))).toEqual({
        type: 'quarantined',
        reason: 'not-sealed'
      });
    });
  });

  describe('of a transfer', () => {
    it.each([...transferFaults, ...otherTransferFaults])('refuses $name as $code', (fault) => {
      expect(refusalOf(settleFault({ account: sealed, to: bob }, fault))).toBe(fault.code);
    });

    it('names the earliest of two faults', () => {
      let combined = 0;
      transferFaults.forEach((first, index) => {
        for (const second of transferFaults.slice(index + 1)) {
          const both = combine(first, second);
          if (both === undefined) continue;
          combined += 1;
          expect([both.name, refusalOf(settleFault({ account: sealed, to: bob }, both))]).toEqual([
            both.name,
            first.code
          ]);
        }
      });
      expect(combined).toBeGreaterThan(300);
    });

    it('refuses a binding of the account that is bound', () => {
      expect(refusalOf(settleOne({ account: sealed, to: alice, nk: headKey(sealed) }, { purpose: 0 }))).toBe(
        'payload/nullifier-key'
      );
    });

    it('refuses a proof a second time, whoever owns the account by then', () => {
      const claim = settleOne({ account: sealed, to: bob });
      const transition = verifyTransition(claim);
      const findApplied: TransitionClaim['findApplied'] = ({ domainId, accountId, nullifier }) =>
        accountId === sealed.id &&
        domainId === claim.attestation.checkpoint.domainId &&
        toHex(nullifier) === toHex(transition.nullifier)
          ? transition.head.commitment
          : undefined;
      const afterwards = applyTransition(sealed, transition);
      const next = applyTransition(
        afterwards,
        verifyTransition(settleOne({ account: afterwards, to: mallory }))
      );

      expect(refusalOf({ ...claim, account: afterwards, findApplied })).toBe('transition/replayed');
      expect(refusalOf({ ...claim, account: next, findApplied })).toBe('transition/replayed');
    });

    it('refuses a proof that skips one, whatever its key', () => {
      const afterwards = applyTransition(sealed, verifyTransition(settleOne({ account: sealed, to: bob })));
      const next = settleOne({ account: afterwards, to: mallory });

      expect(refusalOf({ ...next, account: sealed })).toBe('transition/nullifier-key');
      const reused = { nkCommitment: headOf(sealed).resource.nkCommitment };
      const sameKey = applyTransition(
        sealed,
        verifyTransition(settleOne({ account: sealed, to: bob, successor: reused }))
      );
      const nextOfSameKey = settleOne({ account: sameKey, to: mallory, nk: headKey(sealed) });
      expect(refusalOf({ ...nextOfSameKey, account: sealed })).toBe('transition/nullifier');
    });
  });

  describe('of a binding', () => {
    it.each(bindingFaults)('refuses $name as $code', (fault) => {
      expect(refusalOf(settleFault({ account: unbound, to: alice }, fault))).toBe(fault.code);
    });

    it('refuses one that is presented as a transition', () => {
      expect(refusalOf(settleOne({ account: unbound, to: alice }, { purpose: 1 }))).toBe(
        'transition/not-bound'
      );
    });
  });
});

describe('unitTags', () => {
  it('gives nullifier and commitment of the unit', () => {
    const tags = [
      hex32('01'.repeat(32)),
      hex32('02'.repeat(32)),
      hex32('03'.repeat(32)),
      hex32('04'.repeat(32))
    ];

    expect(unitTags({ tags, unitIndex: 1 })).toEqual({ consumed: tags[2], created: tags[3] });
  });
});

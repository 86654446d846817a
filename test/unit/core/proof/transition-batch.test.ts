import { type Account } from '../../../../src/core/account/account';
import { toHex } from '../../../../src/core/bytes';
import { verifyIdentitySignature } from '../../../../src/core/crypto/identity-signature';
import { type TransitionClaim } from '../../../../src/core/proof/transition';
import {
  MAX_BATCH_SIZE,
  type TransitionBatchClaim,
  verifyTransitionBatch
} from '../../../../src/core/proof/transition-batch';
import { errorCode } from '../error-code';
import {
  LOGIC,
  OTHER,
  SIGNER,
  ZERO,
  alice,
  bob,
  freshAccount,
  mallory,
  sealedAccount,
  settle
} from './transfer-scenario';

// Watched only: the real function does the work.
jest.mock('../../../../src/core/crypto/identity-signature', () => {
  const actual = jest.requireActual<{ verifyIdentitySignature: typeof verifyIdentitySignature }>(
    '../../../../src/core/crypto/identity-signature'
  );
  return { ...actual, verifyIdentitySignature: jest.fn(actual.verifyIdentitySignature) };
});

const accountOfAlice = sealedAccount('a', alice);
const accountOfBob = sealedAccount('b', bob);

function batchOf(claims: readonly TransitionClaim[], accounts: readonly Account[]): TransitionBatchClaim {
  const [first] = claims;
  if (first === undefined) throw new Error('no claims');
  return {
    signerCanisterId: SIGNER,
    isApplied: () => false,
    checkpoint: first.attestation.checkpoint,
    logicRef: LOGIC,
    findAccount: (id) => accounts.find((account) => toHex(account.id) === toHex(id)),
    transitions: claims.map(({ evidence }) => ({ evidence, nullifierPresent: true }))
  };
}

const swapParts = [
  { account: accountOfAlice, to: bob },
  { account: accountOfBob, to: alice }
];
const swap = (): TransitionBatchClaim => batchOf(settle(swapParts), [accountOfAlice, accountOfBob]);

const refusalOf = (batch: TransitionBatchClaim) => errorCode(() => verifyTransitionBatch(batch));

describe('verifyTransitionBatch', () => {
  it('verifies both sides of a swap, each with its account', () => {
    const entries = verifyTransitionBatch(swap());

    expect(entries).toMatchObject([
      {
        account: { id: accountOfAlice.id },
        transition: { owner: bob.principal, outcome: { type: 'active' } }
      },
      {
        account: { id: accountOfBob.id },
        transition: { owner: alice.principal, outcome: { type: 'active' } }
      }
    ]);
  });

  it('verifies a ring of three, and bindings beside transfers', () => {
    const accountOfMallory = sealedAccount('c', mallory);
    const unbound = freshAccount('d', alice);
    const ring = [
      { account: accountOfAlice, to: bob },
      { account: accountOfBob, to: mallory },
      { account: accountOfMallory, to: alice }
    ];
    const accounts = [accountOfAlice, accountOfBob, accountOfMallory, unbound];

    expect(
      verifyTransitionBatch(batchOf(settle(ring), accounts)).map(({ transition }) => transition)
    ).toMatchObject(
      [bob, mallory, alice].map(({ principal }) => ({ owner: principal, outcome: { type: 'active' } }))
    );
    expect(verifyTransitionBatch(batchOf(settle([{ account: unbound, to: alice }]), accounts))).toMatchObject(
      [{ account: { id: unbound.id }, transition: { purpose: 'binding' } }]
    );
  });

  it('says of each what it says of it alone', () => {
    const batch = swap();
    const alone = batch.transitions.flatMap((transition) =>
      verifyTransitionBatch({ ...batch, transitions: [transition] })
    );

    expect(verifyTransitionBatch(batch)).toEqual(alone);
  });

  it('checks each signature of an action once', () => {
    jest.mocked(verifyIdentitySignature).mockClear();

    verifyTransitionBatch(swap());

    expect(verifyIdentitySignature).toHaveBeenCalledTimes(4);
  });

  it('refuses all when one does not hold', () => {
    const batch = swap();
    const [first, second] = batch.transitions;
    if (first === undefined || second === undefined) throw new Error('two transitions expected');

    expect(refusalOf({ ...batch, transitions: [first, { ...second, nullifierPresent: false }] })).toBe(
      'transition/nullifier-not-in-set'
    );
  });

  it('refuses one account twice', () => {
    const batch = swap();
    const [first] = batch.transitions;
    if (first === undefined) throw new Error('two transitions expected');

    expect(refusalOf({ ...batch, transitions: [first, first] })).toBe('transition/duplicate-account');
  });

  it('refuses an account that it does not know', () => {
    const batch = swap();

    expect(refusalOf({ ...batch, findAccount: () => undefined })).toBe('account/unknown');
  });

  it('refuses an account found under an id that is not its own', () => {
    const batch = swap();

    expect(refusalOf({ ...batch, findAccount: () => sealedAccount('c', alice) })).toBe('account/unknown');
  });

  it.each([0, MAX_BATCH_SIZE + 1])('refuses %p transitions', (size) => {
    const batch = swap();
    const [first] = batch.transitions;
    if (first === undefined) throw new Error('two transitions expected');

    expect(refusalOf({ ...batch, transitions: Array.from({ length: size }, () => first) })).toBe(
      'transition/batch-size'
    );
  });

  it('refuses a checkpoint without a root before anything else', () => {
    const batch = swap();

    expect(refusalOf({ ...batch, checkpoint: { ...batch.checkpoint, root: ZERO }, transitions: [] })).toBe(
      'checkpoint/zero-root'
    );
  });

  it('refuses another logic, and a nullifier applied before', () => {
    const batch = swap();

    expect(refusalOf({ ...batch, logicRef: OTHER })).toBe('transition/logic-ref');
    expect(refusalOf({ ...batch, isApplied: () => true })).toBe('transition/replayed');
  });

  it('asks for the nullifiers of its own domain', () => {
    const batch = swap();
    const asked: string[] = [];
    const isApplied: TransitionBatchClaim['isApplied'] = (domainId, nullifier) => {
      asked.push(`${toHex(domainId)}:${toHex(nullifier)}`);
      return false;
    };

    verifyTransitionBatch({ ...batch, isApplied });

    expect(asked).toEqual(
      [0, 2].map((index) => {
        const tag = batch.transitions[0]?.evidence.tags[index];
        if (tag === undefined) throw new Error('four tags expected');
        return `${toHex(batch.checkpoint.domainId)}:${toHex(tag)}`;
      })
    );
  });
});

import { type Account } from '../../../../src/core/account/account';
import { toHex } from '../../../../src/core/bytes';
import { verifyIdentitySignature } from '../../../../src/core/crypto/identity-signature';
import { verifyTransition } from '../../../../src/core/proof/transition';
import { MAX_BATCH_SIZE } from '../../../../src/core/proof/action-evidence';
import { errorCode } from '../error-code';
import {
  type Flaws,
  LOGIC,
  OTHER,
  type Part,
  SIGNER,
  type SettledAction,
  ZERO,
  alice,
  bob,
  freshAccount,
  mallory,
  sealedAccount,
  settleAction
} from './transfer-scenario';
import { type BroughtBatch, verifyBroughtBatch } from './verify-action';

// Watched only: the real function does the work.
jest.mock('../../../../src/core/crypto/identity-signature', () => {
  const actual = jest.requireActual<{ verifyIdentitySignature: typeof verifyIdentitySignature }>(
    '../../../../src/core/crypto/identity-signature'
  );
  return { ...actual, verifyIdentitySignature: jest.fn(actual.verifyIdentitySignature) };
});

const accountOfAlice = sealedAccount('a', alice);
const accountOfBob = sealedAccount('b', bob);

/** The settled action, every nullifier in the set, as it is brought to the accounts in `claims`. */
function batchOf({ checkpoint, action, claims }: SettledAction): BroughtBatch {
  const accounts = claims.map(({ account }) => account);
  return {
    signerCanisterId: SIGNER,
    findApplied: () => undefined,
    checkpoint,
    logicRef: LOGIC,
    findAccount: (id) => accounts.find((account) => toHex(account.id) === toHex(id)),
    action,
    nullifiersPresent: action.units.map(() => true)
  };
}

const swapParts: readonly Part[] = [
  { account: accountOfAlice, to: bob },
  { account: accountOfBob, to: alice }
];
const settledSwap = settleAction(swapParts);
const swap = batchOf(settledSwap);
const purchase = (flaws: Flaws): BroughtBatch =>
  batchOf(settleAction([{ account: accountOfAlice, to: bob }], flaws));

type Unit = BroughtBatch['action']['units'][number];
const changeUnits = (
  batch: BroughtBatch,
  change: (unit: Unit, index: number) => Partial<Unit>
): BroughtBatch => ({
  ...batch,
  action: {
    ...batch.action,
    units: batch.action.units.map((unit, index) => ({ ...unit, ...change(unit, index) }))
  }
});
const changeUnit = (batch: BroughtBatch, at: number, change: (unit: Unit) => Partial<Unit>) =>
  changeUnits(batch, (unit, index) => (index === at ? change(unit) : {}));
const omitPayload = (batch: BroughtBatch, at: number) =>
  changeUnit(batch, at, () => ({ payload: undefined }));
const withoutNullifier = (batch: BroughtBatch, at: number): BroughtBatch => ({
  ...batch,
  nullifiersPresent: batch.nullifiersPresent.map((present, index) => present && index !== at)
});
const withUnits = (batch: BroughtBatch, units: readonly Unit[]): BroughtBatch => ({
  ...batch,
  action: { ...batch.action, units }
});

const refusalOf = (batch: BroughtBatch) => errorCode(() => verifyBroughtBatch(batch));

/** Sealed accounts of alice, each on its way to bob. */
const manyParts = (count: number): Part[] =>
  Array.from({ length: count }, (_, index) => ({
    account: sealedAccount(`one of ${index}`, alice),
    to: bob
  }));

describe('verifyTransitionBatch', () => {
  it('verifies both sides of a swap, each with its account', () => {
    const entries = verifyBroughtBatch(swap);

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

  it('verifies a ring of three, and a binding beside a transfer', () => {
    const accountOfMallory = sealedAccount('c', mallory);
    const unbound = freshAccount('d', alice);
    const ring = settleAction([
      { account: accountOfAlice, to: bob },
      { account: accountOfBob, to: mallory },
      { account: accountOfMallory, to: alice }
    ]);
    // Nobody asks for the nullifier of a binding.
    const mixed = withoutNullifier(
      batchOf(
        settleAction([
          { account: unbound, to: alice, consent: { passportDigest: ZERO } },
          { account: accountOfAlice, to: bob }
        ])
      ),
      0
    );

    expect(verifyBroughtBatch(batchOf(ring)).map(({ transition }) => transition)).toMatchObject(
      [bob, mallory, alice].map(({ principal }) => ({ owner: principal, outcome: { type: 'active' } }))
    );
    expect(verifyBroughtBatch(mixed)).toMatchObject([
      { account: { id: unbound.id }, transition: { purpose: 'binding' } },
      { account: { id: accountOfAlice.id }, transition: { purpose: 'transition', owner: bob.principal } }
    ]);
  });

  it('says of each what is said of it alone', () => {
    const alone = settledSwap.claims.map(verifyTransition);

    expect(verifyBroughtBatch(swap).map(({ transition }) => transition)).toEqual(alone);
  });

  it('checks each signature of an action once', () => {
    jest.mocked(verifyIdentitySignature).mockClear();

    verifyBroughtBatch(swap);

    expect(verifyIdentitySignature).toHaveBeenCalledTimes(4);
  });

  it('refuses an account twice', () => {
    const twice = settleAction([...swapParts.slice(0, 1), ...swapParts.slice(0, 1)], {
      consents: (both) => both.slice(0, 1)
    });

    expect(refusalOf(batchOf(twice))).toBe('transition/duplicate-account');
  });

  it('refuses an account that it does not know', () => {
    expect(refusalOf({ ...swap, findAccount: () => undefined })).toBe('account/unknown');
  });

  it('refuses an account found under an id that is not its own', () => {
    expect(refusalOf({ ...swap, findAccount: () => sealedAccount('c', alice) })).toBe('account/unknown');
  });

  it('refuses a checkpoint without a root before anything else', () => {
    const rootless = { ...swap, checkpoint: { ...swap.checkpoint, root: ZERO } };

    expect(refusalOf(changeUnits(rootless, () => ({ path: [] })))).toBe('checkpoint/zero-root');
  });

  it('refuses another logic, and a nullifier applied before', () => {
    expect(refusalOf({ ...swap, logicRef: OTHER })).toBe('transition/logic-ref');
    expect(refusalOf({ ...swap, findApplied: () => OTHER })).toBe('transition/replayed');
  });

  it('asks for the nullifiers of its own domain and accounts', () => {
    const asked: string[] = [];
    const findApplied: BroughtBatch['findApplied'] = ({ domainId, accountId, nullifier }) => {
      asked.push([domainId, accountId, nullifier].map(toHex).join(':'));
      return undefined;
    };

    verifyBroughtBatch({ ...swap, findApplied });

    const nullifiers = swap.action.tags.filter((_tag, index) => index % 2 === 0);
    const ids = settledSwap.claims.map(({ account }) => account.id);
    expect(asked).toEqual(
      nullifiers.map((tag, index) => [swap.checkpoint.domainId, ids[index] ?? ZERO, tag].map(toHex).join(':'))
    );
  });
});

describe('verifyTransitionBatch of an action that moves several accounts', () => {
  it('takes 16, and as many units beside them', () => {
    const full = settleAction(manyParts(MAX_BATCH_SIZE), { paymentsBefore: 7, paymentsAfter: 9 });

    expect(MAX_BATCH_SIZE).toBe(16);
    expect(full.action.units).toHaveLength(32);
    expect(verifyBroughtBatch(batchOf(full)).map(({ account }) => toHex(account.id))).toEqual(
      full.claims.map(({ account }) => toHex(account.id))
    );
  });

  it('takes none for 17', () => {
    const tooMany = batchOf(settleAction(manyParts(17), { consents: (all) => all.slice(0, 16) }));

    expect(refusalOf(tooMany)).toBe('transition/batch-size');
  });

  it('takes none when no unit has a payload, nor when there is no unit at all', () => {
    expect(refusalOf(changeUnits(swap, () => ({ payload: undefined })))).toBe('transition/batch-size');
    expect(refusalOf({ ...swap, action: { tags: [], units: [] } })).toBe('transition/batch-size');
  });

  it('takes 32 units with one account among them, and none for 33', () => {
    expect(refusalOf(purchase({ paymentsBefore: 20, paymentsAfter: 11 }))).toBeUndefined();
    expect(refusalOf(purchase({ paymentsBefore: 20, paymentsAfter: 12 }))).toBe('transition/tags');
  });
});

describe('verifyTransitionBatch of an approved swap of which one side happened', () => {
  // The nullifier and the commitment of the side at `missing`, as the checkpoint shows them.
  const worlds: Record<string, (missing: number) => BroughtBatch> = {
    'another commitment in its leaf': (missing) =>
      batchOf(
        settleAction(swapParts, {
          planted: (all) => all.map((commitment, index) => (index === missing ? OTHER : commitment))
        })
      ),
    'no such nullifier': (missing) => withoutNullifier(swap, missing)
  };
  const refusals: Record<string, { readonly shown: string; readonly hidden: string }> = {
    'another commitment in its leaf': { shown: 'proof/root-mismatch', hidden: 'proof/root-mismatch' },
    'no such nullifier': { shown: 'transition/nullifier-not-in-set', hidden: 'transition/unsettled' }
  };
  const cases = Object.keys(worlds).flatMap((world) => [0, 1].map((missing) => [world, missing] as const));

  it.each(cases)('refuses, with %s for side %i, whoever has a payload', (world, missing) => {
    const batch = worlds[world]?.(missing);
    if (batch === undefined) throw new Error('no such world');

    expect(refusalOf(batch)).toBe(refusals[world]?.shown);
    expect(refusalOf(omitPayload(batch, missing))).toBe(refusals[world]?.hidden);
    expect(refusalOf(omitPayload(batch, 1 - missing))).toBe(refusals[world]?.shown);
  });

  it('refuses when the tree ends before the other commitment', () => {
    const batch = batchOf(settleAction(swapParts, { planted: (all) => all.slice(0, 1) }));

    expect(refusalOf(batch)).toBe('proof/leaf-out-of-range');
    expect(refusalOf(omitPayload(batch, 1))).toBe('proof/leaf-out-of-range');
    expect(refusalOf(changeUnit(omitPayload(batch, 1), 1, () => ({ leafIndex: 5n })))).toBe(
      'proof/root-mismatch'
    );
  });

  it.each([0, 1])('refuses side %i brought as an action of its own', (side) => {
    const tags = swap.action.tags.slice(2 * side, 2 * side + 2);
    const units = swap.action.units.slice(side, side + 1);

    expect(refusalOf({ ...swap, action: { tags, units } })).toBe('authority/signature');
  });

  it.each([0, 1])('refuses the swap that happened when the payload of side %i is left out', (side) => {
    expect(refusalOf(omitPayload(swap, side))).toBe('transition/consent-unmet');
  });
});

describe('verifyTransitionBatch of consents', () => {
  const beside = (account: Account): Flaws => ({
    consents: (own) => [...own, { accountId: account.id, passportDigest: ZERO, epoch: account.epoch }]
  });

  it('refuses a transfer with a consent for an account of another signer, or of nobody', () => {
    expect(refusalOf(purchase(beside(sealedAccount('of another signer', bob))))).toBe(
      'transition/consent-unmet'
    );
  });

  it('refuses it although a unit beside it happened', () => {
    const flaws = { ...beside(sealedAccount('of another signer', bob)), paymentsAfter: 1 };

    expect(refusalOf(purchase(flaws))).toBe('transition/consent-unmet');
  });

  it.each([0, 1])('refuses it when it stands in the payload of side %i alone', (side) => {
    const other = settleAction(swapParts, beside(sealedAccount('c', mallory)));
    const { payload } = other.action.units[side] ?? {};

    expect(other.action.tags).toEqual(swap.action.tags);
    expect(refusalOf(changeUnit(swap, side, () => ({ payload })))).toBe('transition/consent-unmet');
  });

  it('refuses an account that moves without a consent', () => {
    const batch = batchOf(settleAction(swapParts, { consents: (both) => both.slice(0, 1) }));

    expect(refusalOf(batch)).toBe('authority/consent');
  });

  it('lets a unit without payload, and without consent, be of any account', () => {
    const batch = batchOf(settleAction(swapParts, { consents: (both) => both.slice(0, 1) }));

    expect(verifyBroughtBatch(omitPayload(batch, 1))).toMatchObject([{ account: { id: accountOfAlice.id } }]);
  });
});

describe('verifyTransitionBatch of an account and payments', () => {
  const places: [string, Flaws, readonly number[]][] = [
    ['behind it', { paymentsAfter: 1 }, [1]],
    ['in front of it', { paymentsBefore: 1 }, [0]],
    ['on both sides', { paymentsBefore: 2, paymentsAfter: 2 }, [0, 1, 3, 4]]
  ];

  it.each(places)('takes settled payments %s', (_place, flaws) => {
    expect(verifyBroughtBatch(purchase(flaws))).toMatchObject([
      {
        account: { id: accountOfAlice.id },
        transition: { owner: bob.principal, outcome: { type: 'active' } }
      }
    ]);
  });

  it.each(places)('refuses any payment %s that did not happen', (_place, flaws, payments) => {
    for (const at of payments) {
      const elsewhere = purchase({
        ...flaws,
        planted: (all) => all.map((commitment, index) => (index === at ? OTHER : commitment))
      });

      expect(refusalOf(withoutNullifier(purchase(flaws), at))).toBe('transition/unsettled');
      expect(refusalOf(elsewhere)).toBe('proof/root-mismatch');
    }
  });

  it.each(places)(
    'refuses any evidence of a payment %s that is not the true one',
    (_place, flaws, payments) => {
      const batch = purchase(flaws);
      const account = batch.action.units.findIndex(({ payload }) => payload !== undefined);
      const { leafIndex: indexOfAccount, path: pathOfAccount, payload } = batch.action.units[account] ?? {};
      if (indexOfAccount === undefined || pathOfAccount === undefined) throw new Error('no account');
      const faults: [string, (unit: Unit) => Partial<Unit>][] = [
        ['proof/path-length', ({ path }) => ({ path: path.slice(1) })],
        ['proof/path-length', ({ path }) => ({ path: [...path, OTHER] })],
        ['proof/path-length', () => ({ path: [] })],
        ['proof/root-mismatch', ({ path }) => ({ path: [OTHER, ...path.slice(1)] })],
        ['proof/root-mismatch', ({ path }) => ({ path: [...path].reverse() })],
        ['proof/root-mismatch', () => ({ path: pathOfAccount })],
        ['proof/root-mismatch', ({ leafIndex }) => ({ leafIndex: leafIndex - 1n })],
        ['proof/root-mismatch', () => ({ leafIndex: indexOfAccount })],
        ['proof/leaf-out-of-range', () => ({ leafIndex: -1n })],
        ['proof/leaf-out-of-range', () => ({ leafIndex: batch.checkpoint.leafCount })],
        ['bytes/truncated', () => ({ payload: new Uint8Array() })],
        ['payload/magic', () => ({ payload: new Uint8Array(400) })]
      ];

      for (const at of payments) {
        for (const [code, change] of faults) {
          expect([at, code, refusalOf(changeUnit(batch, at, change))]).toEqual([at, code, code]);
        }
        expect(refusalOf(changeUnit(batch, at, () => ({ payload })))).toBe(
          at < account ? 'transition/commitment' : 'transition/duplicate-account'
        );
      }
    }
  );

  it.each(places)('refuses any other tags of a payment %s', (_place, flaws, payments) => {
    const batch = purchase(flaws);
    const withTag = (at: number): BroughtBatch => ({
      ...batch,
      action: { ...batch.action, tags: batch.action.tags.map((tag, index) => (index === at ? OTHER : tag)) }
    });

    for (const at of payments) {
      expect(refusalOf(withTag(2 * at))).toBe('authority/signature');
      expect(refusalOf(withTag(2 * at + 1))).toMatch(/^(authority\/signature|proof\/root-mismatch)$/);
    }
  });

  it('takes a list of nullifiers that is too short for none of them', () => {
    const batch = purchase({ paymentsAfter: 1 });

    expect(refusalOf({ ...batch, nullifiersPresent: [true] })).toBe('transition/unsettled');
    expect(refusalOf({ ...batch, nullifiersPresent: [] })).toBe('transition/nullifier-not-in-set');
  });
});

describe('verifyTransitionBatch of another number of units than tags', () => {
  const { units, tags } = swap.action;
  const [first, second] = units;
  if (first === undefined || second === undefined) throw new Error('two units expected');

  it.each<[string, BroughtBatch]>([
    ['no unit', withUnits(swap, [])],
    ['the first unit alone', withUnits(swap, [first])],
    ['the second unit alone', withUnits(swap, [second])],
    ['a unit too many', withUnits(swap, [first, second, { ...second, payload: undefined }])],
    ['both units twice', withUnits(swap, [...units, ...units])],
    [
      '17 payloads',
      withUnits(
        swap,
        Array.from({ length: 17 }, () => first)
      )
    ],
    ['a tag too few', { ...swap, action: { units, tags: tags.slice(0, 3) } }],
    ['a tag too many', { ...swap, action: { units, tags: [...tags, OTHER] } }],
    ['no tags', { ...swap, action: { units, tags: [] } }],
    ['tags of a unit that is not shown', { ...swap, action: { units, tags: [...tags, OTHER, OTHER] } }]
  ])('refuses %s', (_what, batch) => {
    expect(refusalOf(batch)).toBe('transition/units');
  });
});

import { type Account } from '../../../../src/core/account/account';
import { type UnitEvidence } from '../../../../src/core/proof/action-evidence';
import {
  type Flaws,
  OTHER,
  type SettledAction,
  ZERO,
  alice,
  bob,
  freshAccount,
  settleAction
} from '../../core/proof/transfer-scenario';
import { SignerWorld, refusalOf } from './signer-world';

type Pair = { readonly world: SignerWorld; readonly a: Account; readonly b: Account };

async function sealedPair(): Promise<Pair> {
  const world = new SignerWorld();
  const [a, b] = [await world.createSealed(alice), await world.createSealed(bob)];
  return { world, a, b };
}

const settleSwap = ({ a, b }: Pair, flaws: Flaws = {}): SettledAction =>
  settleAction(
    [
      { account: a, to: bob },
      { account: b, to: alice }
    ],
    flaws
  );
const settlePurchase = ({ a }: Pair, flaws: Flaws): SettledAction =>
  settleAction([{ account: a, to: bob }], flaws);

const withUnits = (settled: SettledAction, units: readonly UnitEvidence[]): SettledAction => ({
  ...settled,
  action: { ...settled.action, units }
});
const changeUnit = (
  settled: SettledAction,
  at: number,
  change: (unit: UnitEvidence) => Partial<UnitEvidence>
): SettledAction =>
  withUnits(
    settled,
    settled.action.units.map((unit, index) => (index === at ? { ...unit, ...change(unit) } : unit))
  );
const omitPayload = (settled: SettledAction, at: number): SettledAction =>
  changeUnit(settled, at, () => ({ payload: undefined }));
const replaceCommitment = (at: number): Flaws => ({
  planted: (all) => all.map((commitment, index) => (index === at ? OTHER : commitment))
});
const allBut = (missing: number) => (index: number) => index !== missing;

async function expectRefused(
  world: SignerWorld,
  {
    code,
    settled,
    isPresent
  }: { code: string; settled: SettledAction; isPresent?: (index: number) => boolean }
): Promise<void> {
  const before = world.dump();

  expect(await refusalOf(world.bring(settled, isPresent))).toBe(code);
  expect(world.dump()).toEqual(before);
}

describe('applyTransitions of an approved swap of which one side happened', () => {
  it.each([0, 1])('changes nothing when side %i was consumed by nobody', async (missing) => {
    const pair = await sealedPair();
    const settled = settleSwap(pair);
    const isPresent = allBut(missing);
    const { world } = pair;

    await expectRefused(world, { code: 'transition/nullifier-not-in-set', settled, isPresent });
    await expectRefused(world, {
      code: 'transition/unsettled',
      settled: omitPayload(settled, missing),
      isPresent
    });
    await expectRefused(world, {
      code: 'transition/nullifier-not-in-set',
      settled: omitPayload(settled, 1 - missing),
      isPresent
    });
    expect(await refusalOf(world.bring(settled))).toBeUndefined();
  });

  it.each([0, 1])('changes nothing when side %i was consumed for something else', async (missing) => {
    const pair = await sealedPair();
    const settled = settleSwap(pair, replaceCommitment(missing));
    const { world } = pair;

    await expectRefused(world, { code: 'proof/root-mismatch', settled });
    await expectRefused(world, { code: 'proof/root-mismatch', settled: omitPayload(settled, missing) });
    await expectRefused(world, { code: 'proof/root-mismatch', settled: omitPayload(settled, 1 - missing) });
    expect(await refusalOf(world.bring(settleSwap(pair)))).toBeUndefined();
  });

  it.each([0, 1])('changes nothing when side %i is brought as an action of its own', async (side) => {
    const pair = await sealedPair();
    const settled = settleSwap(pair);
    const action = {
      tags: settled.action.tags.slice(2 * side, 2 * side + 2),
      units: settled.action.units.slice(side, side + 1)
    };

    await expectRefused(pair.world, { code: 'authority/signature', settled: { ...settled, action } });
  });
});

describe('applyTransitions of a swap that happened', () => {
  it.each([0, 1])('changes nothing without the payload of side %i', async (side) => {
    const pair = await sealedPair();
    const settled = settleSwap(pair);

    await expectRefused(pair.world, {
      code: 'transition/consent-unmet',
      settled: omitPayload(settled, side)
    });
    expect(await refusalOf(pair.world.bring(settled))).toBeUndefined();
  });

  it('changes nothing with a unit too few, too many, or out of its place', async () => {
    const pair = await sealedPair();
    const settled = settleSwap(pair, { paymentsAfter: 1 });
    const { world } = pair;
    const [first, second, payment] = settled.action.units;
    if (first === undefined || second === undefined || payment === undefined) throw new Error('three units');

    for (const units of [[], [first], [first, second], [first, second, payment, payment]]) {
      await expectRefused(world, { code: 'transition/units', settled: withUnits(settled, units) });
    }
    const others = [
      [second, first, payment],
      [payment, second, first],
      [first, payment, second]
    ];
    for (const units of others) {
      const reordered = withUnits(settled, units);
      const before = world.dump();
      expect(await refusalOf(world.bring(reordered))).toMatch(
        /^(transition\/commitment|proof\/root-mismatch)$/
      );
      expect(world.dump()).toEqual(before);
    }
    expect(await refusalOf(world.bring(settled))).toBeUndefined();
  });

  it('asks nobody about an action that is not whole', async () => {
    const pair = await sealedPair();
    const settled = settleSwap(pair);
    const asked = pair.world.attestRequests.length;

    await expectRefused(pair.world, { code: 'transition/units', settled: withUnits(settled, []) });

    expect(pair.world.attestRequests).toHaveLength(asked);
  });
});

describe('applyTransitions of an account and payments', () => {
  const places: [string, Flaws, readonly number[]][] = [
    ['behind it', { paymentsAfter: 1 }, [1]],
    ['in front of it', { paymentsBefore: 1 }, [0]],
    ['on both sides', { paymentsBefore: 1, paymentsAfter: 2 }, [0, 2, 3]]
  ];

  it.each(places)('moves the account when the payments %s happened', async (_place, flaws) => {
    const pair = await sealedPair();

    await pair.world.bring(settlePurchase(pair, flaws));

    expect(pair.world.account(pair.a)).toMatchObject({ owner: bob.principal, status: { type: 'active' } });
  });

  it.each(places)('changes nothing when any payment %s did not happen', async (_place, flaws, payments) => {
    const pair = await sealedPair();
    for (const at of payments) {
      const settled = settlePurchase(pair, flaws);
      const elsewhere = settlePurchase(pair, { ...flaws, ...replaceCommitment(at) });

      await expectRefused(pair.world, { code: 'transition/unsettled', settled, isPresent: allBut(at) });
      await expectRefused(pair.world, { code: 'proof/root-mismatch', settled: elsewhere });
    }
  });

  it.each(places)(
    'changes nothing when the place of any payment %s is not shown',
    async (_place, flaws, payments) => {
      const pair = await sealedPair();
      const settled = settlePurchase(pair, flaws);
      const faults: [string, (unit: UnitEvidence) => Partial<UnitEvidence>][] = [
        ['proof/path-length', ({ path }) => ({ path: path.slice(1) })],
        ['proof/path-length', ({ path }) => ({ path: [...path, ZERO] })],
        ['proof/root-mismatch', ({ path }) => ({ path: [OTHER, ...path.slice(1)] })],
        ['proof/root-mismatch', ({ leafIndex }) => ({ leafIndex: leafIndex - 1n })],
        ['proof/leaf-out-of-range', () => ({ leafIndex: settled.checkpoint.leafCount })],
        ['bytes/truncated', () => ({ payload: new Uint8Array() })]
      ];
      for (const at of payments) {
        for (const [code, change] of faults) {
          await expectRefused(pair.world, { code, settled: changeUnit(settled, at, change) });
        }
      }
    }
  );

  it('changes nothing when one payment stands for two', async () => {
    const pair = await sealedPair();
    const once = settlePurchase(pair, { paymentsAfter: 1 });
    const paid = once.action.tags.slice(2);
    const twice = settlePurchase(pair, { paymentsAfter: 1, extraTags: paid });
    const [purchase, payment] = twice.action.units;
    if (purchase === undefined || payment === undefined) throw new Error('two units');

    await expectRefused(pair.world, {
      code: 'transition/tags',
      settled: withUnits(twice, [purchase, payment, payment])
    });
    expect(await refusalOf(pair.world.bring(once))).toBeUndefined();
  });

  it('asks about every unit but bindings, each nullifier with its own proof', async () => {
    const pair = await sealedPair();
    const unbound = await pair.world.create(alice);
    const settled = settleAction(
      [
        { account: unbound, to: alice, consent: { passportDigest: ZERO } },
        { account: pair.a, to: bob }
      ],
      { paymentsBefore: 1, paymentsAfter: 1 }
    );

    await pair.world.bring(settled);

    const asked = pair.world.attestRequests.at(-1)?.nullifiers.map(({ nullifier, proof }) => ({
      nullifier: Uint8Array.from(nullifier),
      proof: proof.map((node) => Uint8Array.from(node))
    }));
    expect(asked).toEqual(
      [0, 2, 3].map((unit) => ({
        nullifier: settled.action.tags[2 * unit],
        proof: [Uint8Array.of(0xc0, unit)]
      }))
    );
    expect(pair.world.account(unbound).head).not.toBeNull();
    expect(pair.world.account(pair.a).owner).toEqual(bob.principal);
  });

  it.each([0, 1, 2])('changes nothing when answer %i about them is no', async (missing) => {
    const pair = await sealedPair();
    const unbound = await pair.world.create(alice);
    const settled = settleAction(
      [
        { account: unbound, to: alice, consent: { passportDigest: ZERO } },
        { account: pair.a, to: bob }
      ],
      { paymentsBefore: 1, paymentsAfter: 1 }
    );
    const code = missing === 1 ? 'transition/nullifier-not-in-set' : 'transition/unsettled';

    await expectRefused(pair.world, { code, settled, isPresent: allBut(missing) });
  });
});

describe('applyTransitions of many accounts', () => {
  async function sealedMany(count: number): Promise<{ world: SignerWorld; accounts: Account[] }> {
    const world = new SignerWorld();
    const accounts: Account[] = [];
    for (let made = 0; made < count; made += 1) accounts.push(await world.createSealed(alice));
    return { world, accounts };
  }
  const toBob = (accounts: readonly Account[]) => accounts.map((account) => ({ account, to: bob }));

  it('moves 16 among 32 units', async () => {
    const { world, accounts } = await sealedMany(16);

    await world.bring(settleAction(toBob(accounts), { paymentsBefore: 6, paymentsAfter: 10 }));

    expect(world.attestRequests.at(-1)?.nullifiers).toHaveLength(32);
    expect(world.context.store.countOwned(bob.principal)).toBe(16n);
    expect(world.context.store.countOwned(alice.principal)).toBe(0n);
  });

  it('moves none of 17', async () => {
    const { world, accounts } = await sealedMany(17);
    const settled = settleAction(toBob(accounts), { consents: (all) => all.slice(0, 16) });

    await expectRefused(world, { code: 'transition/batch-size', settled });
  });

  it('moves none when the last of 16 does not hold', async () => {
    const { world, accounts } = await sealedMany(16);
    const settled = settleAction(toBob(accounts));

    await expectRefused(world, {
      code: 'transition/nullifier-not-in-set',
      settled,
      isPresent: allBut(15)
    });
  });
});

describe('applyTransitions of a consent for an account of another signer', () => {
  it('changes nothing, whether a unit beside it happened or not', async () => {
    const pair = await sealedPair();
    const stranger = freshAccount('of another signer', bob);
    const consents: Flaws = {
      consents: (own) => [...own, { accountId: stranger.id, passportDigest: ZERO, epoch: stranger.epoch }]
    };

    for (const flaws of [consents, { ...consents, paymentsAfter: 1 }]) {
      await expectRefused(pair.world, {
        code: 'transition/consent-unmet',
        settled: settlePurchase(pair, flaws)
      });
    }
  });

  it('refuses its payload as one of an account that it does not know', async () => {
    const pair = await sealedPair();
    const settled = settleAction([
      { account: pair.a, to: bob },
      { account: freshAccount('of another signer', bob), to: bob }
    ]);

    await expectRefused(pair.world, { code: 'account/unknown', settled });
    await expectRefused(pair.world, { code: 'transition/consent-unmet', settled: omitPayload(settled, 1) });
  });
});

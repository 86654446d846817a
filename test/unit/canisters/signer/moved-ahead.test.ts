/** An owner may move one account of an action ahead, by a smaller action over the same unit. It must hold up nobody. */
import { type Account } from '../../../../src/core/account/account';
import {
  OTHER,
  type SettledAction,
  ZERO,
  alice,
  bob,
  settle,
  settleAction
} from '../../core/proof/transfer-scenario';
import { SignerWorld, refusalOf } from './signer-world';

type Scene = {
  readonly world: SignerWorld;
  readonly sold: Account;
  readonly ahead: Account;
  readonly whole: SettledAction;
  /** The unit of `ahead` alone, approved as an action of its own. */
  readonly alone: SettledAction;
};

async function setScene(kind: 'transition' | 'binding'): Promise<Scene> {
  const world = new SignerWorld();
  const sold = await world.createSealed(alice);
  const ahead = kind === 'binding' ? await world.create(alice) : await world.createSealed(alice);
  const consent = kind === 'binding' ? { consent: { passportDigest: ZERO } } : {};
  const part = { account: ahead, to: alice, ...consent };
  const whole = settleAction([{ account: sold, to: bob }, part], { paymentsAfter: 1 });
  const own = settleAction([part]).action;
  const [, place] = whole.action.units;
  const [unit] = own.units;
  if (unit === undefined || place === undefined) throw new Error('two units expected');
  const alone = { ...whole, action: { tags: own.tags, units: [{ ...place, payload: unit.payload }] } };
  return { world, sold, ahead, whole, alone };
}

describe.each(['transition', 'binding'] as const)('an account moved ahead by a %s', (kind) => {
  it('lets the rest of the action go on, once, and stays as it is', async () => {
    const { world, sold, ahead, whole, alone } = await setScene(kind);
    expect(await refusalOf(world.bring(alone))).toBeUndefined();
    const moved = world.account(ahead);

    expect(await refusalOf(world.bring(whole))).toBeUndefined();

    expect(world.account(sold)).toMatchObject({ owner: bob.principal, status: { type: 'active' } });
    expect(world.account(ahead)).toEqual(moved);
    const settled = world.dump();
    expect(await refusalOf(world.bring(whole))).toBe('transition/replayed');
    expect(await refusalOf(world.bring(alone))).toBe('transition/replayed');
    expect(world.dump()).toEqual(settled);
  });

  it('does not stand in for a unit of the action that did not happen', async () => {
    const { world, whole, alone } = await setScene(kind);
    await world.bring(alone);
    const before = world.dump();

    const paymentUnit = 2;
    expect(
      await refusalOf(world.bring(whole, (index) => index !== paymentUnit - (kind === 'binding' ? 1 : 0)))
    ).toBe('transition/unsettled');
    expect(world.dump()).toEqual(before);
  });

  it('does not excuse a consent that is left out', async () => {
    const { world, whole, alone } = await setScene(kind);
    await world.bring(alone);
    const before = world.dump();
    const [first, second, ...rest] = whole.action.units;
    if (first === undefined || second === undefined) throw new Error('units expected');
    const withoutAhead = { ...whole.action, units: [first, { ...second, payload: undefined }, ...rest] };

    expect(await refusalOf(world.bring({ ...whole, action: withoutAhead }))).toBe('transition/consent-unmet');
    expect(world.dump()).toEqual(before);
  });

  it('holds up nobody when it has moved on since', async () => {
    const { world, sold, ahead, whole, alone } = await setScene(kind);
    await world.bring(alone);
    await world.transfer([{ account: world.account(ahead), to: bob }]);
    const moved = world.account(ahead);

    expect(await refusalOf(world.bring(whole))).toBeUndefined();

    expect(world.account(sold)).toMatchObject({ owner: bob.principal });
    expect(world.account(ahead)).toEqual(moved);
  });
});

describe('an account that went another way with the same nullifier', () => {
  it('leaves the action refused: the promised successor is not what it became', async () => {
    const { world, ahead, whole } = await setScene('transition');
    const elsewhere = settleAction([{ account: ahead, to: alice, successor: { randSeed: OTHER } }]);
    await world.bring(elsewhere);
    const before = world.dump();

    expect(await refusalOf(world.bring(whole))).toBe('transition/replayed');
    expect(world.dump()).toEqual(before);
  });
});

describe('an account that was bound by another action', () => {
  it('leaves the action refused for good, which is why no plan holds bindings beside transfers', async () => {
    const { world, sold, ahead, whole } = await setScene('binding');
    const origin = sold.head?.resource;
    if (origin === undefined) throw new Error('bound expected');
    const binding = { account: ahead, to: alice, consent: { passportDigest: ZERO }, consumed: origin };
    await world.apply(settle([binding]));
    const before = world.dump();

    expect(await refusalOf(world.bring(whole))).toBe('transition/already-bound');
    expect(world.dump()).toEqual(before);
  });
});

/**
 * Nothing shows the signer that a binding's consumed tag was a nullifier of the domain, and a stand-in's seals show it to
 * nobody: whoever binds an account of their own can name any. What they name must bind nobody else.
 */
import { type Account } from '../../../../src/core/account/account';
import { type Resource } from '../../../../src/core/resource/resource';
import {
  type SettledAction,
  ZERO,
  alice,
  bob,
  headKey,
  mallory,
  settleAction
} from '../../core/proof/transfer-scenario';
import { SignerWorld, refusalOf } from './signer-world';

/** A binding of `account` that names the nullifier of the head of `victim` as what it consumed. */
function bindUnderForeignNullifier(account: Account, victim: Account): SettledAction {
  const consumed: Resource | undefined = victim.head?.resource;
  if (consumed === undefined) throw new Error('not bound');
  return settleAction([
    { account, to: mallory, consumed, nk: headKey(victim), consent: { passportDigest: ZERO } }
  ]);
}

describe("a binding under the nullifier of somebody else's head", () => {
  it('leaves the settled transfer of that head to be applied', async () => {
    const world = new SignerWorld();
    const sold = await world.createSealed(alice);
    const settled = settleAction([{ account: sold, to: bob }]);
    const decoy = await world.create(mallory);
    await refusalOf(world.bring(bindUnderForeignNullifier(decoy, sold)));

    expect(await refusalOf(world.bring(settled))).toBeUndefined();

    expect(world.account(sold)).toMatchObject({ owner: bob.principal, status: { type: 'active' } });
    expect(await refusalOf(world.bring(settled))).toBe('transition/replayed');
  });

  it('leaves a settled swap of that head and another to be applied', async () => {
    const world = new SignerWorld();
    const [first, second] = [await world.createSealed(alice), await world.createSealed(bob)];
    const settled = settleAction([
      { account: first, to: bob },
      { account: second, to: alice }
    ]);
    const decoy = await world.create(mallory);
    await refusalOf(world.bring(bindUnderForeignNullifier(decoy, second)));

    expect(await refusalOf(world.bring(settled))).toBeUndefined();

    expect(world.account(first).owner).toEqual(bob.principal);
    expect(world.account(second).owner).toEqual(alice.principal);
  });
});

/** Random schedules of everything that may happen to an account, with what must hold after every step. */
import fc from 'fast-check';
import { upgrade } from '../../../../src/canisters/signer/lifecycle';
import { acceptOwnAccount } from '../../../../src/canisters/signer/use-cases/accept-account';
import { sealOwnAccount } from '../../../../src/canisters/signer/use-cases/seal-account';
import { type SignedEvmTransaction } from '../../../../src/canisters/signer/use-cases/sign-evm-transaction';
import { type Account } from '../../../../src/core/account/account';
import { hashValue } from '../../../../src/core/log/icrc3-value';
import { type Hold } from '../../../support/fake-runtime';
import { type Party } from '../../core/proof/reference-transfer';
import { alice, bob } from '../../core/proof/transfer-scenario';
import { SignerWorld, refusalOf } from './signer-world';

type Step =
  | {
      readonly type: 'sign' | 'transfer' | 'seal' | 'accept';
      readonly account: number;
      readonly party: Party;
    }
  | { readonly type: 'answer' | 'reject' | 'trap'; readonly call: number; readonly code: number }
  | { readonly type: 'upgrade' };

/** A signature that was asked for, and how it ended. */
type Asked = {
  readonly hold: Hold<'signWithEcdsa'>;
  readonly before: Account;
  readonly caller: Party;
  isOpen: boolean;
};

/** What was released, with the account as it was at that moment. */
type Released = { readonly signed: SignedEvmTransaction; readonly asked: Asked; readonly now: Account };

const party = fc.constantFrom(alice, bob);
const account = fc.integer({ min: 0, max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('sign' as const), account, party }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constantFrom('transfer', 'seal', 'accept'), account, party })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('answer', 'answer', 'reject', 'trap'),
      call: fc.nat(3),
      code: fc.integer({ min: 1, max: 6 })
    })
  },
  { weight: 1, arbitrary: fc.constant<Step>({ type: 'upgrade' }) }
);

class Schedule {
  readonly asked: Asked[] = [];
  readonly released: Released[] = [];
  /** Set up for a call that was refused before it was made: the next call takes it. */
  private spare: Hold<'signWithEcdsa'> | undefined;

  private constructor(
    readonly world: SignerWorld,
    readonly accounts: readonly Account[]
  ) {}

  static async start(): Promise<Schedule> {
    const world = new SignerWorld();
    return new Schedule(world, [await world.createBound(alice), await world.createBound(bob)]);
  }

  now(index: number): Account {
    const known = this.accounts[index];
    if (known === undefined) throw new Error('no such account');
    return this.world.account(known);
  }

  async run(next: Step): Promise<void> {
    switch (next.type) {
      case 'sign':
        return this.sign(this.now(next.account), next.party);
      case 'transfer':
        await this.world.transfer([{ account: this.now(next.account), to: next.party }]);
        return;
      case 'seal':
        this.world.as(next.party);
        await refusalOf(sealOwnAccount(this.world.context, this.now(next.account).id));
        return;
      case 'accept':
        this.world.as(next.party);
        await refusalOf(
          Promise.resolve().then(() => acceptOwnAccount(this.world.context, this.now(next.account).id))
        );
        return;
      case 'upgrade':
        upgrade(this.world.context, undefined);
        return;
      case 'answer':
      case 'reject':
      case 'trap':
        return this.end(next);
    }
  }

  private async sign(before: Account, caller: Party): Promise<void> {
    const hold = this.spare ?? this.world.runtime.hold('signWithEcdsa');
    const signing = this.world.sign(caller, before, { isReplacement: true });
    const asked: Asked = { hold, before, caller, isOpen: true };
    const outcome = signing.then(
      (signed) => void this.released.push({ signed, asked, now: this.world.account(before) }),
      () => undefined
    );
    const isMade = await Promise.race([hold.made.then(() => true), outcome.then(() => false)]);
    this.spare = isMade ? undefined : hold;
    if (isMade) this.asked.push(asked);
  }

  private async end(next: Extract<Step, { readonly call: number }>): Promise<void> {
    const open = this.asked.filter(({ isOpen }) => isOpen);
    const asked = open[next.call % Math.max(open.length, 1)];
    if (asked === undefined) return;
    asked.isOpen = false;
    if (next.type === 'trap') asked.hold.trap();
    else if (next.type === 'answer') asked.hold.release();
    else asked.hold.release({ rejected: { code: next.code, message: 'scheduled' } });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function assertControl({ world, accounts, released }: Schedule): void {
  for (const { asked, now } of released) {
    expect(now.epoch).toBe(asked.before.epoch);
    expect(now.owner).toEqual(asked.caller.principal);
    expect(now.status).toEqual({ type: 'active' });
  }
  released.length = 0;
  const { store } = world.context;
  const current = accounts.map((known) => world.account(known));
  const waiting = current.filter(({ signing }) => signing !== null);
  expect(store.listInFlight().map(String).sort()).toEqual(waiting.map(({ id }) => String(id)).sort());
  for (const { status, signing, epoch } of current) {
    if (status.type !== 'active') expect(signing).toBeNull();
    if (signing !== null) expect(signing.epoch).toBe(epoch);
  }
  for (const owner of [alice, bob]) {
    const owned = current.filter((entry) => Buffer.from(owner.principal).equals(entry.owner));
    const listed = owned.map((_, index) => String(store.ownedAt(owner.principal, BigInt(index))));
    expect(store.countOwned(owner.principal)).toBe(BigInt(owned.length));
    expect(listed.sort()).toEqual(owned.map(({ id }) => String(id)).sort());
  }
}

function assertLog({ world, accounts }: Schedule): void {
  const blocks = world.blocks();
  const hashes = blocks.map((block) => hashValue({ Map: Object.entries(block) }));
  blocks.forEach(({ phash }, index) => {
    expect(phash).toEqual(index === 0 ? undefined : { Blob: hashes[index - 1] });
  });
  const requests = blocks.flatMap(({ btype }, index) =>
    btype !== undefined && 'Text' in btype && btype.Text === 'hypha_sign_request' ? [index] : []
  );
  const closed = blocks.flatMap(({ request }) =>
    request !== undefined && 'Nat' in request ? [Number(request.Nat)] : []
  );
  expect(new Set(closed).size).toBe(closed.length);
  const waiting = accounts.flatMap((known) => {
    const { signing } = world.account(known);
    return signing === null ? [] : [Number(signing.logIndex)];
  });
  expect([...closed, ...waiting].sort((a, b) => a - b)).toEqual(requests);
  expect(accounts.map((known) => world.account(known).logHead)).toEqual(
    accounts.map(({ id }) => hashes[blocks.findLastIndex((block) => isAbout(block, id))])
  );
}

function isAbout(block: ReturnType<SignerWorld['blocks']>[number], id: Uint8Array): boolean {
  const { account: about } = block;
  return about !== undefined && 'Blob' in about && Buffer.from(about.Blob).equals(id);
}

describe('whatever happens in whatever order', () => {
  it('only who controls an account gets its signatures, and every request is closed once', async () => {
    let releasedCount = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const schedule = await Schedule.start();
        for (const next of steps) {
          await schedule.run(next);
          releasedCount += schedule.released.length;
          assertControl(schedule);
        }
        assertLog(schedule);
        expect(await schedule.world.certifiedTip()).toMatchObject({ isCertified: true });
        upgrade(schedule.world.context, undefined);
        assertLog(schedule);
        expect(schedule.world.context.store.listInFlight()).toEqual([]);
      }),
      { numRuns: 40 }
    );
    expect(releasedCount).toBeGreaterThan(0);
  });
});

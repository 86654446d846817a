import { type SignIdentity } from '@dfinity/agent';
import { Principal } from '@dfinity/principal';
import { type Bytes32 } from '../../../src/core/bytes';
import { createIdentity } from '../../../src/sdk/identity';
import { checkApprovals, requireApprovals } from '../../../src/sdk/plan-approvals';
import { proposeBinding, proposeTransfer } from '../../../src/sdk/propose-transfer';
import { encodeTransferTransaction, proveTransfer } from '../../../src/sdk/prove-transfer';
import {
  type TransferPlan,
  approvePlan,
  assertTransferPlan,
  composePlan,
  contributeToPlan,
  planParties,
  platformRandom
} from '../../../src/sdk/transfer-plan';
import { mockProver } from '../../fixtures/arm/mock-prover';
import { sampleWord } from '../../fixtures/arm/sample-units';
import { DOMAIN, FakeNetwork, agree } from './fake-network';
import { HedgedIdentity, alice, bob, carol, delegatedByAlice } from './parties';
import { refusalCode } from './refusal-code';

const random = platformRandom;

/** An account of `owner`, bound and sealed. */
async function sealedAccount(network: FakeNetwork, seed: number, owner: SignIdentity): Promise<Bytes32> {
  const id = network.create(seed, owner);
  const binding = await proposeBinding(network.canisters, { accountId: id, domainId: DOMAIN });
  await network.settle(await agree(binding, [owner]));
  network.seal(id, owner);
  return id;
}

const move = (accountId: Bytes32, to: SignIdentity): { accountId: Bytes32; to: Principal } => ({
  accountId,
  to: to.getPrincipal()
});

describe('a plan from proposal to proof, judged by the verifier of the signer', () => {
  it.each([
    ['Ed25519', alice],
    ['secp256k1', bob]
  ])('binds an account for an owner with an %s key', async (_name, owner) => {
    const network = new FakeNetwork();
    const id = network.create(1, owner);
    const proposed = await proposeBinding(network.canisters, { accountId: id, domainId: DOMAIN });

    await network.settle(await agree(proposed, [owner]));

    expect(network.account(id)).toMatchObject({ status: { type: 'active' }, epoch: 0n });
    expect(network.account(id).head?.resource.labelRef).toEqual(id);
    expect(network.ownerOf(id)).toBe(owner.getPrincipal().toText());
  });

  it('gives an account away, and the new owner passes it on', async () => {
    const network = new FakeNetwork();
    const id = await sealedAccount(network, 1, alice);

    await network.settle(
      await agree(await proposeTransfer(network.canisters, [move(id, bob)]), [alice, bob])
    );
    const afterSale = network.account(id);
    network.seal(id, bob);
    await network.settle(
      await agree(await proposeTransfer(network.canisters, [move(id, carol)]), [bob, carol])
    );

    expect(afterSale).toMatchObject({ status: { type: 'active' }, epoch: 1n });
    expect(network.account(id)).toMatchObject({ status: { type: 'active' }, epoch: 2n });
    expect(network.ownerOf(id)).toBe(carol.getPrincipal().toText());
  });

  it('swaps two accounts in one action', async () => {
    const network = new FakeNetwork();
    const first = await sealedAccount(network, 1, alice);
    const second = await sealedAccount(network, 2, bob);
    const proposed = await proposeTransfer(network.canisters, [move(first, bob), move(second, alice)]);

    const transaction = await network.settle(await agree(proposed, [bob, alice]));

    expect(transaction.actions).toHaveLength(1);
    expect(network.ownerOf(first)).toBe(bob.getPrincipal().toText());
    expect(network.ownerOf(second)).toBe(alice.getPrincipal().toText());
    expect([first, second].map((id) => network.account(id).status.type)).toEqual(['active', 'active']);
  });

  it('unseals an account by a transfer to its own owner', async () => {
    const network = new FakeNetwork();
    const id = await sealedAccount(network, 1, alice);

    await network.settle(await agree(await proposeTransfer(network.canisters, [move(id, alice)]), [alice]));

    expect(network.account(id)).toMatchObject({ status: { type: 'active' }, epoch: 1n });
    expect(network.ownerOf(id)).toBe(alice.getPrincipal().toText());
  });

  it('makes calldata of execute', async () => {
    const network = new FakeNetwork();
    const id = network.create(1, alice);
    const plan = await agree(await proposeBinding(network.canisters, { accountId: id, domainId: DOMAIN }), [
      alice
    ]);
    const transaction = await proveTransfer(plan, { prover: mockProver, consumedRoot: sampleWord(5) });

    // keccak256 of the adapter's `execute` signature, as its published ABI gives it.
    expect(Buffer.from(encodeTransferTransaction(transaction).slice(0, 4)).toString('hex')).toBe('ed3cf91f');
  });
});

describe('proposeBinding', () => {
  it('refuses an account that is bound, unknown, or goes to an unknown domain', async () => {
    const network = new FakeNetwork();
    const bound = await sealedAccount(network, 1, alice);
    const fresh = network.create(2, alice);
    const propose = (accountId: Bytes32, domainId: Bytes32) => (): Promise<TransferPlan> =>
      proposeBinding(network.canisters, { accountId, domainId });

    expect(await refusalCode(propose(bound, DOMAIN))).toBe('transfer/already-bound');
    expect(await refusalCode(propose(sampleWord(9), DOMAIN))).toBe('account/unknown');
    expect(await refusalCode(propose(fresh, sampleWord(9)))).toBe('domain/unknown');
  });
});

describe('proposeTransfer', () => {
  it('refuses what the signer would not carry out', async () => {
    const network = new FakeNetwork();
    const sealed = await sealedAccount(network, 1, alice);
    const unbound = network.create(2, alice);
    const unsealed = network.create(3, alice);
    await network.settle(
      await agree(await proposeBinding(network.canisters, { accountId: unsealed, domainId: DOMAIN }), [alice])
    );
    const propose =
      (...moves: Parameters<typeof proposeTransfer>[1]) =>
      (): Promise<TransferPlan> =>
        proposeTransfer(network.canisters, moves);

    expect(await refusalCode(propose())).toBe('transfer/empty');
    expect(await refusalCode(propose(move(unbound, bob)))).toBe('transfer/not-bound');
    expect(await refusalCode(propose(move(unsealed, bob)))).toBe('transfer/not-sealed');
    expect(await refusalCode(propose(move(sealed, bob), move(sealed, carol)))).toBe('transfer/account-twice');
    for (const to of [
      Principal.anonymous(),
      Principal.managementCanister(),
      Principal.fromText('rrkah-fqaaa-aaaaa-aaaaq-cai')
    ]) {
      expect(await refusalCode(propose({ accountId: sealed, to }))).toBe('transfer/party');
    }
  });

  it('refuses a binding beside a transfer: its owner could undo the sale after it was paid', async () => {
    const network = new FakeNetwork();
    const sold = await sealedAccount(network, 1, alice);
    const fresh = network.create(2, alice);
    const sale = await proposeTransfer(network.canisters, [move(sold, bob)]);
    const binding = await proposeBinding(network.canisters, { accountId: fresh, domainId: DOMAIN });
    const both = { ...sale, units: [...binding.units, ...sale.units] };

    expect(await refusalCode(() => assertTransferPlan(both))).toBe('transfer/binding');
    expect(await refusalCode(() => agree(both, [alice, bob]))).toBe('transfer/binding');
  });

  it('refuses accounts of different domains', async () => {
    const network = new FakeNetwork();
    const first = await sealedAccount(network, 1, alice);
    const second = await sealedAccount(network, 2, alice);
    network.distort = (view) =>
      Buffer.from(view.id).equals(second)
        ? {
            ...view,
            head: [{ ...view.head[0], domain: sampleWord(9) } as NonNullable<(typeof view.head)[0]>]
          }
        : view;

    expect(
      await refusalCode(() => proposeTransfer(network.canisters, [move(first, bob), move(second, bob)]))
    ).toBe('transfer/domains-differ');
  });

  it('refuses more accounts and parties than a payload holds', async () => {
    const network = new FakeNetwork();
    const ids = [];
    for (let seed = 1; seed <= 17; seed += 1) ids.push(await sealedAccount(network, seed, alice));
    const moves = ids.map((id) => move(id, bob));

    expect(planParties(await proposeTransfer(network.canisters, moves.slice(0, 16)))).toHaveLength(2);
    expect(await refusalCode(() => proposeTransfer(network.canisters, moves))).toBe('transfer/too-many');
  });

  it('counts parties apart from accounts', async () => {
    const network = new FakeNetwork();
    const moves: { accountId: Bytes32; to: Principal }[] = [];
    for (let seed = 1; seed <= 9; seed += 1) {
      const [owner, buyer] = [createIdentity(sampleWord(100 + seed)), createIdentity(sampleWord(200 + seed))];
      moves.push(move(await sealedAccount(network, seed, owner), buyer));
    }

    expect(planParties(await proposeTransfer(network.canisters, moves.slice(0, 8)))).toHaveLength(16);
    expect(await refusalCode(() => proposeTransfer(network.canisters, moves))).toBe('transfer/too-many');
  });
});

describe('contributing and approving', () => {
  async function sale(): Promise<{ network: FakeNetwork; plan: TransferPlan; id: Bytes32 }> {
    const network = new FakeNetwork();
    const id = await sealedAccount(network, 1, alice);
    return { network, id, plan: await proposeTransfer(network.canisters, [move(id, bob)]) };
  }

  it('keeps what was contributed before', async () => {
    const { plan } = await sale();
    const once = await contributeToPlan(plan, { identity: alice, random });

    expect(await contributeToPlan(once, { identity: alice, random })).toEqual(once);
  });

  it('replaces an earlier approval of the same party', async () => {
    const { plan } = await sale();
    const agreed = await agree(plan, [alice, bob]);

    expect((await approvePlan(agreed, alice)).approvals).toHaveLength(2);
  });

  it('refuses a stranger, a delegate and an owner with another key', async () => {
    const { network, plan, id } = await sale();
    const stranger = { identity: carol, random };
    const delegate = { identity: await delegatedByAlice(), random };
    const foreignHead = await agree(await proposeTransfer(network.canisters, [move(id, alice)]), [alice]);
    const renamed = foreignHead.units.map((unit) => ({
      ...unit,
      from: carol.getPrincipal().toUint8Array(),
      given: null
    }));

    expect(await refusalCode(() => contributeToPlan(plan, stranger))).toBe('transfer/not-a-party');
    expect(await refusalCode(() => approvePlan(plan, carol))).toBe('transfer/not-a-party');
    expect(await refusalCode(() => contributeToPlan(plan, delegate))).toBe('identity/unsupported');
    expect(await refusalCode(() => contributeToPlan({ ...foreignHead, units: renamed }, stranger))).toBe(
      'transfer/nullifier-key'
    );
  });

  it('refuses a next owner whose signatures differ each time', async () => {
    const network = new FakeNetwork();
    const hedged = new HedgedIdentity();
    const id = await sealedAccount(network, 1, alice);
    const plan = await proposeTransfer(network.canisters, [move(id, hedged)]);

    expect(await refusalCode(() => contributeToPlan(plan, { identity: hedged, random }))).toBe(
      'identity/not-deterministic'
    );
  });

  it('refuses approval before all have contributed', async () => {
    const { plan } = await sale();
    const half = await contributeToPlan(plan, { identity: alice, random });

    expect(await refusalCode(() => approvePlan(half, alice))).toBe('transfer/incomplete');
    expect(await refusalCode(() => composePlan(plan))).toBe('transfer/incomplete');
  });

  it("refuses approval by a next owner whose successor carries another's key", async () => {
    const { plan } = await sale();
    const agreed = await agree(plan, [alice, bob]);
    const units = agreed.units.map((unit) => ({
      ...unit,
      received: { nkCommitment: sampleWord(8), randSeed: sampleWord(9) }
    }));

    expect(await refusalCode(() => approvePlan({ ...agreed, units }, bob))).toBe(
      'transfer/contribution-changed'
    );
  });

  it('tells each party whether its approval is there and holds', async () => {
    const { plan } = await sale();
    const states = (of: TransferPlan): string[] => checkApprovals(of).map(({ state }) => state);
    const agreed = await agree(plan, [alice, bob]);
    const changed = {
      ...agreed,
      units: agreed.units.map((unit) => ({ ...unit, epoch: unit.epoch + 1n }))
    };

    expect(states(plan)).toEqual(['missing', 'missing']);
    expect(states({ ...agreed, approvals: agreed.approvals.slice(0, 1) })).toEqual(['valid', 'missing']);
    expect(states(agreed)).toEqual(['valid', 'valid']);
    expect(states(changed)).toEqual(['invalid', 'invalid']);
    expect(states({ ...plan, approvals: agreed.approvals })).toEqual(['unchecked', 'unchecked']);
  });

  it('proves nothing that a party has not approved as it is', async () => {
    const { plan } = await sale();
    const agreed = await agree(plan, [alice, bob]);
    const [first, second] = agreed.approvals;
    if (first === undefined || second === undefined) throw new Error('expected two approvals');
    const forged = { ...second, consentSignature: first.consentSignature };
    const prove = (of: TransferPlan) => (): Promise<unknown> =>
      proveTransfer(of, { prover: mockProver, consumedRoot: sampleWord(5) });

    expect(await refusalCode(prove({ ...agreed, approvals: [first] }))).toBe('transfer/unapproved');
    expect(await refusalCode(prove({ ...agreed, approvals: [first, forged] }))).toBe(
      'transfer/approval-invalid'
    );
    expect(await refusalCode(prove(plan))).toBe('transfer/incomplete');
  });

  it("leaves strangers' approvals out of the proof", async () => {
    const { plan } = await sale();
    const agreed = await agree(plan, [alice, bob]);
    const [first] = agreed.approvals;
    if (first === undefined) throw new Error('expected an approval');
    const stranger = { ...first, publicKeyDer: new Uint8Array(carol.getPublicKey().toDer()) };

    expect(requireApprovals({ ...agreed, approvals: [stranger, ...agreed.approvals] })).toEqual(
      agreed.approvals
    );
  });
});

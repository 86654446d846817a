import { type AccountViewWire, type PassportWire } from '../../../src/api/signer-idl';
import { type Account } from '../../../src/core/account/account';
import { type Passport, hashPassport } from '../../../src/core/account/passport';
import { type Bytes32 } from '../../../src/core/bytes';
import { type NonceReader } from '../../../src/sdk/open-signatures';
import { proposeBinding, proposeTransfer } from '../../../src/sdk/propose-transfer';
import { type TransferPlan, type TransferUnit } from '../../../src/sdk/transfer-plan';
import { assertPlanHolds, planFaults, verifyPlan } from '../../../src/sdk/verify-plan';
import { sampleWord } from '../../fixtures/arm/sample-units';
import { CHAIN_ID, DOMAIN, FakeNetwork, agree } from './fake-network';
import { alice, bob, carol } from './parties';
import { refusalCode } from './refusal-code';

const SIGNED_NONCES = 3n;

/** Alice's sealed account, sold to Bob: contributed to and approved by both. */
async function sale(): Promise<{ network: FakeNetwork; id: Bytes32; plan: TransferPlan }> {
  const network = new FakeNetwork();
  const id = network.create(1, alice);
  await network.settle(
    await agree(await proposeBinding(network.canisters, { accountId: id, domainId: DOMAIN }), [alice])
  );
  const signed: Account = {
    ...network.account(id),
    evmNonces: [{ chainId: CHAIN_ID, nextNonce: SIGNED_NONCES }]
  };
  network.put(signed);
  network.seal(id, alice);
  const proposed = await proposeTransfer(network.canisters, [{ accountId: id, to: bob.getPrincipal() }]);
  return { network, id, plan: await agree(proposed, [alice, bob]) };
}

const codesOf = async (network: FakeNetwork, plan: TransferPlan): Promise<string[]> =>
  planFaults(await verifyPlan(network.canisters, plan)).map(({ code }) => code);

const withUnit = (plan: TransferPlan, change: Partial<TransferUnit>): TransferPlan => ({
  ...plan,
  units: plan.units.map((unit) => ({ ...unit, ...change }))
});

const nodeAt = (minedNonces: number, chainId = Number(CHAIN_ID)): NonceReader => ({
  getChainId: () => Promise.resolve(chainId),
  getTransactionCount: () => Promise.resolve(minedNonces)
});

describe('verifyPlan', () => {
  it('finds nothing wrong with a plan that says what the canisters say', async () => {
    const { network, plan, id } = await sale();

    const check = await verifyPlan(network.canisters, plan);

    expect(planFaults(check)).toEqual([]);
    expect(() => assertPlanHolds(check)).not.toThrow();
    expect(check.approvals.map(({ state }) => state)).toEqual(['valid', 'valid']);
    expect(check.units[0]?.passport?.accountId).toEqual(id);
  });

  it('finds nothing wrong with a binding of an account without a resource', async () => {
    const network = new FakeNetwork();
    const id = network.create(1, alice);
    const plan = await proposeBinding(network.canisters, { accountId: id, domainId: DOMAIN });

    expect(await codesOf(network, plan)).toEqual([]);
  });

  it.each<[string, Partial<TransferUnit>, string[]]>([
    ['owner', { from: carol.getPrincipal().toUint8Array() }, ['transfer/owner-differs']],
    ['epoch', { epoch: 7n }, ['transfer/stale-epoch']],
    ['passport', { passportDigest: sampleWord(7) }, ['transfer/stale-passport']],
    ['account', { accountId: sampleWord(9) }, ['account/unknown']]
  ])(
    'tells of another %s than the signer certifies, and that the approvals are of something else',
    async (_name, change, codes) => {
      const { network, plan } = await sale();

      expect(await codesOf(network, withUnit(plan, change))).toEqual(expect.arrayContaining(codes));
    }
  );

  it('tells of every field of the head that differs', async () => {
    const { network, plan } = await sale();
    const head = plan.units[0]?.head;
    if (head === undefined || head === null) throw new Error('expected a head');
    for (const change of [
      { logicRef: sampleWord(9) },
      { labelRef: sampleWord(9) },
      { quantity: 2n },
      { valueRef: sampleWord(9) },
      { isEphemeral: true },
      { nonce: sampleWord(9) },
      { randSeed: sampleWord(9) }
    ]) {
      const changed = withUnit(plan, { head: { ...head, ...change } });
      expect({ change, codes: await codesOf(network, changed) }).toEqual({
        change,
        codes: expect.arrayContaining(['transfer/head-differs']) as unknown
      });
    }
  });

  it('tells of a transfer dressed up as a binding', async () => {
    const { network, plan } = await sale();
    const dressed = withUnit(plan, {
      head: null,
      to: alice.getPrincipal().toUint8Array(),
      passportDigest: sampleWord(0).fill(0)
    });

    expect(await codesOf(network, dressed)).toContain('transfer/already-bound');
  });

  it.each<[string, (network: FakeNetwork) => void, string]>([
    ['a halted domain', (network) => (network.halted = 'providers disagree'), 'transfer/domain-halted'],
    [
      'another logic',
      (network) => (network.config = { ...network.config, logicRef: sampleWord(9) }),
      'transfer/logic-differs'
    ],
    [
      'an account opened since',
      (network) => (network.distort = (view) => ({ ...view, status: { active: null } })),
      'transfer/not-sealed'
    ],
    [
      'an account that lost its resource',
      (network) => (network.distort = (view) => ({ ...view, head: [] })),
      'transfer/not-bound'
    ],
    [
      'an account in another domain',
      (network) => (network.distort = inDomain(sampleWord(9))),
      'transfer/other-domain'
    ]
  ])('tells of %s', async (_name, happen, code) => {
    const { network, plan } = await sale();

    happen(network);

    expect(await codesOf(network, plan)).toEqual([code]);
  });

  it('tells of a plan for another signer, and asks this one nothing', async () => {
    const { network, plan } = await sale();
    network.canisters.signer.account = () => Promise.reject(new Error('must not be asked'));

    const codes = await codesOf(network, { ...plan, signerCanisterId: Uint8Array.of(1) });

    expect(codes).toContain('transfer/other-signer');
  });

  it('tells of a domain the canister does not know', async () => {
    const { network, plan } = await sale();

    expect(await codesOf(network, { ...plan, domainId: sampleWord(9) })).toEqual(
      expect.arrayContaining(['domain/unknown', 'transfer/other-domain'])
    );
  });

  it('recomputes the passport: no field of it can differ from its digest', async () => {
    const changes: Partial<PassportWire>[] = [
      { signer: alice.getPrincipal() },
      { account: sampleWord(9) },
      { epoch: 9n },
      { mode: { unrestricted: null } },
      { generation: 1 },
      { log_head: sampleWord(9) },
      { log_count: 9n },
      { evm_nonces: [] },
      { policy_digest: sampleWord(9) },
      { module_hash: sampleWord(9) },
      { controllers: [] }
    ];
    const { network, plan } = await sale();
    for (const change of changes) {
      network.distort = withPassport(change);
      expect({ change, codes: await codesOf(network, plan) }).toEqual({
        change,
        codes: ['transfer/passport-broken']
      });
    }
  });

  it('refuses a passport of something else, though its digest is right and the plan names it', async () => {
    const { network, plan, id } = await sale();
    const { status } = network.account(id);
    if (status.type !== 'sealed') throw new Error('expected a sealed account');
    const others: [Partial<PassportWire>, Partial<Passport>][] = [
      [{ account: sampleWord(9) }, { accountId: sampleWord(9) }],
      [{ signer: alice.getPrincipal() }, { signerCanisterId: alice.getPrincipal().toUint8Array() }],
      [{ epoch: 9n }, { epoch: 9n }]
    ];
    for (const [onWire, change] of others) {
      const digest = hashPassport({ ...status.passport, ...change });
      network.distort = withPassport({ ...onWire, digest });
      const codes = await codesOf(network, withUnit(plan, { passportDigest: digest }));
      expect({ onWire, codes }).toEqual({
        onWire,
        codes: expect.arrayContaining(['transfer/passport-broken']) as unknown
      });
      expect(codes).not.toContain('transfer/stale-passport');
    }
  });

  it('tells of signed transactions that can still be mined', async () => {
    const { network, plan } = await sale();
    const codes = async (evm: NonceReader): Promise<string[]> =>
      planFaults(await verifyPlan({ ...network.canisters, evm }, plan)).map(({ code }) => code);

    expect(await codes(nodeAt(2))).toEqual(['transfer/open-signatures']);
    expect(await codes(nodeAt(3))).toEqual([]);
    expect(await codes(nodeAt(0, 1))).toEqual([]);
  });

  it('names each party whose approval is of something else', async () => {
    const { network, plan } = await sale();
    const received = { nkCommitment: sampleWord(8), randSeed: sampleWord(9) };

    const check = await verifyPlan(network.canisters, withUnit(plan, { received }));

    expect(check.approvals.map(({ state }) => state)).toEqual(['invalid', 'invalid']);
    expect(planFaults(check).map(({ code }) => code)).toEqual([
      'transfer/approval-invalid',
      'transfer/approval-invalid'
    ]);
  });

  it('throws on what is no refusal of a canister', async () => {
    const { network, plan } = await sale();
    network.canisters.signer.account = () => Promise.reject(new Error('connection reset'));

    await expect(verifyPlan(network.canisters, plan)).rejects.toThrow('connection reset');
  });
});

describe('assertPlanHolds', () => {
  it('refuses with the first fault, unless it is accepted', async () => {
    const { network, plan } = await sale();
    const check = await verifyPlan({ ...network.canisters, evm: nodeAt(0) }, plan);

    expect(await refusalCode(() => assertPlanHolds(check))).toBe('transfer/open-signatures');
    expect(await refusalCode(() => assertPlanHolds(check, ['transfer/open-signatures']))).toBeUndefined();
  });
});

const withPassport =
  (change: Partial<PassportWire>) =>
  (view: AccountViewWire): AccountViewWire =>
    'sealed' in view.status ? { ...view, status: { sealed: { ...view.status.sealed, ...change } } } : view;

const inDomain =
  (domain: Bytes32) =>
  (view: AccountViewWire): AccountViewWire => {
    const [head] = view.head;
    return head === undefined ? view : { ...view, head: [{ ...head, domain }] };
  };

/**
 * Actions that the adapter has really executed and that are truly proven, each wrong in one thing: the chain obeyed, the
 * signer must not. All are executed first, and proven at one checkpoint.
 */
import { toBytes, toHex } from 'viem';
import { type CheckpointWire } from '../../../src/api/domains-idl';
import { unwrap } from '../../../src/api/errors';
import { type TransitionBatchWire } from '../../../src/api/signer-idl';
import { encodeAccountValue, hashAccountValue } from '../../../src/core/account/account-value';
import { type Bytes32, ZERO_BYTES32, hex32 } from '../../../src/core/bytes';
import { type Resource, commitNullifierKey, deriveNullifier } from '../../../src/core/resource/resource';
import { deriveNullifierKey } from '../../../src/sdk';
import { readAdapterBlock } from '../../support/evm-evidence';
import { type TestPerson, type TestStage, startTestStage } from '../../support/test-stage';
import {
  type Flaws,
  type ForgedExecution,
  type ForgedMove,
  executeForged,
  freshWord,
  readKnownAccount
} from '../../support/transfer/forged-transfer';
import { ProofCarrier } from '../../support/transfer/proof-carrier';
import {
  createAccounts,
  createBoundAccounts,
  createSealedAccounts,
  ed25519Identity,
  joinStage,
  secp256k1Identity
} from '../../support/transfer/stage-people';
import { refusalOf } from '../../support/transfer/stage-state';

const OTHER = hex32('ee'.repeat(32));
const ANONYMOUS = Uint8Array.of(4);
const A_CANISTER = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9, 1, 1);
const MANAGEMENT = new Uint8Array();

let stage: TestStage;
let carrier: ProofCarrier;
let alice: TestPerson;
let bob: TestPerson;
let mallory: TestPerson;
let checkpoint: CheckpointWire;

/** What is wrong with a transfer of one sealed account from alice to bob. */
type Forgery = {
  readonly name: string;
  readonly code: string;
  readonly change?: Partial<ForgedMove>;
  readonly flaws?: () => Flaws;
};

const withoutOwner = (): Flaws => ({ parties: [bob.identity, mallory.identity] });

const forgeries: readonly Forgery[] = [
  { name: 'quantity 2', code: 'transition/quantity', change: { successor: { quantity: 2n } } },
  { name: 'quantity 0', code: 'transition/quantity', change: { successor: { quantity: 0n } } },
  {
    name: 'an ephemeral successor',
    code: 'transition/ephemeral',
    change: { successor: { isEphemeral: true } }
  },
  { name: 'another logic', code: 'transition/logic-ref', change: { successor: { logicRef: OTHER } } },
  { name: 'the label of no account', code: 'account/unknown', change: { successor: { labelRef: OTHER } } },
  {
    name: 'a nonce that is not the nullifier',
    code: 'transition/nonce',
    change: { successor: { nonce: OTHER } }
  },
  {
    name: 'a value for another domain',
    code: 'transition/value-domain',
    change: { value: { domainId: OTHER } }
  },
  {
    name: 'a value_ref of nothing',
    code: 'transition/value-ref',
    change: { successor: { valueRef: OTHER } }
  },
  {
    name: 'the anonymous principal as owner',
    code: 'transition/owner',
    change: { value: { owner: ANONYMOUS } }
  },
  { name: 'a canister as owner', code: 'transition/owner', change: { value: { owner: A_CANISTER } } },
  { name: 'no approval by the owner', code: 'authority/missing', flaws: withoutOwner },
  {
    name: 'only the next owner approving',
    code: 'authority/missing',
    flaws: () => ({ parties: [bob.identity] })
  },
  {
    name: 'approvals for another signer',
    code: 'authority/signature',
    flaws: () => ({ signedSigner: A_CANISTER })
  },
  {
    name: 'approvals for the management canister',
    code: 'authority/signature',
    flaws: () => ({ signedSigner: MANAGEMENT })
  },
  {
    name: 'approvals for another domain',
    code: 'authority/signature',
    flaws: () => ({ signedDomain: OTHER })
  },
  {
    name: 'approvals of another passport',
    code: 'authority/signature',
    flaws: () => ({
      signedConsents: (consents) => consents.map((consent) => ({ ...consent, passportDigest: OTHER }))
    })
  },
  { name: 'a consent for the next epoch', code: 'authority/consent', change: { consent: { epoch: 1n } } },
  {
    name: 'a consent for the last epoch there is',
    code: 'authority/consent',
    change: { consent: { epoch: 2n ** 64n - 1n } }
  },
  {
    name: 'a consent for another account',
    code: 'authority/consent',
    change: { consent: { accountId: OTHER } }
  },
  {
    name: 'two consents for the account',
    code: 'authority/consent',
    flaws: () => ({ consents: (consents) => [...consents, ...consents] })
  },
  {
    name: 'a consent more, for an account that does not move',
    code: 'transition/consent-unmet',
    flaws: () => ({
      consents: (consents) => [...consents, { accountId: OTHER, passportDigest: OTHER, epoch: 0n }]
    })
  },
  {
    name: 'a transition called a binding',
    code: 'transition/already-bound',
    flaws: () => ({ purpose: 'binding' })
  }
];

const executed = new Map<string, ForgedExecution>();
let swapped: readonly [Bytes32, Bytes32];
let replacedHead: Bytes32;
let twice: Bytes32;
let unbound: Bytes32;
let robbed: readonly [Bytes32, Bytes32];

const move = (accountId: Bytes32): ForgedMove => ({ accountId, owner: alice.identity, to: bob.identity });
const state = () => ({ stage, people: [alice, bob, mallory] });

async function execute(name: string, moves: readonly ForgedMove[], flaws?: Flaws): Promise<void> {
  executed.set(name, await executeForged(stage, moves, flaws));
}
function executionOf(name: string): ForgedExecution {
  const execution = executed.get(name);
  if (execution === undefined) throw new Error(`${name} was not executed`);
  return execution;
}
const batchOf = (name: string): Promise<TransitionBatchWire> =>
  carrier.readBatch(executionOf(name).hash, checkpoint);
const apply = (batch: TransitionBatchWire): Promise<string> =>
  refusalOf(state(), () => stage.signer.apply_transitions(batch));

/** Storage proof of whether the adapter has the nullifier at the checkpoint. */
async function nullifierProofOf(nullifier: Uint8Array | undefined): Promise<Uint8Array[]> {
  const key = toHex(nullifier ?? new Uint8Array());
  const block = await readAdapterBlock(stage.evm.reader, {
    adapter: stage.deployment.adapter,
    height: checkpoint.height,
    nullifiers: [key]
  });
  return (block.nullifierProofs[key] ?? []).map((node) => toBytes(node));
}

/** A resource like the head that was never created: what someone makes up who has the owner's nullifier key. */
async function madeUpHead(accountId: Bytes32): Promise<Resource> {
  const { head, epoch } = await readKnownAccount(stage, accountId);
  if (head === undefined) throw new Error('not bound');
  const nk = await deriveNullifierKey(alice.identity, { accountId, epoch });
  return { ...head, isEphemeral: true, nonce: freshWord(), nkCommitment: commitNullifierKey(nk) };
}

async function executeAll(ids: readonly Bytes32[]): Promise<void> {
  const [headless, double, first, second, victim, other, ...rest] = ids;
  if (!headless || !double || !first || !second || !victim || !other) throw new Error('too few accounts');
  [replacedHead, twice, swapped, robbed] = [headless, double, [first, second], [victim, other]];
  for (const [index, { name, change, flaws }] of forgeries.entries()) {
    const accountId = rest[index];
    if (accountId === undefined) throw new Error('too few accounts');
    await execute(name, [{ ...move(accountId), ...change }], flaws?.());
  }
  await execute('a made-up head', [{ ...move(replacedHead), consumed: await madeUpHead(replacedHead) }]);
  await execute('another account', [{ ...move(robbed[0]), successor: { labelRef: robbed[1] } }]);
  await executeTwice();
  await execute('one side', [move(swapped[0]), move(swapped[1])], {
    executes: ({ accountId }) => accountId === swapped[0]
  });
  const binding = { accountId: unbound, owner: alice.identity, to: alice.identity };
  await execute('a binding for somebody else', [{ ...binding, to: mallory.identity }]);
  await execute('a binding that nobody approved', [binding], { parties: [mallory.identity] });
  await execute('a binding with a passport', [{ ...binding, known: { passportDigest: OTHER } }]);
  await execute('a transition of an account not bound', [binding], { purpose: 'transition' });
}

/** One action in which an account goes from alice to bob and on to mallory. */
async function executeTwice(): Promise<void> {
  const { head, epoch, passportDigest } = await readKnownAccount(stage, twice);
  if (head === undefined) throw new Error('not bound');
  const nk = await deriveNullifierKey(alice.identity, { accountId: twice, epoch });
  const nextNk = await deriveNullifierKey(bob.identity, { accountId: twice, epoch: epoch + 1n });
  const value = encodeAccountValue({
    owner: bob.identity.getPrincipal().toUint8Array(),
    domainId: stage.domainId,
    holdingsDigest: ZERO_BYTES32,
    intentDigest: ZERO_BYTES32,
    passportDigest
  });
  const between: Resource = {
    ...head,
    valueRef: hashAccountValue(value),
    nonce: deriveNullifier(head, nk),
    nkCommitment: commitNullifierKey(nextNk),
    randSeed: freshWord()
  };
  const onward: ForgedMove = {
    accountId: twice,
    owner: bob.identity,
    to: mallory.identity,
    known: { head: between, epoch: epoch + 1n, passportDigest }
  };
  await execute('the same account twice', [{ ...move(twice), successor: { ...between } }, onward], {
    consents: ([first]) => (first === undefined ? [] : [first])
  });
}

beforeAll(async () => {
  stage = await startTestStage();
  carrier = new ProofCarrier(stage);
  alice = await joinStage(stage, ed25519Identity('alice'));
  bob = await joinStage(stage, secp256k1Identity('bob'));
  mallory = await joinStage(stage, ed25519Identity('mallory'));
  const ids = await createSealedAccounts(stage, carrier, { owner: alice, count: forgeries.length + 6 });
  [unbound] = (await createAccounts(alice, 1)) as [Bytes32];
  await executeAll(ids);
  checkpoint = await carrier.acceptCheckpoint();
});

afterAll(() => stage.stop());

describe('an executed transfer', () => {
  it.each(forgeries)('is refused with $name', async ({ name, code }) => {
    expect(await apply(await batchOf(name))).toBe(code);
  });

  it('is refused when it consumed a made-up head', async () => {
    expect(await apply(await batchOf('a made-up head'))).toBe('transition/nullifier');
  });

  it("is refused when it consumed one account's head for another account", async () => {
    expect(await apply(await batchOf('another account'))).toBe('transition/nullifier-key');
  });

  it('is refused when it moves an account twice', async () => {
    expect(await apply(await batchOf('the same account twice'))).toBe('transition/duplicate-account');
  });
});

describe('a swap of which only one side was executed', () => {
  it('is refused as the one side that it was', async () => {
    expect(await apply(await batchOf('one side'))).toBe('authority/signature');
  });

  it('is refused under the tags that were approved, with a unit left out', async () => {
    const batch = await batchOf('one side');

    expect(await apply({ ...batch, tags: [...executionOf('one side').approvedTags] })).toBe(
      'transition/units'
    );
  });

  it('is refused under the tags that were approved, the other side shown as not ours', async () => {
    const batch = await batchOf('one side');
    const [unit] = batch.units;
    if (unit === undefined) throw new Error('a unit');
    const tags = [...executionOf('one side').approvedTags];
    const proof = await nullifierProofOf(tags[2]);

    const shown = { ...unit, payload: [] as [], nullifier_proof: proof };

    expect(await apply({ ...batch, tags, units: [unit, shown] })).toBe('proof/root-mismatch');
  });

  it('is refused under the tags that were approved, with the payload of the other side', async () => {
    const batch = await batchOf('one side');
    const [unit] = batch.units;
    const { approvedTags, payloads } = executionOf('one side');
    const [, payload] = payloads;
    if (unit === undefined || payload === undefined) throw new Error('two units');
    const tags = [...approvedTags];
    const proof = await nullifierProofOf(tags[2]);

    const shown = { ...unit, payload: [payload] as [Uint8Array], nullifier_proof: proof };

    expect(await apply({ ...batch, tags, units: [unit, shown] })).toBe('proof/root-mismatch');
  });
});

describe('a swap of which one side has gone another way', () => {
  it('is refused, although the nullifier is known and the successor in the tree', async () => {
    const [kept] = await createSealedAccounts(stage, carrier, { owner: mallory, count: 1 });
    const [wanted] = await createSealedAccounts(stage, carrier, { owner: alice, count: 1 });
    if (kept === undefined || wanted === undefined) throw new Error('two accounts');
    const known = await readKnownAccount(stage, kept);
    const own = { accountId: kept, owner: mallory.identity };
    unwrap(await carrier.carry((await executeForged(stage, [{ ...own, to: mallory.identity }])).hash));
    const { hash, approvedTags, payloads } = await executeForged(
      stage,
      [
        { ...own, to: alice.identity, known },
        { ...move(wanted), to: mallory.identity }
      ],
      { executes: ({ accountId }) => accountId === wanted, createsTheRest: true }
    );
    checkpoint = await carrier.acceptCheckpoint();
    const batch = await carrier.readBatch(hash, checkpoint);
    const [executedUnit, createdUnit] = batch.units;
    const [payload] = payloads;
    if (!executedUnit || !createdUnit || !payload) throw new Error('two units');
    const nullifierProof = await nullifierProofOf(approvedTags[0]);

    const shown = { ...createdUnit, payload: [payload] as [Uint8Array], nullifier_proof: nullifierProof };

    expect(await apply({ ...batch, tags: [...approvedTags], units: [shown, executedUnit] })).toBe(
      'transition/replayed'
    );
  });
});

describe('a transfer whose nullifier somebody bound an account of their own under', () => {
  it('is applied all the same', async () => {
    const [sold] = await createSealedAccounts(stage, carrier, { owner: alice, count: 1 });
    const [decoy] = await createAccounts(mallory, 1);
    if (sold === undefined || decoy === undefined) throw new Error('two accounts');
    const sale = await executeForged(stage, [move(sold)]);
    const [nullifier] = sale.approvedTags;
    if (nullifier === undefined) throw new Error('a nullifier');
    const own = { accountId: decoy, owner: mallory.identity, to: mallory.identity };
    const decoyBinding = await executeForged(stage, [{ ...own, successor: { nonce: nullifier } }], {
      claimedNullifier: nullifier
    });
    checkpoint = await carrier.acceptCheckpoint();
    const binding = await carrier.readBatch(decoyBinding.hash, checkpoint);
    unwrap(await mallory.signer.apply_transitions({ ...binding, tags: [...decoyBinding.approvedTags] }));

    const [account] = unwrap(
      await stage.signer.apply_transitions(await carrier.readBatch(sale.hash, checkpoint))
    );

    expect(account?.owner.toText()).toBe(bob.identity.getPrincipal().toText());
    expect(account?.status).toEqual({ active: null });
  });
});

describe('an executed binding', () => {
  it.each([
    ['a binding for somebody else', 'transition/owner'],
    ['a binding that nobody approved', 'authority/missing'],
    ['a binding with a passport', 'authority/consent'],
    ['a transition of an account not bound', 'transition/not-bound']
  ])('is refused: %s', async (name, code) => {
    expect(await apply(await batchOf(name))).toBe(code);
  });

  it('is accepted when its owner makes it after all, and refused a second time', async () => {
    const { hash } = await executeForged(stage, [
      { accountId: unbound, owner: alice.identity, to: alice.identity }
    ]);
    const accepted = await carrier.acceptCheckpoint();
    const batch = await carrier.readBatch(hash, accepted);

    unwrap(await stage.signer.apply_transitions(batch));

    expect(await apply(batch)).toBe('transition/replayed');
  });
});

describe('an executed transfer of two accounts', () => {
  it('moves neither when one of them is moved wrongly', async () => {
    const [good, bad] = await createBoundAccounts(stage, carrier, { owner: alice, count: 2 });
    if (good === undefined || bad === undefined) throw new Error('two accounts');
    for (const id of [good, bad]) unwrap(await alice.signer.seal_account(id));
    const { hash } = await executeForged(stage, [
      move(good),
      { ...move(bad), successor: { isEphemeral: true } }
    ]);
    const accepted = await carrier.acceptCheckpoint();

    expect(await apply(await carrier.readBatch(hash, accepted))).toBe('transition/ephemeral');
  });
});

/** A true swap of two accounts, executed by the adapter, presented to the canisters with one thing wrong at a time. */
import { toBytes, toHex } from 'viem';
import { bytes32 } from '../../../src/core/bytes';
import { decodeTransitionPayload } from '../../../src/core/account/transition-payload';
import { approvalMessages } from '../../../src/core/proof/approval';
import { actionTreeRoot } from '../../../src/core/resource/action';
import { type CheckpointWire } from '../../../src/api/domains-idl';
import { unwrap } from '../../../src/api/errors';
import { readAdapterBlock } from '../../support/evm-evidence';
import { type TestPerson, type TestStage, startTestStage } from '../../support/test-stage';
import { executeForged } from '../../support/transfer/forged-transfer';
import { ProofCarrier } from '../../support/transfer/proof-carrier';
import {
  createSealedAccounts,
  ed25519Identity,
  joinStage,
  secp256k1Identity
} from '../../support/transfer/stage-people';
import { readState, refusalOf } from '../../support/transfer/stage-state';
import { payloadFaults } from './payload-faults';
import { type Batch, type Loot } from './presented-fault';
import { proofFaults } from './proof-faults';

let stage: TestStage;
let carrier: ProofCarrier;
let alice: TestPerson;
let bob: TestPerson;
let batch: Batch;
let loot: Loot;

beforeAll(async () => {
  stage = await startTestStage();
  carrier = new ProofCarrier(stage);
  alice = await joinStage(stage, ed25519Identity('alice'));
  bob = await joinStage(stage, secp256k1Identity('bob'));
  const [first] = await createSealedAccounts(stage, carrier, { owner: alice, count: 1 });
  const [second] = await createSealedAccounts(stage, carrier, { owner: bob, count: 1 });
  if (first === undefined || second === undefined) throw new Error('two accounts');
  const earlier = await carrier.acceptCheckpoint();
  const { hash } = await executeForged(
    stage,
    [
      { accountId: first, owner: alice.identity, to: bob.identity },
      { accountId: second, owner: bob.identity, to: alice.identity }
    ],
    { bystander: true }
  );
  const checkpoint = await carrier.acceptCheckpoint();
  batch = await carrier.readBatch(hash, checkpoint);
  loot = await collectLoot({ checkpoint, earlier });
});

afterAll(() => stage.stop());

async function collectLoot(checkpoints: {
  readonly checkpoint: CheckpointWire;
  readonly earlier: CheckpointWire;
}): Promise<Loot> {
  const { checkpoint, earlier } = checkpoints;
  const { reader } = stage.evm;
  const nullifier = toHex(batch.tags[0] ?? new Uint8Array());
  const nullifiers = [nullifier];
  const before = await readAdapterBlock(reader, {
    adapter: stage.deployment.adapter,
    height: earlier.height,
    nullifiers
  });
  const token = await reader.getProof({
    address: stage.deployment.token,
    storageKeys: [nullifier],
    blockNumber: checkpoint.height
  });
  return {
    leafCount: checkpoint.leaf_count,
    proofAtOtherBlock: (before.nullifierProofs[nullifier] ?? []).map((node) => toBytes(node)),
    proofOfOtherContract: (token.storageProof[0]?.proof ?? []).map((node) => toBytes(node)),
    foreignApproval: await approveAsStranger(),
    earlierHeight: earlier.height,
    unknownHeight: checkpoint.height + 1n
  };
}

async function approveAsStranger(): Promise<Loot['foreignApproval']> {
  const mallory = ed25519Identity('mallory');
  const [payload = new Uint8Array()] = batch.units[0]?.payload ?? [];
  const messages = approvalMessages({
    signerCanisterId: stage.signerId.toUint8Array(),
    domainId: stage.domainId,
    actionTreeRoot: actionTreeRoot(batch.tags.map((tag) => bytes32(tag, 'tag'))),
    consents: decodeTransitionPayload(payload).consents
  });
  return {
    publicKeyDer: new Uint8Array(mallory.getPublicKey().toDer()),
    actionSignature: new Uint8Array(await mallory.sign(messages.action)),
    consentSignature: new Uint8Array(await mallory.sign(messages.consent))
  };
}

describe('a true swap', () => {
  it.each([...proofFaults, ...payloadFaults])('is refused with $name', async ({ code, present }) => {
    const presented = present(batch, loot);

    const refusal = refusalOf({ stage, people: [alice, bob] }, () =>
      stage.signer.apply_transitions(presented)
    );

    expect(await refusal).toBe(code);
  });

  it('is refused by the Internet Computer itself in a message above 2 MiB, and changes nothing', async () => {
    const state = await readState(stage, [alice, bob]);
    const [unit] = batch.units;
    if (unit === undefined) throw new Error('units');
    const huge = { ...batch, units: [{ ...unit, payload: [new Uint8Array(3 * 2 ** 20)] as [Uint8Array] }] };

    await expect(stage.signer.apply_transitions(huge)).rejects.toThrow();

    expect(await readState(stage, [alice, bob])).toEqual(state);
  });

  it('is applied as it is after all that, both sides in one message', async () => {
    const views = unwrap(await stage.signer.apply_transitions(batch));

    expect(views.map(({ owner }) => owner.toText())).toEqual(
      [bob, alice].map(({ identity }) => identity.getPrincipal().toText())
    );
    expect(views.map(({ status }) => status)).toEqual([{ active: null }, { active: null }]);
    expect(views.map(({ epoch }) => epoch)).toEqual([1n, 1n]);
  });

  it('is refused when it comes again, whoever brings it', async () => {
    for (const { signer } of [stage, alice, bob]) {
      const refusal = refusalOf({ stage, people: [alice, bob] }, () => signer.apply_transitions(batch));

      expect(await refusal).toBe('transition/replayed');
    }
  });
});

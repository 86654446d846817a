/**
 * Transfers that the adapter stand-in executes and the signer may refuse: every ingredient can be replaced before what
 * depends on it is made, so that a forgery is consistent, and real on chain, but for the one thing that is wrong with it.
 * The mock prover seals what no circuit would.
 */
import { type SignIdentity } from '@dfinity/agent';
import { type Hex, toHex } from 'viem';
import { unwrap } from '../../../src/api/errors';
import {
  type AccountValue,
  encodeAccountValue,
  hashAccountValue
} from '../../../src/core/account/account-value';
import {
  type Approval,
  type Consent,
  type TransitionPurpose,
  encodeTransitionPayload
} from '../../../src/core/account/transition-payload';
import { type Bytes32, ZERO_BYTES32, bytes32, equalBytes, hex32 } from '../../../src/core/bytes';
import { type ApprovalMessages, approvalMessages } from '../../../src/core/proof/approval';
import { createBindingOrigin } from '../../../src/core/proof/compose-transfer';
import { actionTreeRoot } from '../../../src/core/resource/action';
import {
  type UnitPlan,
  type UnprovenAction,
  proveTransaction
} from '../../../src/core/resource/build-action';
import { deriveKind } from '../../../src/core/resource/kind';
import { unitDelta } from '../../../src/core/resource/make-delta';
import { type AppData, DELETE_NEVER, NO_APP_DATA } from '../../../src/core/resource/logic';
import {
  type Resource,
  commitNullifierKey,
  commitResource,
  decodeResourceAbi,
  deriveNullifier
} from '../../../src/core/resource/resource';
import { encodeExecuteCall } from '../../../src/core/resource/transaction-abi';
import { STAND_IN_LOGIC_REF } from '../../../scripts/network/dev-network';
import { deriveNullifierKey } from '../../../src/sdk';
import { mineBlocks } from '../../fixtures/evm/anvil';
import { mockProver } from '../../fixtures/arm/mock-prover';
import { SAMPLE_NK, creationPlan, sampleWord } from '../../fixtures/arm/sample-units';
import { ADAPTER_ABI } from '../../fixtures/evm/adapter-session';
import { type TestStage } from '../test-stage';

/** One account of the action and what is wrong with its part. */
export type ForgedMove = {
  readonly accountId: Bytes32;
  readonly owner: SignIdentity;
  readonly to: SignIdentity;
  /** In place of the head. */
  readonly consumed?: Resource;
  readonly successor?: Partial<Resource>;
  readonly value?: Partial<AccountValue>;
  readonly consent?: Partial<Consent>;
  /** In place of what the signer says of the account. */
  readonly known?: Partial<KnownAccount>;
};

/** What is wrong with the whole action. */
export type Flaws = {
  readonly purpose?: TransitionPurpose;
  readonly parties?: readonly SignIdentity[];
  readonly signedSigner?: Uint8Array;
  readonly signedDomain?: Bytes32;
  readonly signedConsents?: (consents: readonly Consent[]) => readonly Consent[];
  /** In place of one consent for each move. */
  readonly consents?: (consents: readonly Consent[]) => readonly Consent[];
  /** Which of the approved moves happen on chain; all by default. */
  readonly executes?: (move: ForgedMove) => boolean;
  /** Creates the successors of the moves that do not happen all the same, out of nothing. */
  readonly createsTheRest?: true;
  /** Leaves the payloads out of the transaction; the parties have them. */
  readonly isUnpublished?: true;
  /** What the parties approve, and the signer is shown, as consumed by the first unit; the chain consumes another. */
  readonly claimedNullifier?: Bytes32;
  /** A unit of the action that is about no account. */
  readonly bystander?: true;
};

/** What happened on chain, and what the parties approved. `payloads` in the order of the moves. */
export type ForgedExecution = {
  readonly hash: Hex;
  readonly approvedTags: readonly Bytes32[];
  readonly payloads: readonly Uint8Array[];
};

/** An account as far as a transfer goes; the digest is zero while it is not sealed. */
export type KnownAccount = {
  readonly epoch: bigint;
  readonly head: Resource | undefined;
  readonly passportDigest: Bytes32;
};

type Unit = {
  readonly move: ForgedMove;
  readonly plan: UnitPlan;
  readonly purpose: TransitionPurpose;
  readonly value: Uint8Array;
  readonly consent: Consent;
};

let wordsUsed = 1_000_000;
/** Another 32 bytes at each call, the same in every run. */
export const freshWord = (): Bytes32 => sampleWord((wordsUsed += 1));

export async function readKnownAccount(stage: TestStage, accountId: Bytes32): Promise<KnownAccount> {
  const view = unwrap(await stage.signer.account(accountId));
  const [head] = view.head;
  return {
    epoch: view.epoch,
    head: head === undefined ? undefined : decodeResourceAbi(Uint8Array.from(head.resource)),
    passportDigest:
      'sealed' in view.status ? bytes32(Uint8Array.from(view.status.sealed.digest), 'passport') : ZERO_BYTES32
  };
}

/** Has the adapter execute these moves in one action. @throws when it refuses. */
export async function executeForged(
  stage: TestStage,
  moves: readonly ForgedMove[],
  flaws: Flaws = {}
): Promise<ForgedExecution> {
  const { evm, deployment } = stage;
  const root = await evm.reader.readContract({
    address: deployment.adapter,
    abi: ADAPTER_ABI,
    functionName: 'latestCommitmentTreeRoot'
  });
  const units: Unit[] = [];
  for (const move of moves) units.push(await makeUnit(stage, move, hex32(String(root))));
  const { calldata, ...approved } = await proveForged(stage, units, flaws);
  const hash = await evm.wallet.sendTransaction({
    account: evm.account,
    chain: evm.chain,
    to: deployment.adapter,
    data: toHex(calldata)
  });
  await mineBlocks(stage.anvil.url, 1);
  const receipt = await evm.reader.waitForTransactionReceipt({ hash });
  if (receipt.status !== 'success') throw new Error(`${hash}: the adapter refused the forgery`);
  return { hash, ...approved };
}

async function makeUnit(stage: TestStage, move: ForgedMove, root: Bytes32): Promise<Unit> {
  const { accountId, owner, to } = move;
  const known = { ...(await readKnownAccount(stage, accountId)), ...move.known };
  const { epoch, passportDigest, head } = known;
  const nk = await deriveNullifierKey(owner, { accountId, epoch });
  const origin = { accountId, logicRef: STAND_IN_LOGIC_REF, nk, seed: freshWord() };
  const consumed = move.consumed ?? head ?? createBindingOrigin(origin);
  const nextEpoch = head === undefined ? epoch : epoch + 1n;
  const value = encodeAccountValue({
    owner: to.getPrincipal().toUint8Array(),
    domainId: stage.domainId,
    holdingsDigest: ZERO_BYTES32,
    intentDigest: ZERO_BYTES32,
    passportDigest,
    ...move.value
  });
  const created: Resource = {
    logicRef: STAND_IN_LOGIC_REF,
    labelRef: accountId,
    quantity: 1n,
    valueRef: hashAccountValue(value),
    isEphemeral: false,
    nonce: deriveNullifier(consumed, nk),
    nkCommitment: commitNullifierKey(await deriveNullifierKey(to, { accountId, epoch: nextEpoch })),
    randSeed: freshWord(),
    ...move.successor
  };
  return {
    move,
    plan: { consumed: { resource: consumed, nk, root }, created: { resource: created }, rcv: freshWord() },
    purpose: head === undefined ? 'binding' : 'transition',
    value,
    consent: { accountId, passportDigest, epoch, ...move.consent }
  };
}

async function proveForged(
  stage: TestStage,
  units: readonly Unit[],
  flaws: Flaws
): Promise<Omit<ForgedExecution, 'hash'> & { readonly calldata: Uint8Array }> {
  const others = [...units.flatMap(balance), ...(flaws.bystander === undefined ? [] : [bystander()])];
  const approved = claimNullifier(forgeAction([...units.map(({ plan }) => plan), ...others]), flaws);
  const consents = units.map(({ consent }) => consent);
  const presented = flaws.consents?.(consents) ?? consents;
  const messages = approvalMessages({
    signerCanisterId: flaws.signedSigner ?? stage.signerId.toUint8Array(),
    domainId: flaws.signedDomain ?? stage.domainId,
    actionTreeRoot: approved.actionTreeRoot,
    consents: flaws.signedConsents?.(presented) ?? presented
  });
  const parties = new Set(flaws.parties ?? units.flatMap(({ move }) => [move.owner, move.to]));
  const approvals: Approval[] = [];
  for (const party of parties) approvals.push(await approve(party, messages));
  const payloads = units.map((unit) => payloadOf(unit, { flaws, consents: presented, approvals }));
  const executed = units.filter(({ move }) => flaws.executes?.(move) ?? true);
  const rest = flaws.createsTheRest === undefined ? [] : units.filter((unit) => !executed.includes(unit));
  const action = forgeAction([
    ...executed.map(({ plan }) => plan),
    ...others,
    ...rest.map(createFromNothing)
  ]);
  const appDataOf = (tag: Bytes32): AppData => ({
    ...NO_APP_DATA,
    applicationPayload: units.flatMap(({ plan }, index) => {
      const blob = payloads[index];
      const isOf =
        blob !== undefined &&
        flaws.isUnpublished !== true &&
        equalBytes(commitResource(plan.created.resource), tag);
      return isOf ? [{ blob, deletionCriterion: DELETE_NEVER }] : [];
    })
  });
  const transaction = await proveTransaction(mockProver, [{ action, appDataOf }]);
  return { calldata: encodeExecuteCall(transaction), approvedTags: approved.tags, payloads };
}

function payloadOf(
  { plan, value, ...unit }: Unit,
  action: {
    readonly flaws: Flaws;
    readonly consents: readonly Consent[];
    readonly approvals: readonly Approval[];
  }
): Uint8Array {
  const purpose = action.flaws.purpose ?? unit.purpose;
  return encodeTransitionPayload({
    purpose,
    nullifierKey: purpose === 'binding' ? ZERO_BYTES32 : plan.consumed.nk,
    successor: plan.created.resource,
    accountValue: value,
    consents: action.consents,
    approvals: action.approvals
  });
}

async function approve(party: SignIdentity, messages: ApprovalMessages): Promise<Approval> {
  return {
    publicKeyDer: new Uint8Array(party.getPublicKey().toDer()),
    actionSignature: new Uint8Array(await party.sign(messages.action)),
    consentSignature: new Uint8Array(await party.sign(messages.consent))
  };
}

/** A unit of ephemeral resources that gives back what the forged unit takes too much or makes too much of. */
function balance({ plan }: Unit): UnitPlan[] {
  const { consumed, created } = plan;
  const from = consumed.resource;
  const to = created.resource;
  const isSameKind = equalBytes(from.logicRef, to.logicRef) && equalBytes(from.labelRef, to.labelRef);
  if (isSameKind && from.quantity === to.quantity) return [];
  const ephemeral = { isEphemeral: true, nkCommitment: commitNullifierKey(SAMPLE_NK) };
  const given: Resource = { ...to, ...ephemeral, nonce: freshWord() };
  const taken: Resource = { ...from, ...ephemeral, nonce: deriveNullifier(given, SAMPLE_NK) };
  const root = consumed.root;
  return [
    { consumed: { resource: given, nk: SAMPLE_NK, root }, created: { resource: taken }, rcv: freshWord() }
  ];
}

const createFromNothing = ({ plan: { consumed, created } }: Unit): UnitPlan => ({
  consumed: {
    resource: {
      ...created.resource,
      isEphemeral: true,
      nonce: freshWord(),
      nkCommitment: commitNullifierKey(SAMPLE_NK)
    },
    nk: SAMPLE_NK,
    root: consumed.root
  },
  created,
  rcv: freshWord()
});

const bystander = (): UnitPlan => ({ ...creationPlan(freshWord()), rcv: freshWord() });

/** The action as it is: no check of what it is made of. */
function forgeAction(plans: readonly UnitPlan[]): UnprovenAction {
  const units = plans.map((plan) => ({ plan, instance: forgeInstance(plan) }));
  const tags = units.flatMap(({ instance }) => [instance.consumed.nullifier, instance.created.commitment]);
  return { units, tags, actionTreeRoot: actionTreeRoot(tags) };
}

function claimNullifier(action: UnprovenAction, { claimedNullifier }: Flaws): UnprovenAction {
  if (claimedNullifier === undefined) return action;
  const tags = [claimedNullifier, ...action.tags.slice(1)];
  return { ...action, tags, actionTreeRoot: actionTreeRoot(tags) };
}

function forgeInstance({ consumed, created, rcv }: UnitPlan): UnprovenAction['units'][number]['instance'] {
  const side = (resource: Resource) => ({ kind: deriveKind(resource), quantity: resource.quantity });
  const delta = unitDelta({ consumed: side(consumed.resource), created: side(created.resource), rcv });
  return {
    consumed: {
      nullifier: deriveNullifier(consumed.resource, consumed.nk),
      logicRef: consumed.resource.logicRef,
      commitmentTreeRoot: consumed.root
    },
    created: { commitment: commitResource(created.resource), logicRef: created.resource.logicRef },
    unitDeltaX: bytes32(delta.slice(0, 32), 'unit delta x'),
    unitDeltaY: bytes32(delta.slice(32), 'unit delta y')
  };
}

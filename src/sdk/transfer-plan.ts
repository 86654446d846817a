/**
 * A transfer in the making: what each party must add before it becomes one action that all of them sign.
 *
 *     propose -> every party contributes -> every party verifies and approves -> prove and send
 *
 * The plan is passed around by any channel and nobody on the way is trusted: what it says of the accounts is checked
 * against the canisters (verify-plan.ts), what a party added is checked again when it approves, and approvals bind
 * exactly one action. Nullifier keys in it show whoever reads it when a head is consumed.
 */
import { type SignIdentity } from '@dfinity/agent';
import { type AccountId } from '../core/account/account-id';
import { type PrincipalBytes, isSelfAuthenticating } from '../core/account/principal';
import { type Approval } from '../core/account/transition-payload';
import { type Bytes32, bytes32, equalBytes, toHex, ZERO_BYTES32 } from '../core/bytes';
import { ProtocolError } from '../core/error';
import {
  type ComposedTransfer,
  type TransferUnit as TransferTerm,
  composeTransfer,
  createBindingOrigin
} from '../core/proof/compose-transfer';
import { type Resource, commitNullifierKey } from '../core/resource/resource';
import { taggedHash } from '../core/tagged-hash';
import { type HeadEpoch, deriveLastingNullifierKey, deriveNullifierKey } from './nullifier-key';
import { partyPublicKey, signAsParty } from './party-signature';

/** What the current owner adds: the key that nullifies what is consumed, and the unit's delta randomness. */
export type Given = { readonly nk: Bytes32; readonly rcv: Bytes32 };
/** What the next owner adds to its successor resource. */
export type Received = { readonly nkCommitment: Bytes32; readonly randSeed: Bytes32 };

/** One account of the plan. `head` is null for a binding: then there is no head yet, and `from` equals `to`. */
export type TransferUnit = {
  readonly accountId: AccountId;
  readonly from: PrincipalBytes;
  readonly to: PrincipalBytes;
  /** The account's epoch, and the digest of its sealed passport (zero for a binding): what the parties consent to. */
  readonly epoch: bigint;
  readonly passportDigest: Bytes32;
  readonly head: Resource | null;
  readonly given: Given | null;
  readonly received: Received | null;
};

export type TransferPlan = {
  readonly signerCanisterId: PrincipalBytes;
  readonly domainId: Bytes32;
  readonly logicRef: Bytes32;
  /** 1 to {@link MAX_UNITS}, each of another account. */
  readonly units: readonly TransferUnit[];
  readonly approvals: readonly Approval[];
};

/** Accounts of one plan, and parties to it: the limits of a transition's payload. */
export const MAX_UNITS = 16;
export const MAX_PARTIES = 16;

/** Fresh 32 bytes at each call. */
export type RandomBytes32 = () => Bytes32;

/** 32 bytes of the platform's cryptographic randomness. */
export const platformRandom: RandomBytes32 = () =>
  bytes32(crypto.getRandomValues(new Uint8Array(32)), 'randomness');

/** Every principal that must approve, without repetition, in the order of the units. */
export function planParties(plan: Pick<TransferPlan, 'units'>): PrincipalBytes[] {
  const parties = new Map(
    plan.units.flatMap(({ from, to }) => [from, to]).map((party) => [toHex(party), party])
  );
  return [...parties.values()];
}

/**
 * The plan, when a signer canister could obey it. One that it would refuse after the heads are consumed leaves the
 * accounts without a head for good, so this is asked before anybody signs.
 * @throws {ProtocolError} `transfer/empty`, `transfer/too-many`, `transfer/account-twice`; `transfer/party` when one has
 * no key to sign with; `transfer/binding` when a binding changes owners, names a passport, or is beside a transfer.
 */
export function assertTransferPlan(plan: TransferPlan): TransferPlan {
  const { units } = plan;
  if (units.length === 0) throw new ProtocolError('transfer/empty', 'expected at least one account');
  const parties = planParties(plan);
  if (units.length > MAX_UNITS || parties.length > MAX_PARTIES) {
    throw new ProtocolError(
      'transfer/too-many',
      `expected at most ${MAX_UNITS} accounts and ${MAX_PARTIES} parties, got ${units.length} and ${parties.length}`
    );
  }
  if (new Set(units.map(({ accountId }) => toHex(accountId))).size !== units.length) {
    throw new ProtocolError('transfer/account-twice', 'expected every account once');
  }
  const keyless = parties.find((party) => !isSelfAuthenticating(party));
  if (keyless !== undefined) {
    throw new ProtocolError(
      'transfer/party',
      'expected parties that are principals of a public key; canisters and the anonymous principal sign nothing',
      { party: keyless }
    );
  }
  units.forEach(assertBinding);
  assertNotMixed(units);
  return plan;
}

/**
 * An owner can bind an account by as many actions as they like, and the first one counts: all of an action that holds
 * another would be refused for good, after the heads of the others are consumed and the price is paid.
 */
function assertNotMixed(units: readonly TransferUnit[]): void {
  const bindings = units.filter(({ head }) => head === null).length;
  if (bindings !== 0 && bindings !== units.length) {
    throw new ProtocolError(
      'transfer/binding',
      'expected bindings in a plan of their own, without transfers'
    );
  }
}

function assertBinding(unit: TransferUnit): void {
  if (unit.head !== null) return;
  if (!equalBytes(unit.from, unit.to) || !equalBytes(unit.passportDigest, ZERO_BYTES32)) {
    throw new ProtocolError('transfer/binding', 'expected a binding to its own owner, without a passport', {
      account: unit.accountId
    });
  }
}

/**
 * The plan with everything this identity can add: keys of heads it gives, commitments of successors it receives.
 * Contributions already there stay, so a party may run this twice.
 * @throws {ProtocolError} `transfer/not-a-party`; `transfer/nullifier-key` when this identity's key does not open a head
 * it owns (it was created with another key); `identity/unsupported`, `identity/not-deterministic`.
 */
export async function contributeToPlan(
  plan: TransferPlan,
  party: { readonly identity: SignIdentity; readonly random: RandomBytes32 }
): Promise<TransferPlan> {
  const principal = assertParty(plan, party.identity);
  const units: TransferUnit[] = [];
  for (const unit of plan.units) {
    const gives = equalBytes(unit.from, principal) && unit.given === null;
    const receives = equalBytes(unit.to, principal) && unit.received === null;
    units.push({
      ...unit,
      ...(gives ? { given: await give(unit, party) } : {}),
      ...(receives ? { received: await receive(unit, party) } : {})
    });
  }
  return { ...plan, units };
}

async function give(
  unit: TransferUnit,
  { identity, random }: { readonly identity: SignIdentity; readonly random: RandomBytes32 }
): Promise<Given> {
  const { accountId, epoch, head } = unit;
  if (head === null) return { nk: random(), rcv: random() };
  const nk = await deriveNullifierKey(identity, { accountId, epoch });
  if (!equalBytes(commitNullifierKey(nk), head.nkCommitment)) {
    throw new ProtocolError(
      'transfer/nullifier-key',
      `the head of account ${toHex(accountId)} was created with a nullifier key this identity does not derive`,
      { account: accountId }
    );
  }
  return { nk, rcv: random() };
}

async function receive(
  unit: TransferUnit,
  { identity, random }: { readonly identity: SignIdentity; readonly random: RandomBytes32 }
): Promise<Received> {
  const nk = await deriveLastingNullifierKey(identity, successorEpoch(unit));
  return { nkCommitment: commitNullifierKey(nk), randSeed: random() };
}

/** A binding leaves the epoch as it is; a transition raises it, and the successor is the head of the next epoch. */
const successorEpoch = ({ accountId, epoch, head }: TransferUnit): HeadEpoch => ({
  accountId,
  epoch: head === null ? epoch : epoch + 1n
});

/**
 * The plan with this identity's approval of the whole action; an earlier one of the same key is replaced. It knows
 * nothing of the canisters: whoever was handed the plan runs `verifyPlan` first.
 * @throws {ProtocolError} `transfer/not-a-party`, `transfer/incomplete` before every party has contributed,
 * `transfer/contribution-changed` when someone else's key took the place of this party's; `identity/unsupported`.
 */
export async function approvePlan(plan: TransferPlan, identity: SignIdentity): Promise<TransferPlan> {
  const principal = assertParty(plan, identity);
  const { messages } = composePlan(plan);
  for (const unit of plan.units) {
    if (equalBytes(unit.to, principal)) await assertOwnSuccessor(unit, identity);
  }
  const publicKeyDer = partyPublicKey(identity);
  const approval: Approval = {
    publicKeyDer,
    actionSignature: await signAsParty(identity, messages.action),
    consentSignature: await signAsParty(identity, messages.consent)
  };
  const others = plan.approvals.filter((other) => !equalBytes(other.publicKeyDer, publicKeyDer));
  return { ...plan, approvals: [...others, approval] };
}

/** Whoever swaps the commitment for one of their own leaves the next owner with a head it can never consume. */
async function assertOwnSuccessor(unit: TransferUnit, identity: SignIdentity): Promise<void> {
  const nk = await deriveNullifierKey(identity, successorEpoch(unit));
  if (unit.received !== null && equalBytes(unit.received.nkCommitment, commitNullifierKey(nk))) return;
  throw new ProtocolError(
    'transfer/contribution-changed',
    `the successor of account ${toHex(unit.accountId)} does not carry the key that this identity contributes`,
    { account: unit.accountId }
  );
}

/**
 * The action of a complete plan and what each party signs.
 * @throws {ProtocolError} `transfer/incomplete`, those of {@link assertTransferPlan}; `resource/nullifier-key` when a key
 * in it does not open its head.
 */
export function composePlan(plan: TransferPlan): ComposedTransfer {
  const { signerCanisterId, domainId, logicRef } = assertTransferPlan(plan);
  const units = plan.units.map((unit) => termOf(unit, logicRef));
  return composeTransfer({ signerCanisterId, domainId, logicRef, units });
}

/** Whether every party has contributed. */
export const isComplete = (plan: TransferPlan): boolean =>
  plan.units.every(({ given, received }) => given !== null && received !== null);

function termOf(unit: TransferUnit, logicRef: Bytes32): TransferTerm {
  const { accountId, epoch, passportDigest, head, given, received } = unit;
  if (given === null || received === null) {
    throw new ProtocolError(
      'transfer/incomplete',
      `account ${toHex(accountId)} waits for ${given === null ? 'its owner' : 'its next owner'} to contribute`,
      { account: accountId }
    );
  }
  const { nk } = given;
  const seed = taggedHash('hypha/binding-origin-seed/v1', nk);
  return {
    purpose: head === null ? 'binding' : 'transition',
    accountId,
    epoch,
    passportDigest,
    consumed: { resource: head ?? createBindingOrigin({ accountId, logicRef, nk, seed }), nk },
    successor: { owner: unit.to, ...received }
  };
}

function assertParty(plan: TransferPlan, identity: SignIdentity): PrincipalBytes {
  const principal = identity.getPrincipal().toUint8Array();
  if (!planParties(plan).some((party) => equalBytes(party, principal))) {
    throw new ProtocolError(
      'transfer/not-a-party',
      `${identity.getPrincipal().toText()} has no part in this transfer`,
      { party: principal }
    );
  }
  return principal;
}

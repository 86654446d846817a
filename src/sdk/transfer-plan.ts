/**
 * A transfer in the making: what each party must add before it becomes one action that all of them sign.
 *
 *     propose -> every party contributes -> every party approves -> prove and send (send-transfer.ts)
 *
 * The plan is passed around by any channel. It holds nothing that lets anyone move an account: nullifier keys in it only
 * show when a head is consumed, and approvals bind exactly this action.
 */
import { type SignIdentity } from '@dfinity/agent';
import { type AccountId } from '../core/account/account-id';
import { type PrincipalBytes } from '../core/account/principal';
import { type Bytes32, bytes32, equalBytes, toHex } from '../core/bytes';
import { ProtocolError } from '../core/error';
import { type Approval, type Consent } from '../core/account/transition-payload';
import { commitNullifierKey } from '../core/resource/resource';
import { type Resource } from '../core/resource/resource';
import { type ComposedTransfer, composeTransfer } from './compose-transfer';
import { deriveNullifierKey } from './nullifier-key';

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
  readonly units: readonly TransferUnit[];
  readonly approvals: readonly Approval[];
};

/** Fresh 32 bytes at each call. */
export type RandomBytes32 = () => Bytes32;

/** 32 bytes of the platform's cryptographic randomness. */
export const platformRandom: RandomBytes32 = () =>
  bytes32(crypto.getRandomValues(new Uint8Array(32)), 'randomness');

/** Consents of the plan, in the order of its units. */
export const planConsents = (plan: TransferPlan): Consent[] =>
  plan.units.map(({ accountId, passportDigest, epoch }) => ({ accountId, passportDigest, epoch }));

/** Every principal that must approve, without repetition. */
export function planParties(plan: TransferPlan): PrincipalBytes[] {
  const parties = new Map(
    plan.units.flatMap(({ from, to }) => [from, to]).map((party) => [toHex(party), party])
  );
  return [...parties.values()];
}

/**
 * The plan with everything this identity can add: keys of heads it gives, commitments of successors it receives.
 * Contributions already there stay, so a party may run this twice.
 * @throws {ProtocolError} `transfer/not-a-party`; `transfer/nullifier-key` when this identity's key does not open a head
 *   it owns (it was created with another key).
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
      `the head of account ${toHex(accountId)} was created with a nullifier key this identity does not derive`
    );
  }
  return { nk, rcv: random() };
}

async function receive(
  unit: TransferUnit,
  { identity, random }: { readonly identity: SignIdentity; readonly random: RandomBytes32 }
): Promise<Received> {
  // A binding leaves the epoch as it is; a transition raises it, and the successor is the head of the next epoch.
  const epoch = unit.head === null ? unit.epoch : unit.epoch + 1n;
  const nk = await deriveNullifierKey(identity, { accountId: unit.accountId, epoch });
  return { nkCommitment: commitNullifierKey(nk), randSeed: random() };
}

/**
 * The plan with this identity's approval of the whole action; an earlier one of the same key is replaced.
 * @throws {ProtocolError} `transfer/not-a-party`, `transfer/incomplete` before every party has contributed.
 */
export async function approvePlan(plan: TransferPlan, identity: SignIdentity): Promise<TransferPlan> {
  assertParty(plan, identity);
  const { messages } = composePlan(plan);
  const publicKeyDer = new Uint8Array(identity.getPublicKey().toDer());
  const approval: Approval = {
    publicKeyDer,
    actionSignature: new Uint8Array(await identity.sign(messages.action)),
    consentSignature: new Uint8Array(await identity.sign(messages.consent))
  };
  const others = plan.approvals.filter((other) => !equalBytes(other.publicKeyDer, publicKeyDer));
  return { ...plan, approvals: [...others, approval] };
}

/** The action of a complete plan and what each party signs. @throws {ProtocolError} `transfer/incomplete`. */
export function composePlan(plan: TransferPlan): ComposedTransfer {
  return composeTransfer({
    ...plan,
    consents: planConsents(plan),
    units: plan.units.map((unit) => {
      const { given, received } = unit;
      if (given === null || received === null) {
        throw new ProtocolError(
          'transfer/incomplete',
          `account ${toHex(unit.accountId)} waits for ${given === null ? 'its owner' : 'its next owner'} to contribute`
        );
      }
      return { ...unit, given, received };
    })
  });
}

function assertParty(plan: TransferPlan, identity: SignIdentity): PrincipalBytes {
  const principal = identity.getPrincipal().toUint8Array();
  if (!planParties(plan).some((party) => equalBytes(party, principal))) {
    throw new ProtocolError(
      'transfer/not-a-party',
      `${identity.getPrincipal().toText()} has no part in this transfer`
    );
  }
  return principal;
}

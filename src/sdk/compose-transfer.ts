/**
 * From a plan that every party has contributed to, to the resources, tags and messages of its one action
 * (docs/protocol/account-transfer.md).
 */
import { type AccountId } from '../core/account/account-id';
import {
  type AccountValue,
  ZERO_BYTES32,
  encodeAccountValue,
  hashAccountValue
} from '../core/account/account-value';
import { type PrincipalBytes } from '../core/account/principal';
import { type Approval, type Consent, encodeTransitionPayload } from '../core/account/transition-payload';
import { type Bytes32 } from '../core/bytes';
import { type ApprovalMessages, approvalMessages } from '../core/proof/approval';
import { actionTreeRoot } from '../core/resource/action';
import { type UnitPlan } from '../core/resource/build-action';
import {
  type Resource,
  commitNullifierKey,
  commitResource,
  deriveNullifier
} from '../core/resource/resource';
import { taggedHash } from '../core/tagged-hash';

/** One account of a complete plan; `head` null makes a binding, from nothing to the owner's first resource. */
export type CompleteUnit = {
  readonly accountId: AccountId;
  readonly to: PrincipalBytes;
  readonly passportDigest: Bytes32;
  readonly head: Resource | null;
  readonly given: { readonly nk: Bytes32; readonly rcv: Bytes32 };
  readonly received: { readonly nkCommitment: Bytes32; readonly randSeed: Bytes32 };
};

/** What one unit consumes and creates, and its application payload once there are approvals. */
export type ComposedUnit = {
  readonly consumed: Resource;
  readonly successor: Resource;
  readonly nullifier: Bytes32;
  readonly commitment: Bytes32;
  /** The unit for the transaction builder, consuming under this historical root. */
  readonly plan: (root: Bytes32) => UnitPlan;
  /** The application payload of the created resource. */
  readonly payload: (approvals: readonly Approval[]) => Uint8Array;
};

export type ComposedTransfer = {
  readonly units: readonly ComposedUnit[];
  readonly actionTreeRoot: Bytes32;
  /** What each party signs. */
  readonly messages: ApprovalMessages;
};

/** The action of these units. @throws {ProtocolError} `resource/nullifier-key` when a key does not open its head. */
export function composeTransfer(transfer: {
  readonly signerCanisterId: PrincipalBytes;
  readonly domainId: Bytes32;
  readonly logicRef: Bytes32;
  readonly units: readonly CompleteUnit[];
  readonly consents: readonly Consent[];
}): ComposedTransfer {
  const units = transfer.units.map((unit) => composeUnit(unit, transfer));
  const root = actionTreeRoot(units.flatMap(({ nullifier, commitment }) => [nullifier, commitment]));
  const { signerCanisterId, domainId, consents } = transfer;
  return {
    units,
    actionTreeRoot: root,
    messages: approvalMessages({ signerCanisterId, domainId, actionTreeRoot: root, consents })
  };
}

function composeUnit(
  unit: CompleteUnit,
  transfer: { readonly domainId: Bytes32; readonly logicRef: Bytes32; readonly consents: readonly Consent[] }
): ComposedUnit {
  const consumed = unit.head ?? ephemeralOrigin(unit, transfer.logicRef);
  const nullifier = deriveNullifier(consumed, unit.given.nk);
  const accountValue = encodeAccountValue(valueOf(unit, transfer.domainId));
  const successor: Resource = {
    logicRef: transfer.logicRef,
    labelRef: unit.accountId,
    quantity: 1n,
    valueRef: hashAccountValue(accountValue),
    isEphemeral: false,
    nonce: nullifier,
    ...unit.received
  };
  const { nk, rcv } = unit.given;
  return {
    consumed,
    successor,
    nullifier,
    commitment: commitResource(successor),
    plan: (root) => ({ consumed: { resource: consumed, nk, root }, created: { resource: successor }, rcv }),
    payload: (approvals) =>
      encodeTransitionPayload({
        purpose: unit.head === null ? 'binding' : 'transition',
        nullifierKey: unit.head === null ? ZERO_BYTES32 : nk,
        successor,
        accountValue,
        consents: transfer.consents,
        approvals
      })
  };
}

/** The ephemeral resource a binding consumes: of the account's kind, so that the transaction balances. */
function ephemeralOrigin(unit: CompleteUnit, logicRef: Bytes32): Resource {
  return {
    logicRef,
    labelRef: unit.accountId,
    quantity: 1n,
    valueRef: ZERO_BYTES32,
    isEphemeral: true,
    nonce: taggedHash('hypha/ephemeral-nonce/v1', unit.given.nk),
    nkCommitment: commitNullifierKey(unit.given.nk),
    randSeed: taggedHash('hypha/ephemeral-seed/v1', unit.given.nk)
  };
}

const valueOf = (unit: CompleteUnit, domainId: Bytes32): AccountValue => ({
  owner: unit.to,
  domainId,
  holdingsDigest: ZERO_BYTES32,
  intentDigest: ZERO_BYTES32,
  passportDigest: unit.passportDigest
});

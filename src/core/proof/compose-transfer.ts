/**
 * The sender's side of a transfer: from what the parties agreed to the resources of one action, the messages they all
 * sign, and the application payloads that carry the proof. All randomness is the caller's.
 */
import { type AccountId } from '../account/account-id';
import { encodeAccountValue, hashAccountValue } from '../account/account-value';
import { type PrincipalBytes } from '../account/principal';
import {
  type Approval,
  type Consent,
  type TransitionPurpose,
  encodeTransitionPayload
} from '../account/transition-payload';
import { type Bytes32, ZERO_BYTES32 } from '../bytes';
import { actionTreeRoot } from '../resource/action';
import { type Resource, commitNullifierKey, commitResource, deriveNullifier } from '../resource/resource';
import { type ApprovalMessages, approvalMessages } from './approval';

/** One account's part of an action. */
export type TransferUnit = {
  readonly purpose: TransitionPurpose;
  readonly accountId: AccountId;
  /** The account's epoch now, and the digest of its sealed passport; zero for a binding. */
  readonly epoch: bigint;
  readonly passportDigest: Bytes32;
  /** The head and its nullifier key; for a binding, {@link createBindingOrigin}. */
  readonly consumed: { readonly resource: Resource; readonly nk: Bytes32 };
  /** Chosen by the next owner, whose key opens `nkCommitment`. `randSeed` is fresh. */
  readonly successor: {
    readonly owner: PrincipalBytes;
    readonly nkCommitment: Bytes32;
    readonly randSeed: Bytes32;
  };
};

export type TransferTerms = {
  readonly signerCanisterId: PrincipalBytes;
  readonly domainId: Bytes32;
  /** The logic that account resources of the domain have. */
  readonly logicRef: Bytes32;
  /** In the order of the action's compliance units, at most 16. */
  readonly units: readonly TransferUnit[];
};

export type ComposedUnit = {
  readonly purpose: TransitionPurpose;
  readonly consumed: { readonly resource: Resource; readonly nk: Bytes32; readonly nullifier: Bytes32 };
  readonly created: { readonly resource: Resource; readonly commitment: Bytes32 };
  /** Encoded account value that the created resource commits to. */
  readonly accountValue: Uint8Array;
};

export type ComposedTransfer = {
  readonly units: readonly ComposedUnit[];
  /** Nullifier and commitment of each unit. */
  readonly tags: readonly Bytes32[];
  readonly actionTreeRoot: Bytes32;
  readonly consents: readonly Consent[];
  /** What every party signs with its identity key. */
  readonly messages: ApprovalMessages;
};

/**
 * The ephemeral resource that a binding consumes, of the same kind as the account resource it creates. `seed`: 32 fresh
 * random bytes, so that its nullifier is one the domain has not seen.
 */
export function createBindingOrigin(origin: {
  readonly accountId: AccountId;
  readonly logicRef: Bytes32;
  readonly nk: Bytes32;
  readonly seed: Bytes32;
}): Resource {
  return {
    logicRef: origin.logicRef,
    labelRef: origin.accountId,
    quantity: 1n,
    valueRef: ZERO_BYTES32,
    isEphemeral: true,
    nonce: origin.seed,
    nkCommitment: commitNullifierKey(origin.nk),
    randSeed: origin.seed
  };
}

/**
 * The action of these terms.
 * @throws {ProtocolError} `resource/nullifier-key` when a key does not open what it is to consume;
 * `principal/length`; `action/no-tags` without units.
 */
export function composeTransfer(terms: TransferTerms): ComposedTransfer {
  const units = terms.units.map((unit) => composeUnit(terms, unit));
  const tags = units.flatMap(({ consumed, created }) => [consumed.nullifier, created.commitment]);
  const consents = terms.units.map(({ accountId, passportDigest, epoch }) => ({
    accountId,
    passportDigest,
    epoch
  }));
  const root = actionTreeRoot(tags);
  const { signerCanisterId, domainId } = terms;
  const messages = approvalMessages({ signerCanisterId, domainId, actionTreeRoot: root, consents });
  return { units, tags, actionTreeRoot: root, consents, messages };
}

/**
 * The application payload of each unit's created resource, in the order of the units.
 * @throws {ProtocolError} the codes of `encodeTransitionPayload`.
 */
export function encodeTransferPayloads(
  transfer: ComposedTransfer,
  approvals: readonly Approval[]
): Uint8Array[] {
  return transfer.units.map(({ purpose, consumed, created, accountValue }) =>
    encodeTransitionPayload({
      purpose,
      nullifierKey: purpose === 'binding' ? ZERO_BYTES32 : consumed.nk,
      successor: created.resource,
      accountValue,
      consents: transfer.consents,
      approvals
    })
  );
}

function composeUnit(terms: TransferTerms, unit: TransferUnit): ComposedUnit {
  const { resource, nk } = unit.consumed;
  const nullifier = deriveNullifier(resource, nk);
  const accountValue = encodeAccountValue({
    owner: unit.successor.owner,
    domainId: terms.domainId,
    holdingsDigest: ZERO_BYTES32,
    intentDigest: ZERO_BYTES32,
    passportDigest: unit.passportDigest
  });
  const created: Resource = {
    logicRef: terms.logicRef,
    labelRef: unit.accountId,
    quantity: 1n,
    valueRef: hashAccountValue(accountValue),
    isEphemeral: false,
    nonce: nullifier,
    nkCommitment: unit.successor.nkCommitment,
    randSeed: unit.successor.randSeed
  };
  return {
    purpose: unit.purpose,
    consumed: { resource, nk, nullifier },
    created: { resource: created, commitment: commitResource(created) },
    accountValue
  };
}

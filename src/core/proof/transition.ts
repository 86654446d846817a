/**
 * The proof that an account's resource was consumed and created again, or created at first: the steps of
 * docs/protocol/account-transfer.md, "What the signer checks", in their order. Pure: it says what the transition does,
 * or refuses with the code of the first step that fails.
 */
import { type Account, type AccountTransition, type Head } from '../account/account';
import { type AccountId } from '../account/account-id';
import { type AccountValue, decodeAccountValue, hashAccountValue } from '../account/account-value';
import { type PrincipalBytes, isSelfAuthenticating } from '../account/principal';
import { type TransitionPayload, decodeTransitionPayload } from '../account/transition-payload';
import { type Bytes32, equalBytes } from '../bytes';
import { type Checkpoint, assertCheckpoint } from '../domain/checkpoint';
import { ProtocolError, isProtocolError, refuseUnless } from '../error';
import { type Resource, commitResource, deriveCommittedNullifier } from '../resource/resource';
import { ApprovalVerifier } from './approval';
import { assertMembership } from './membership';
import { decideEffect } from './transition-effect';

/** What the domain vouches for. */
export type TransitionAttestation = {
  readonly checkpoint: Checkpoint;
  /** The logic that account resources of the domain have. */
  readonly logicRef: Bytes32;
  /** Whether the unit's consumed tag is in the domain's nullifier set at the checkpoint. */
  readonly nullifierPresent: boolean;
};

/** Which unit of an action moves the account, and where its commitment lies. */
export type TransitionPlace = {
  /** The action's tags: nullifier and commitment of each compliance unit. */
  readonly tags: readonly Bytes32[];
  /** Which compliance unit consumed the head. */
  readonly unitIndex: number;
  /** Where the successor's commitment lies in the domain's tree, and its siblings from the leaves upwards. */
  readonly leafIndex: bigint;
  readonly path: readonly Bytes32[];
};

/** What anyone may submit; nothing in it is trusted. `payload`: an encoded {@link TransitionPayload}. */
export type TransitionEvidence = TransitionPlace & { readonly payload: Uint8Array };

/**
 * A unit of an account. The account is part of its name: nothing proves that what a binding consumed was a nullifier, so
 * the owner of one account can claim that of another.
 */
export type AppliedUnit = {
  readonly domainId: Bytes32;
  readonly accountId: AccountId;
  readonly nullifier: Bytes32;
};

/** What the signer knows by itself. */
export type SignerFacts = {
  readonly signerCanisterId: PrincipalBytes;
  /** The commitment created in the account's unit that consumed the nullifier, if that unit was ever applied here. */
  readonly findApplied: (unit: AppliedUnit) => Bytes32 | undefined;
};

export type TransitionClaim = SignerFacts & {
  readonly account: Account;
  readonly attestation: TransitionAttestation;
  readonly evidence: TransitionEvidence;
};

/** A transition that may be applied to the account it was verified against, and to nothing else. */
export type VerifiedTransition = AccountTransition;

type DecodedClaim = Omit<TransitionClaim, 'evidence'> & {
  readonly place: TransitionPlace;
  readonly payload: TransitionPayload;
  readonly approvals: ApprovalVerifier;
};

const MAX_TAGS = 64;

/**
 * What the claimed transition does to `account`.
 * @throws {ProtocolError} the code of the first check that fails: `checkpoint/*`, `payload/*`, `resource/*`, `bytes/*`,
 * `account/unknown`, `transition/*`, `proof/*`, `account-value/*`, `principal/length`, `authority/*`.
 */
export function verifyTransition(claim: TransitionClaim): VerifiedTransition {
  assertCheckpoint(claim.attestation.checkpoint);
  const { evidence, ...rest } = claim;
  const payload = decodeTransitionPayload(evidence.payload);
  return verifyDecodedTransition({ ...rest, place: evidence, payload, approvals: new ApprovalVerifier() });
}

/**
 * The tags of the unit that consumed the head: its nullifier and the successor's commitment, as claimed.
 * @throws {ProtocolError} `transition/tags` unless there are 2 to 64 and an even number; `transition/unit-index`.
 */
export function unitTags({ tags, unitIndex }: Pick<TransitionPlace, 'tags' | 'unitIndex'>): {
  readonly consumed: Bytes32;
  readonly created: Bytes32;
} {
  if (tags.length < 2 || tags.length > MAX_TAGS || tags.length % 2 !== 0) {
    throw new ProtocolError(
      'transition/tags',
      `expected an even number of tags, 2 to ${MAX_TAGS}, got ${tags.length}`,
      { count: tags.length }
    );
  }
  const consumed = Number.isInteger(unitIndex) ? tags[2 * unitIndex] : undefined;
  const created = tags[2 * unitIndex + 1];
  if (consumed === undefined || created === undefined) {
    throw new ProtocolError(
      'transition/unit-index',
      `expected a unit index below ${tags.length / 2}, got ${unitIndex}`,
      { unitIndex }
    );
  }
  return { consumed, created };
}

/** {@link verifyTransition} from its second step on; the checkpoint must have passed {@link assertCheckpoint}. */
export function verifyDecodedTransition(claim: DecodedClaim): VerifiedTransition {
  const { account, attestation, place, payload } = claim;
  const { domainId } = attestation.checkpoint;
  const { successor } = payload;
  assertAccount(account, successor);
  assertSuccessor(successor, attestation.logicRef);
  const tags = unitTags(place);
  const commitment = commitResource(successor);
  refuseUnless(equalBytes(commitment, tags.created), {
    code: 'transition/commitment',
    expectation: "the unit's created tag to be the successor's commitment"
  });
  refuseUnless(equalBytes(successor.nonce, tags.consumed), {
    code: 'transition/nonce',
    expectation: "the successor's nonce to be the unit's nullifier"
  });
  // Before anything of the account: what was applied before is a replay, whatever the head has become.
  const unit = { domainId, accountId: account.id, nullifier: tags.consumed };
  refuseUnless(claim.findApplied(unit) === undefined, {
    code: 'transition/replayed',
    expectation: 'a unit that was not applied before'
  });
  assertConsumed(claim, tags.consumed);
  assertMembership({
    tree: attestation.checkpoint,
    leaf: commitment,
    index: place.leafIndex,
    path: place.path
  });
  refuseUnless(payload.purpose === 'binding' || attestation.nullifierPresent, {
    code: 'transition/nullifier-not-in-set',
    expectation: "the nullifier in the domain's set at the checkpoint"
  });
  const value = openAccountValue(payload, domainId);
  const head: Head = { domainId, resource: successor, commitment };
  return decideEffect({ ...claim, tags: place.tags }, { head, value, nullifier: tags.consumed });
}

function assertAccount(account: Account, successor: Resource): void {
  refuseUnless(equalBytes(successor.labelRef, account.id), {
    code: 'account/unknown',
    expectation: "the successor's label to be the account's id"
  });
}

function assertSuccessor(successor: Resource, logicRef: Bytes32): void {
  refuseUnless(equalBytes(successor.logicRef, logicRef), {
    code: 'transition/logic-ref',
    expectation: "the successor to have the domain's logic"
  });
  refuseUnless(successor.quantity === 1n, {
    code: 'transition/quantity',
    expectation: `a successor of quantity 1, got ${successor.quantity}`
  });
  refuseUnless(!successor.isEphemeral, {
    code: 'transition/ephemeral',
    expectation: 'a successor that is not ephemeral'
  });
}

/** The consumed side: the head for a transition, nothing of ours for a binding. */
function assertConsumed(claim: DecodedClaim, consumed: Bytes32): void {
  const { account, attestation, payload } = claim;
  const { domainId } = attestation.checkpoint;
  const { head } = account;
  if (payload.purpose === 'binding') {
    refuseUnless(head === null, {
      code: 'transition/already-bound',
      expectation: 'an account without a resource'
    });
    return;
  }
  if (head === null) {
    throw new ProtocolError('transition/not-bound', 'expected an account that is bound to a resource');
  }
  refuseUnless(equalBytes(head.domainId, domainId), {
    code: 'transition/domain',
    expectation: "the checkpoint of the head's domain"
  });
  refuseUnless(equalBytes(deriveHeadNullifier(head, payload.nullifierKey), consumed), {
    code: 'transition/nullifier',
    expectation: "the unit's consumed tag to be the head's nullifier"
  });
}

function deriveHeadNullifier(head: Head, nk: Bytes32): Bytes32 {
  try {
    return deriveCommittedNullifier({ resource: head.resource, commitment: head.commitment, nk });
  } catch (error) {
    if (!isProtocolError(error, 'resource/nullifier-key')) throw error;
    throw new ProtocolError(
      'transition/nullifier-key',
      'expected the nullifier key that the head commits to',
      {},
      { cause: error }
    );
  }
}

function openAccountValue(payload: TransitionPayload, domainId: Bytes32): AccountValue {
  refuseUnless(equalBytes(hashAccountValue(payload.accountValue), payload.successor.valueRef), {
    code: 'transition/value-ref',
    expectation: "the account value to open the successor's value_ref"
  });
  const value = decodeAccountValue(payload.accountValue);
  refuseUnless(equalBytes(value.domainId, domainId), {
    code: 'transition/value-domain',
    expectation: "the account value to name the checkpoint's domain"
  });
  refuseUnless(isSelfAuthenticating(value.owner), {
    code: 'transition/owner',
    expectation: 'an owner that is the principal of a public key'
  });
  return value;
}

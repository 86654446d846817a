/**
 * The proof that an account's resource was consumed and created again, or created at first: the steps of
 * docs/protocol/account-transfer.md, "What the signer checks", in their order. Pure: it says what the transition does,
 * or refuses with the code of the first step that fails.
 */
import { type Account, type AccountTransition, type Head } from '../account/account';
import { type AccountId } from '../account/account-id';
import { type AccountValue, decodeAccountValue, hashAccountValue } from '../account/account-value';
import { type PrincipalBytes, isSelfAuthenticating } from '../account/principal';
import {
  type Approval,
  type Consent,
  type TransitionPayload,
  decodeTransitionPayload
} from '../account/transition-payload';
import { type Bytes32, equalBytes, ZERO_BYTES32 } from '../bytes';
import { type Checkpoint, assertCheckpoint } from '../domain/checkpoint';
import { ProtocolError, isProtocolError } from '../error';
import { type Resource, commitResource, deriveCommittedNullifier } from '../resource/resource';
import { type ApprovalMessages, ApprovalVerifier } from './approval';
import { assertMembership } from './membership';

/** What the domain vouches for. */
export type TransitionAttestation = {
  readonly checkpoint: Checkpoint;
  /** The logic that account resources of the domain have. */
  readonly logicRef: Bytes32;
  /** Whether the unit's consumed tag is in the domain's nullifier set at the checkpoint. */
  readonly nullifierPresent: boolean;
};

/** What anyone may submit; nothing in it is trusted. */
export type TransitionEvidence = {
  /** The action's tags: nullifier and commitment of each compliance unit. */
  readonly tags: readonly Bytes32[];
  /** Which compliance unit consumed the head. */
  readonly unitIndex: number;
  /** Encoded {@link TransitionPayload}. */
  readonly payload: Uint8Array;
  /** Where the successor's commitment lies in the domain's tree, and its siblings from the leaves upwards. */
  readonly leafIndex: bigint;
  readonly path: readonly Bytes32[];
};

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

type DecodedClaim = TransitionClaim & {
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
  const payload = decodeTransitionPayload(claim.evidence.payload);
  return verifyDecodedTransition({ ...claim, payload, approvals: new ApprovalVerifier() });
}

/**
 * The tags of the unit that consumed the head: its nullifier and the successor's commitment, as claimed.
 * @throws {ProtocolError} `transition/tags` unless there are 2 to 64 and an even number; `transition/unit-index`.
 */
export function unitTags(evidence: Pick<TransitionEvidence, 'tags' | 'unitIndex'>): {
  readonly consumed: Bytes32;
  readonly created: Bytes32;
} {
  const { tags, unitIndex } = evidence;
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
  const { account, attestation, evidence, payload } = claim;
  const { domainId } = attestation.checkpoint;
  const { successor } = payload;
  assertAccount(account, successor);
  assertSuccessor(successor, attestation.logicRef);
  const tags = unitTags(evidence);
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
    index: evidence.leafIndex,
    path: evidence.path
  });
  refuseUnless(payload.purpose === 'binding' || attestation.nullifierPresent, {
    code: 'transition/nullifier-not-in-set',
    expectation: "the nullifier in the domain's set at the checkpoint"
  });
  const value = openAccountValue(payload, domainId);
  const head: Head = { domainId, resource: successor, commitment };
  return decideEffect(claim, { head, value, nullifier: tags.consumed });
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

type OpenedSuccessor = {
  readonly head: Head;
  readonly value: AccountValue;
  readonly nullifier: Bytes32;
};

function decideEffect(claim: DecodedClaim, opened: OpenedSuccessor): VerifiedTransition {
  const { account, payload } = claim;
  const { head, value, nullifier } = opened;
  const messages = claim.approvals.messagesOf({
    signerCanisterId: claim.signerCanisterId,
    domainId: head.domainId,
    tags: claim.evidence.tags,
    consents: payload.consents
  });
  assertAuthority(claim, messages);
  const consent = findConsent(account, payload);
  const common = { accountId: account.id, epoch: account.epoch, head, nullifier };
  if (payload.purpose === 'binding') {
    refuseUnless(equalBytes(value.owner, account.owner), {
      code: 'transition/owner',
      expectation: "the account's owner in the value of a binding"
    });
    return { ...common, purpose: 'binding' };
  }
  const isAccepted = findVerdict(claim, { party: value.owner, messages }) === 'valid';
  const outcome = decideOutcome(account, { consent, value, isAccepted });
  return { ...common, purpose: 'transition', owner: value.owner, outcome };
}

function assertAuthority(claim: DecodedClaim, messages: ApprovalMessages): void {
  const verdict = findVerdict(claim, { party: claim.account.owner, messages });
  switch (verdict) {
    case 'valid':
      return;
    case undefined:
      throw new ProtocolError('authority/missing', "expected an approval by the account's owner");
    case 'invalid':
      throw new ProtocolError(
        'authority/signature',
        'expected both signatures of the owner to hold over this action and these consents'
      );
    case 'unknown-key':
      throw new ProtocolError('authority/key-type', 'expected the owner to sign with Ed25519 or secp256k1');
  }
}

/** The verdict on the first approval by `party`; undefined when there is none. */
function findVerdict(
  claim: DecodedClaim,
  wanted: { readonly party: PrincipalBytes; readonly messages: ApprovalMessages }
): ReturnType<ApprovalVerifier['verify']> | undefined {
  const isByParty = (approval: Approval): boolean =>
    equalBytes(claim.approvals.principalOf(approval), wanted.party);
  const approval = claim.payload.approvals.find(isByParty);
  return approval === undefined ? undefined : claim.approvals.verify(approval, wanted.messages);
}

function findConsent(account: Account, payload: TransitionPayload): Consent {
  const consents = payload.consents.filter(({ accountId }) => equalBytes(accountId, account.id));
  const [consent] = consents;
  if (consent === undefined || consents.length > 1) {
    throw new ProtocolError(
      'authority/consent',
      `expected one consent for the account, got ${consents.length}`
    );
  }
  refuseUnless(consent.epoch === account.epoch, {
    code: 'authority/consent',
    expectation: `a consent for epoch ${account.epoch}, got ${consent.epoch}`
  });
  refuseUnless(payload.purpose === 'transition' || equalBytes(consent.passportDigest, ZERO_BYTES32), {
    code: 'authority/consent',
    expectation: 'a consent without a passport for a binding'
  });
  return consent;
}

type Outcome = Extract<VerifiedTransition, { readonly purpose: 'transition' }>['outcome'];

/** The head is consumed whatever the parties left out: the account follows it, and waits for its new owner. */
function decideOutcome(
  account: Account,
  facts: { readonly consent: Consent; readonly value: AccountValue; readonly isAccepted: boolean }
): Outcome {
  const { status } = account;
  if (status.type !== 'sealed') return { type: 'quarantined', reason: 'not-sealed' };
  const isConsented = [facts.consent, facts.value].every(({ passportDigest }) =>
    equalBytes(passportDigest, status.passportDigest)
  );
  if (!isConsented) return { type: 'quarantined', reason: 'passport-mismatch' };
  return facts.isAccepted ? { type: 'active' } : { type: 'quarantined', reason: 'not-accepted' };
}

function refuseUnless(
  holds: boolean,
  refusal: { readonly code: string; readonly expectation: string }
): asserts holds {
  if (!holds) throw new ProtocolError(refusal.code, `expected ${refusal.expectation}`);
}

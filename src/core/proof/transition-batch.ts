/**
 * All transitions of one action at one checkpoint of its domain, such as the two sides of a swap: they hold together
 * against the accounts as they are, or none is applied.
 *
 * What the parties approved is the action as a whole. So the whole of it must have happened: every unit's nullifier is
 * in the domain's set and its commitment in the tree, and every account consented to moves now. A domain whose logic
 * lets someone consume one side alone therefore gains nothing here.
 */
import { type Account } from '../account/account';
import { type AccountId } from '../account/account-id';
import { type TransitionPayload } from '../account/transition-payload';
import { type Bytes32, bytesKey, equalBytes } from '../bytes';
import { type Checkpoint, assertCheckpoint } from '../domain/checkpoint';
import { ProtocolError, isProtocolError } from '../error';
import { type OpenedAction } from './action-evidence';
import { ApprovalVerifier } from './approval';
import { assertMembership } from './membership';
import {
  type SignerFacts,
  type TransitionPlace,
  type VerifiedTransition,
  unitTags,
  verifyDecodedTransition
} from './transition';

export type TransitionBatchClaim = SignerFacts & {
  readonly checkpoint: Checkpoint;
  /** The logic that account resources of the domain have. */
  readonly logicRef: Bytes32;
  readonly findAccount: (id: AccountId) => Account | undefined;
  readonly action: OpenedAction;
  /** For each unit, whether its consumed tag is in the domain's nullifier set at the checkpoint. */
  readonly nullifiersPresent: readonly boolean[];
};

/** A verified transition with the account, as it is now, that it applies to. */
export type VerifiedBatchEntry = { readonly account: Account; readonly transition: VerifiedTransition };

/**
 * What each transition does, in the order of the units. An account that went this very way before, by another action of
 * its owner's that this unit is part of too, has moved: it is left out, and holds nobody else up.
 * @throws {ProtocolError} the code of the first that fails (see `verifyTransition`); `transition/duplicate-account` when
 * two units are about one account; `transition/unsettled` when another unit's nullifier is not in the set, and `proof/*`
 * when its commitment is not in the tree; `transition/replayed` when all have moved before; `transition/tags` when two
 * tags are the same; `transition/consent-unmet` when an account consented to does not move.
 */
export function verifyTransitionBatch(claim: TransitionBatchClaim): VerifiedBatchEntry[] {
  assertCheckpoint(claim.checkpoint);
  const approvals = new ApprovalVerifier();
  const moved = new Map<string, TransitionPayload>();
  const replays: ProtocolError[] = [];
  const entries = claim.action.units.flatMap((unit, unitIndex) => {
    const { payload, ...rest } = unit;
    const place = { ...rest, unitIndex, tags: claim.action.tags };
    if (payload === undefined) {
      assertSettled(claim, place);
      return [];
    }
    const account = findAccount(claim, payload);
    noteFirst(moved, account, payload);
    try {
      const transition = verifyUnit(claim, { place, account, payload, approvals });
      return [{ account, transition }];
    } catch (error) {
      if (!isProtocolError(error, 'transition/replayed') || !wasApplied(claim, { unitIndex, account }))
        throw error;
      assertCreated(claim, place);
      replays.push(error);
      return [];
    }
  });
  const [replay] = replays;
  if (entries.length === 0 && replay !== undefined) throw replay;
  assertDistinct(claim.action.tags);
  assertConsentsMet(moved);
  return entries;
}

function verifyUnit(
  claim: TransitionBatchClaim,
  unit: {
    readonly place: TransitionPlace;
    readonly account: Account;
    readonly payload: TransitionPayload;
    readonly approvals: ApprovalVerifier;
  }
): VerifiedTransition {
  const { checkpoint, logicRef, signerCanisterId, findApplied } = claim;
  const nullifierPresent = claim.nullifiersPresent[unit.place.unitIndex] === true;
  return verifyDecodedTransition({
    ...unit,
    signerCanisterId,
    findApplied,
    attestation: { checkpoint, logicRef, nullifierPresent }
  });
}

/** A unit that moves no account of ours happened too: the parties approved all of the action, or nothing. */
function assertSettled(claim: TransitionBatchClaim, unit: TransitionPlace): void {
  const { unitIndex } = unit;
  assertCreated(claim, unit);
  if (claim.nullifiersPresent[unitIndex] !== true) {
    throw new ProtocolError(
      'transition/unsettled',
      `expected the nullifier of unit ${unitIndex} in the domain's set at the checkpoint`,
      { unitIndex }
    );
  }
}

/** Whether this very unit was applied: its nullifier alone could have been consumed on another way. */
function wasApplied(
  { action, checkpoint, findApplied }: TransitionBatchClaim,
  { unitIndex, account }: { readonly unitIndex: number; readonly account: Account }
): boolean {
  const { consumed, created } = unitTags({ tags: action.tags, unitIndex });
  const { domainId } = checkpoint;
  const applied = findApplied({ domainId, accountId: account.id, nullifier: consumed });
  return applied !== undefined && equalBytes(applied, created);
}

function assertCreated({ checkpoint }: TransitionBatchClaim, unit: TransitionPlace): void {
  const { created } = unitTags(unit);
  assertMembership({ tree: checkpoint, leaf: created, index: unit.leafIndex, path: unit.path });
}

function findAccount(claim: TransitionBatchClaim, payload: TransitionPayload): Account {
  const { labelRef } = payload.successor;
  const account = claim.findAccount(labelRef);
  if (account === undefined) {
    throw new ProtocolError('account/unknown', "expected the successor's label to be an account's id", {
      labelRef
    });
  }
  return account;
}

function noteFirst(
  moved: Map<string, TransitionPayload>,
  account: Account,
  payload: TransitionPayload
): void {
  const id = bytesKey(account.id);
  if (moved.has(id)) {
    throw new ProtocolError('transition/duplicate-account', 'expected each account once in a batch', {
      accountId: account.id
    });
  }
  moved.set(id, payload);
}

/** A domain does nothing twice: one payment would count for two that were approved. */
function assertDistinct(tags: readonly Bytes32[]): void {
  if (new Set(tags.map((tag) => bytesKey(tag))).size !== tags.length) {
    throw new ProtocolError('transition/tags', 'expected tags that all differ');
  }
}

function assertConsentsMet(moved: ReadonlyMap<string, TransitionPayload>): void {
  for (const { consents } of moved.values()) {
    const missing = consents.find(({ accountId }) => !moved.has(bytesKey(accountId)));
    if (missing !== undefined) {
      throw new ProtocolError(
        'transition/consent-unmet',
        'expected every account that the parties consented to in the batch',
        { accountId: missing.accountId }
      );
    }
  }
}

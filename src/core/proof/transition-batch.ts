/**
 * Several transitions of one domain at one checkpoint, such as the two sides of a swap: all of them hold against the
 * accounts as they are, or none is applied.
 */
import { type Account } from '../account/account';
import { type AccountId } from '../account/account-id';
import { type TransitionPayload, decodeTransitionPayload } from '../account/transition-payload';
import { type Bytes32, toHex } from '../bytes';
import { type Checkpoint } from '../domain/checkpoint';
import { ProtocolError } from '../error';
import { ApprovalVerifier } from './approval';
import {
  type SignerFacts,
  type TransitionEvidence,
  type VerifiedTransition,
  assertCheckpoint,
  verifyDecodedTransition
} from './transition';

/** Most transitions in a batch. */
export const MAX_BATCH_SIZE = 16;

export type TransitionBatchClaim = SignerFacts & {
  readonly checkpoint: Checkpoint;
  /** The logic that account resources of the domain have. */
  readonly logicRef: Bytes32;
  readonly findAccount: (id: AccountId) => Account | undefined;
  readonly transitions: readonly {
    readonly evidence: TransitionEvidence;
    /** Whether the unit's consumed tag is in the domain's nullifier set at the checkpoint. */
    readonly nullifierPresent: boolean;
  }[];
};

/** A verified transition with the account, as it is now, that it applies to. */
export type VerifiedBatchEntry = { readonly account: Account; readonly transition: VerifiedTransition };

/**
 * What each transition does, in the order given.
 * @throws {ProtocolError} the code of the first that fails (see `verifyTransition`); `transition/batch-size` unless
 * there are 1 to 16; `transition/duplicate-account` when two are about one account.
 */
export function verifyTransitionBatch(claim: TransitionBatchClaim): VerifiedBatchEntry[] {
  const { checkpoint, logicRef, transitions } = claim;
  assertCheckpoint(checkpoint);
  assertBatchSize(transitions.length);
  const approvals = new ApprovalVerifier();
  const accountIds = new Set<string>();
  return transitions.map(({ evidence, nullifierPresent }) => {
    const payload = decodeTransitionPayload(evidence.payload);
    const account = findAccount(claim, payload);
    assertFirst(accountIds, account);
    const transition = verifyDecodedTransition({
      signerCanisterId: claim.signerCanisterId,
      isApplied: claim.isApplied,
      account,
      attestation: { checkpoint, logicRef, nullifierPresent },
      evidence,
      payload,
      approvals
    });
    return { account, transition };
  });
}

function assertBatchSize(size: number): void {
  if (size < 1 || size > MAX_BATCH_SIZE) {
    throw new ProtocolError(
      'transition/batch-size',
      `expected 1 to ${MAX_BATCH_SIZE} transitions, got ${size}`,
      { size }
    );
  }
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

function assertFirst(accountIds: Set<string>, account: Account): void {
  const id = toHex(account.id);
  if (accountIds.has(id)) {
    throw new ProtocolError('transition/duplicate-account', 'expected each account once in a batch', {
      accountId: account.id
    });
  }
  accountIds.add(id);
}

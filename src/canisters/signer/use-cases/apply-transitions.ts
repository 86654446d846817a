/** Applies proven transitions of one domain at one checkpoint: all of them, or none. Anyone may bring them. */
import { type SubmittedTransition, type TransitionBatch } from '../../../api/signer-wire';
import { type AccountTransition, type Account, applyTransition } from '../../../core/account/account';
import { type TransitionPurpose, decodeTransitionPayload } from '../../../core/account/transition-payload';
import { type Bytes32 } from '../../../core/bytes';
import { type LogEvent } from '../../../core/log/block';
import { unitTags } from '../../../core/proof/transition';
import { type VerifiedBatchEntry, verifyTransitionBatch } from '../../../core/proof/transition-batch';
import { attestNullifiers } from '../domains-client';
import { type SignerContext, certifyTip, closeSigning, recordEvent } from '../signature-log';

/**
 * The accounts after their transitions, in the order given.
 * @throws {ProtocolError} those of `core/proof` `verifyTransitionBatch` and of `attestNullifiers`.
 */
export async function applyTransitions(context: SignerContext, batch: TransitionBatch): Promise<Account[]> {
  const claims = batch.transitions.map(readClaim);
  const consumed = claims.filter(({ purpose }) => purpose === 'transition');
  const { checkpoint, logicRef, present } = await attestNullifiers(context, {
    domainId: batch.domainId,
    height: batch.height,
    nullifiers: consumed.map(({ nullifier, nullifierProof }) => ({ nullifier, proof: nullifierProof }))
  });

  const entries = verifyTransitionBatch({
    checkpoint,
    logicRef,
    signerCanisterId: context.runtime.self(),
    findAccount: context.store.findAccount,
    isApplied: context.store.isNullifierApplied,
    transitions: claims.map((claim) => ({
      evidence: claim.evidence,
      nullifierPresent: present[consumed.indexOf(claim)] ?? false
    }))
  });
  const accounts = entries.map((entry) => applyEntry(context, entry, checkpoint.height));
  certifyTip(context);
  return accounts;
}

type Claim = SubmittedTransition & { readonly purpose: TransitionPurpose; readonly nullifier: Bytes32 };

/** What has to be known before `domains` is asked. */
function readClaim(submitted: SubmittedTransition): Claim {
  const { purpose } = decodeTransitionPayload(submitted.evidence.payload);
  return { ...submitted, purpose, nullifier: unitTags(submitted.evidence).consumed };
}

function applyEntry(context: SignerContext, entry: VerifiedBatchEntry, height: bigint): Account {
  const { account, transition } = entry;
  const { store } = context;
  // A signature in flight belongs to the epoch that ends here: whatever comes back finds nobody waiting.
  const settled =
    transition.purpose === 'transition' ? closeSigning(context, account, { status: 'discarded' }) : account;
  const recorded = recordEvent(context, settled, transitionEvent(transition, height));
  const applied = applyTransition(recorded, transition);
  store.saveAccount(applied, account.owner);
  if (transition.purpose === 'transition') {
    const { nullifier, head } = transition;
    store.addNullifier({ domainId: head.domainId, nullifier, accountId: account.id });
  }
  return applied;
}

function transitionEvent(transition: AccountTransition, height: bigint): LogEvent {
  const { domainId, commitment } = transition.head;
  if (transition.purpose === 'binding') return { type: 'bind', domain: domainId, commitment };
  const { nullifier, owner, outcome } = transition;
  return {
    type: 'transition',
    domain: domainId,
    height,
    nullifier,
    commitment,
    owner,
    outcome: outcome.type === 'active' ? 'active' : outcome.reason
  };
}

/** Applies the proven transitions of one action at one checkpoint: all of them, or none. Anyone may bring them. */
import { type TransitionBatch } from '../../../api/signer-wire';
import { type AccountTransition, type Account, applyTransition } from '../../../core/account/account';
import { type Bytes32 } from '../../../core/bytes';
import { type LogEvent } from '../../../core/log/block';
import { type OpenedAction, openAction } from '../../../core/proof/action-evidence';
import { unitTags } from '../../../core/proof/transition';
import { type VerifiedBatchEntry, verifyTransitionBatch } from '../../../core/proof/transition-batch';
import { attestNullifiers } from '../domains-client';
import { type SignerContext, certifyTip, closeSigning, recordEvent } from '../signature-log';

/**
 * The accounts after their transitions, in the order of the action's units.
 * @throws {ProtocolError} those of `core/proof` `openAction` and `verifyTransitionBatch`, and of `attestNullifiers`.
 */
export async function applyTransitions(context: SignerContext, batch: TransitionBatch): Promise<Account[]> {
  const { domainId, height } = batch;
  const action = openAction(batch.action);
  const asked = unitsToAttest(action, batch.nullifierProofs);
  const { checkpoint, logicRef, present } = await attestNullifiers(context, {
    domainId,
    height,
    nullifiers: asked.map(({ nullifier, proof }) => ({ nullifier, proof }))
  });

  const nullifiersPresent = action.units.map(
    (_unit, unitIndex) => present[asked.findIndex((entry) => entry.unitIndex === unitIndex)] ?? false
  );
  const entries = verifyTransitionBatch({
    checkpoint,
    logicRef,
    signerCanisterId: context.runtime.self(),
    findAccount: context.store.findAccount,
    findApplied: context.store.findApplied,
    action,
    nullifiersPresent
  });
  const accounts = entries.map((entry) => applyEntry(context, entry, checkpoint.height));
  certifyTip(context);
  return accounts;
}

type AskedUnit = {
  readonly unitIndex: number;
  readonly nullifier: Bytes32;
  readonly proof: readonly Uint8Array[];
};

/**
 * Units whose nullifier `domains` is asked about: all but bindings, whose consumed side was ephemeral and of which the
 * successor's nonce tells enough.
 */
function unitsToAttest(
  action: OpenedAction,
  nullifierProofs: TransitionBatch['nullifierProofs']
): AskedUnit[] {
  return action.units.flatMap(({ payload }, unitIndex) => {
    const nullifier = unitTags({ tags: action.tags, unitIndex }).consumed;
    if (payload?.purpose === 'binding') return [];
    return [{ unitIndex, nullifier, proof: nullifierProofs[unitIndex] ?? [] }];
  });
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
  store.addApplied(transition);
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

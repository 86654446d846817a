import { type ActionEvidence, openAction } from '../../../../src/core/proof/action-evidence';
import {
  type TransitionBatchClaim,
  type VerifiedBatchEntry,
  verifyTransitionBatch
} from '../../../../src/core/proof/transition-batch';

/** A batch as it is brought, its payloads encoded. */
export type BroughtBatch = Omit<TransitionBatchClaim, 'action'> & { readonly action: ActionEvidence };

/** Opens the action and verifies it, as the signer does. */
export const verifyBroughtBatch = (batch: BroughtBatch): VerifiedBatchEntry[] =>
  verifyTransitionBatch({ ...batch, action: openAction(batch.action) });

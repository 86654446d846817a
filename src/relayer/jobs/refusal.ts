/** What a refusal of the signer means for the job. */

export type RefusalMeaning =
  /** The effect is there already: by our own earlier message, or another relayer's. */
  | 'applied'
  /** Nothing is wrong with the proof: the same again, later. */
  | 'retry'
  /** The checkpoint is not one the `domains` canister answers for (any more): again, with a new one. */
  | 'new-checkpoint'
  /** No repetition changes it. */
  | 'final';

const APPLIED = new Set(['transition/replayed', 'transition/already-bound']);
const NEW_CHECKPOINT = /^(domain|checkpoint)\/(.*unknown.*|.*pruned.*|.*not-found.*|no-checkpoint)$/;
const RETRY =
  /^(domain\/(busy|not-final|halted|providers-.*|outcall.*)|.*\/(busy|unavailable|call-rejected))$/;

export function interpretRefusal(code: string): RefusalMeaning {
  if (APPLIED.has(code)) return 'applied';
  if (NEW_CHECKPOINT.test(code)) return 'new-checkpoint';
  return RETRY.test(code) ? 'retry' : 'final';
}

/** Refusals that only say that an earlier transition of the account is missing. */
export function isOutOfOrder(code: string): boolean {
  return code === 'transition/nullifier' || code === 'transition/not-bound' || code === 'transition/domain';
}

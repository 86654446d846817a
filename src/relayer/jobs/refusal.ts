/** What a refusal of the signer means for the job. */

export type RefusalMeaning =
  /** The effect is there already: by our own earlier message, or another relayer's. */
  | 'applied'
  /** The proof itself is refused: no repetition changes it. */
  | 'final'
  /** It is about the checkpoint or the storage proofs: again, with new ones. */
  | 'new-checkpoint'
  /** It is about neither (a busy or halted domain, a canister out of reach, a code unknown here): the same, later. */
  | 'retry';

const APPLIED = 'transition/replayed';
const ABOUT_THE_PROOF = new Set([
  'account',
  'account-value',
  'action',
  'authority',
  'bytes',
  'payload',
  'principal',
  'proof',
  'resource',
  'transition',
  'tree',
  'wire'
]);
const ABOUT_THE_CHECKPOINT = new Set(['adapter', 'checkpoint', 'mpt']);

export function interpretRefusal(code: string): RefusalMeaning {
  if (code === APPLIED) return 'applied';
  const [area = ''] = code.split('/', 1);
  if (ABOUT_THE_PROOF.has(area)) return 'final';
  return ABOUT_THE_CHECKPOINT.has(area) ? 'new-checkpoint' : 'retry';
}

/** Refusals that only say that an earlier transition of the account is missing. */
const OUT_OF_ORDER = new Set([
  'transition/nullifier',
  'transition/nullifier-key',
  'transition/not-bound',
  'transition/domain'
]);

export const isOutOfOrder = (code: string): boolean => OUT_OF_ORDER.has(code);

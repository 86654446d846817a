/**
 * The nonces an account has signed for on each EVM chain. A signature for a nonce that is still open is a liability of
 * the account, so nonces leave no gaps: nothing signed now can become valid behind a transaction made later.
 */
import { ProtocolError } from '../error';

/** All nonces below `nextNonce` (u64) have been signed for on the chain with this id (u64). */
export type EvmNonce = { readonly chainId: bigint; readonly nextNonce: bigint };

/** Most chains one account signs for. */
export const MAX_EVM_CHAINS = 64;

/**
 * The nonces after one more signature, ascending by chain id. `isReplacement` allows a nonce that was signed for before.
 * @throws {ProtocolError} `account/nonce-gap` above the next nonce; `account/nonce-used` below it unless replacing;
 * `account/too-many-chains`.
 */
export function useEvmNonce(
  nonces: readonly EvmNonce[],
  use: { readonly chainId: bigint; readonly nonce: bigint; readonly isReplacement: boolean }
): EvmNonce[] {
  const { chainId, nonce, isReplacement } = use;
  const nextNonce = nonces.find((entry) => entry.chainId === chainId)?.nextNonce ?? 0n;
  if (nonce > nextNonce) {
    throw new ProtocolError('account/nonce-gap', `expected at most nonce ${nextNonce}, got ${nonce}`, {
      chainId,
      nextNonce,
      nonce
    });
  }
  if (nonce < nextNonce && !isReplacement) {
    throw new ProtocolError(
      'account/nonce-used',
      `expected nonce ${nextNonce}, got ${nonce}, signed before`,
      {
        chainId,
        nextNonce,
        nonce
      }
    );
  }
  const others = nonces.filter((entry) => entry.chainId !== chainId);
  if (others.length >= MAX_EVM_CHAINS) {
    throw new ProtocolError('account/too-many-chains', `expected at most ${MAX_EVM_CHAINS} chains`, {
      chainId
    });
  }
  const used = { chainId, nextNonce: nonce === nextNonce ? nonce + 1n : nextNonce };
  return [...others, used].sort((a, b) => (a.chainId < b.chainId ? -1 : 1));
}

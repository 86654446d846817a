/**
 * Nonces of an account on every EVM chain it has signed for. They leave no gap, so that what was signed can be closed in
 * order; a nonce is signed twice only as an explicit replacement.
 */
import { ProtocolError } from '../error';

/** All nonces below `nextNonce` have been signed for on this chain. */
export type EvmNonce = { readonly chainId: bigint; readonly nextNonce: bigint };

/** Ascending by chain id, one entry a chain. A chain without entry is at nonce 0: an account's keys are its own. */
export type EvmNonces = readonly EvmNonce[];

/** One message has to hash all entries for a passport. */
export const MAX_CHAINS = 64;

/** The next nonce of a chain. */
export const nextNonceOf = (nonces: EvmNonces, chainId: bigint): bigint =>
  nonces.find((entry) => entry.chainId === chainId)?.nextNonce ?? 0n;

/**
 * The nonces after signing for `request`: unchanged by a replacement of an earlier one.
 * @throws {ProtocolError} `signing/nonce-gap` above the next nonce, `signing/nonce-used` below it without `replace`,
 * `signing/too-many-chains`.
 */
export function useNonce(
  nonces: EvmNonces,
  request: { readonly chainId: bigint; readonly nonce: bigint; readonly replace: boolean }
): EvmNonces {
  const { chainId, nonce } = request;
  const expected = nextNonceOf(nonces, chainId);
  if (nonce > expected) throw nonceError('signing/nonce-gap', { chainId, nonce, expected });
  if (nonce < expected) {
    if (request.replace) return nonces;
    throw nonceError('signing/nonce-used', { chainId, nonce, expected });
  }
  const others = nonces.filter((entry) => entry.chainId !== chainId);
  if (others.length >= MAX_CHAINS)
    throw new ProtocolError('signing/too-many-chains', `an account signs for at most ${MAX_CHAINS} chains`);
  const entries = [...others, { chainId, nextNonce: nonce + 1n }];
  return entries.sort((a, b) => (a.chainId < b.chainId ? -1 : 1));
}

function nonceError(
  code: string,
  data: { readonly chainId: bigint; readonly nonce: bigint; readonly expected: bigint }
): ProtocolError {
  return new ProtocolError(
    code,
    `expected nonce ${data.expected} on chain ${data.chainId}, got ${data.nonce}`,
    data
  );
}

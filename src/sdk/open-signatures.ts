/**
 * Signatures that may still take effect: an account that signed for a nonce which its chain has not reached can be
 * emptied by whoever kept the signed transaction, whoever owns the account by then.
 */
import { type PublicClient, getAddress, toHex } from 'viem';
import { type Passport } from '../core/account/passport';

/** The part of an EVM node's client that is asked. */
export type NonceReader = Pick<PublicClient, 'getChainId' | 'getTransactionCount'>;

/** Transactions of one account on one chain that are signed and not mined. */
export type OpenSignatures = { readonly chainId: bigint; readonly count: bigint };

/** What is open on the reader's chain; the passports of other chains need readers of theirs. */
export async function findOpenSignatures(
  chain: NonceReader,
  account: { readonly evmAddress: Uint8Array; readonly passport: Passport }
): Promise<OpenSignatures> {
  const chainId = BigInt(await chain.getChainId());
  const signed = account.passport.evmNonces.find((entry) => entry.chainId === chainId)?.nextNonce ?? 0n;
  const address = getAddress(toHex(account.evmAddress));
  const mined = BigInt(await chain.getTransactionCount({ address, blockTag: 'latest' }));
  return { chainId, count: signed > mined ? signed - mined : 0n };
}

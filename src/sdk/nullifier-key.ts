/**
 * Nullifier keys without a key store: an account's head in epoch E is nullified with a key that its owner derives from a
 * deterministic signature (Ed25519, or ECDSA by RFC 6979) over (account, epoch). Knowing one shows when the head is
 * consumed; it allows nothing.
 */
import { type SignIdentity } from '@dfinity/agent';
import { type Bytes32, ascii, concat, encodeBigEndian } from '../core/bytes';
import { taggedHash } from '../core/tagged-hash';

const SEPARATOR = concat(Uint8Array.of(19), ascii('hypha-nullifier-key'));

/** The 32-byte nullifier key of `identity` for the head of `accountId` while its epoch is `epoch`. */
export async function deriveNullifierKey(
  identity: SignIdentity,
  head: { readonly accountId: Bytes32; readonly epoch: bigint }
): Promise<Bytes32> {
  const request = taggedHash(
    'hypha/nullifier-key-request/v1',
    head.accountId,
    encodeBigEndian(head.epoch, 8)
  );
  const signature = await identity.sign(concat(SEPARATOR, request));
  return taggedHash('hypha/nullifier-key/v1', new Uint8Array(signature));
}

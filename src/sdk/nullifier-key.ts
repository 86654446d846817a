/**
 * Nullifier keys without a key store: an account's head in epoch E is nullified with a key that its owner derives from a
 * deterministic signature (Ed25519, or ECDSA by RFC 6979) over (account, epoch). Whoever knows it sees when the head is
 * consumed; the signer canister still asks for the owner's approval.
 */
import { type SignIdentity } from '@dfinity/agent';
import { type Bytes32, ascii, concat, encodeBigEndian, equalBytes } from '../core/bytes';
import { ProtocolError } from '../core/error';
import { taggedHash } from '../core/tagged-hash';
import { signAsParty } from './party-signature';

/** Length-prefixed, as the domain separators of the IC are, so that no other message can begin like it. */
const SEPARATOR = concat(Uint8Array.of(19), ascii('hypha-nullifier-key'));

/** Whose head, and in which epoch (u64) of the account. */
export type HeadEpoch = { readonly accountId: Bytes32; readonly epoch: bigint };

/**
 * The 32-byte nullifier key of `identity` for the head of an account in an epoch.
 * @throws {ProtocolError} `identity/unsupported`.
 */
export async function deriveNullifierKey(identity: SignIdentity, head: HeadEpoch): Promise<Bytes32> {
  const request = taggedHash(
    'hypha/nullifier-key-request/v1',
    head.accountId,
    encodeBigEndian(head.epoch, 8)
  );
  return taggedHash('hypha/nullifier-key/v1', await signAsParty(identity, concat(SEPARATOR, request)));
}

/**
 * {@link deriveNullifierKey}, derived twice: an identity that signs at random would lose the head it is to own.
 * @throws {ProtocolError} `identity/unsupported`, `identity/not-deterministic`.
 */
export async function deriveLastingNullifierKey(identity: SignIdentity, head: HeadEpoch): Promise<Bytes32> {
  const nk = await deriveNullifierKey(identity, head);
  if (!equalBytes(nk, await deriveNullifierKey(identity, head))) {
    throw new ProtocolError(
      'identity/not-deterministic',
      'expected an identity that signs the same message twice alike; this one could never pass the account on'
    );
  }
  return nk;
}

/**
 * Signatures of a transfer's parties. A party is the principal of its own key, and its signatures are checked by that
 * key alone; delegated identities, and keys the protocol does not know, are refused here and not on the chain.
 */
import { type SignIdentity } from '@dfinity/agent';
import { principalOfPublicKey } from '../core/account/principal';
import { equalBytes } from '../core/bytes';
import { verifyIdentitySignature } from '../core/crypto/identity-signature';
import { ProtocolError, isProtocolError } from '../core/error';

/** The identity's public key in DER. @throws {ProtocolError} `identity/unsupported` when its principal is not that key's. */
export function partyPublicKey(identity: SignIdentity): Uint8Array {
  const publicKeyDer = new Uint8Array(identity.getPublicKey().toDer());
  if (!equalBytes(principalOfPublicKey(publicKeyDer), identity.getPrincipal().toUint8Array())) {
    throw unsupported('its principal is not that of its public key');
  }
  return publicKeyDer;
}

/** 64-byte signature by the identity's key. @throws {ProtocolError} `identity/unsupported` when it does not verify. */
export async function signAsParty(identity: SignIdentity, message: Uint8Array): Promise<Uint8Array> {
  const publicKeyDer = partyPublicKey(identity);
  const signature = new Uint8Array(await identity.sign(message));
  if (!holds({ publicKeyDer, message, signature })) throw unsupported('it does not sign with its own key');
  return signature;
}

function holds(claim: Parameters<typeof verifyIdentitySignature>[0]): boolean {
  try {
    return verifyIdentitySignature(claim);
  } catch (error) {
    if (isProtocolError(error, 'authority/key-type')) throw unsupported('its key is of another type', error);
    throw error;
  }
}

function unsupported(reason: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    'identity/unsupported',
    `expected an identity that signs with its own Ed25519 or secp256k1 key: ${reason}`,
    {},
    { cause }
  );
}

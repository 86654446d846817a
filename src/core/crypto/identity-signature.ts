/**
 * Signatures of Internet Computer identities, whose public keys travel in DER (interface specification, "Signatures").
 */
import { equalBytes, fromHex } from '../bytes';
import { ProtocolError } from '../error';
import { verifyEd25519 } from './ed25519';
import { sha256 } from './hash';
import { verifyEcdsa } from './secp256k1';

/** SubjectPublicKeyInfo up to the key: id-Ed25519 (RFC 8410), then 32 bytes. */
const ED25519_PREFIX = fromHex('302a300506032b6570032100');
/** SubjectPublicKeyInfo up to the key: id-ecPublicKey on secp256k1 (RFC 5480, SEC2), then 65 bytes, uncompressed. */
const SECP256K1_PREFIX = fromHex('3056301006072a8648ce3d020106052b8104000a034200');

/**
 * Whether `signature` (64 bytes) over `message` is valid: Ed25519 over the message, or ECDSA secp256k1 with low s over
 * its SHA-256. @throws {ProtocolError} `authority/key-type` when the key is neither, in its one DER encoding.
 */
export function verifyIdentitySignature(claim: {
  readonly publicKeyDer: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}): boolean {
  const { publicKeyDer, message, signature } = claim;
  const ed25519Key = stripPrefix(publicKeyDer, { prefix: ED25519_PREFIX, keyLength: 32 });
  if (ed25519Key !== undefined) return verifyEd25519({ publicKey: ed25519Key, message, signature });
  const secp256k1Key = stripPrefix(publicKeyDer, { prefix: SECP256K1_PREFIX, keyLength: 65 });
  if (secp256k1Key !== undefined && secp256k1Key[0] === 4)
    return verifyEcdsa({ publicKey: secp256k1Key, digest: sha256(message), signature });
  throw new ProtocolError('authority/key-type', 'expected an Ed25519 or secp256k1 public key in DER', {
    publicKeyDer
  });
}

function stripPrefix(
  der: Uint8Array,
  shape: { readonly prefix: Uint8Array; readonly keyLength: number }
): Uint8Array | undefined {
  const { prefix, keyLength } = shape;
  const matches =
    der.length === prefix.length + keyLength && equalBytes(der.subarray(0, prefix.length), prefix);
  return matches ? der.subarray(prefix.length) : undefined;
}

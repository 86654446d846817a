/** Threshold ECDSA signatures in the form Ethereum takes. */
import { type Bytes32, bytes32 } from '../bytes';
import { findYParity, normalizeLowS } from '../crypto/secp256k1';
import { ProtocolError } from '../error';

/** r and s big-endian, s in the lower half; `yParity` is the recovery bit. */
export type EvmSignature = { readonly r: Bytes32; readonly s: Bytes32; readonly yParity: 0 | 1 };

/**
 * The signature of `digest` (32 bytes) that the management canister answered (64 bytes: r, s), made canonical and
 * checked against the account's public key (33 or 65 bytes); it recovers to that key's address.
 * @throws {ProtocolError} `signing/signature-invalid` when the key did not make it.
 */
export function createEvmSignature(answer: {
  readonly signature: Uint8Array;
  readonly digest: Bytes32;
  readonly publicKey: Uint8Array;
}): EvmSignature {
  const signature = canonicalSignature(answer.signature);
  const yParity = findYParity({ ...answer, signature });
  if (yParity === undefined) throw invalidSignature(answer.signature);
  return {
    r: bytes32(signature.slice(0, 32), 'r'),
    s: bytes32(signature.slice(32), 's'),
    yParity
  };
}

function canonicalSignature(signature: Uint8Array): Uint8Array {
  try {
    return normalizeLowS(signature);
  } catch (error) {
    throw invalidSignature(signature, error);
  }
}

function invalidSignature(signature: Uint8Array, cause?: unknown): ProtocolError {
  return new ProtocolError(
    'signing/signature-invalid',
    "the signature is not one of the account's key over this digest",
    { signature },
    { cause }
  );
}

/** EVM addresses of public keys. */
import { type Address, address } from '../bytes';
import { keccak256 } from '../crypto/hash';
import { decompressPublicKey } from '../crypto/secp256k1';

/**
 * Address of a secp256k1 public key (33 bytes compressed or 65 uncompressed): the last 20 bytes of Keccak-256 of x and y.
 * @throws {ProtocolError} `crypto/public-key`.
 */
export function deriveEvmAddress(publicKey: Uint8Array): Address {
  return address(keccak256(decompressPublicKey(publicKey).subarray(1)).slice(12), 'EVM address');
}

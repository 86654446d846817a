/** EVM addresses of public keys, and their text with the EIP-55 checksum. */
import { type Address, address, ascii, fromHex, toHex } from '../bytes';
import { keccak256 } from '../crypto/hash';
import { decompressPublicKey } from '../crypto/secp256k1';
import { ProtocolError } from '../error';

/**
 * Address of a secp256k1 public key (33 bytes compressed or 65 uncompressed): the last 20 bytes of Keccak-256 of x and y.
 * @throws {ProtocolError} `crypto/public-key`.
 */
export function deriveEvmAddress(publicKey: Uint8Array): Address {
  return address(keccak256(decompressPublicKey(publicKey).subarray(1)).slice(12), 'EVM address');
}

/** `0x` and 40 hex digits, upper and lower case by EIP-55. */
export function formatEvmAddress(value: Address): string {
  const digits = toHex(value);
  const checksum = toHex(keccak256(ascii(digits)));
  const cased = [...digits].map((digit, index) =>
    (checksum[index] ?? '') >= '8' ? digit.toUpperCase() : digit
  );
  return `0x${cased.join('')}`;
}

/**
 * The address of a text: `0x` and 40 hex digits, all of one case or with the right EIP-55 checksum.
 * @throws {ProtocolError} `address/format`, `address/checksum`.
 */
export function parseEvmAddress(text: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text))
    throw new ProtocolError('address/format', `expected 0x and 40 hex digits, got "${text.slice(0, 80)}"`);
  const value = address(fromHex(text), 'EVM address');
  const digits = text.slice(2);
  const isOneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  if (!isOneCase && formatEvmAddress(value) !== text) {
    throw new ProtocolError(
      'address/checksum',
      `the upper and lower case of ${text} do not match its checksum`
    );
  }
  return value;
}

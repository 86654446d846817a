/** The door to Ed25519 (RFC 8032): checks of signatures. Public data only. */
import { engine } from '#crypto-engine';
import { fromHex } from '../bytes';

/** Longest message that is checked: what engines have room for, and more than anything signed here. */
export const MAX_ED25519_MESSAGE_LENGTH = 65_536;

/** Order of the group, 2^252 + 27742317777372353535851937790883648493, little-endian as signatures hold s. */
const GROUP_ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

/**
 * Whether `signature` (64 bytes) over `message` (at most 65,536 bytes) by `publicKey` (32 bytes) is valid by the strict
 * rules: canonical point encodings, s below the group order, neither key nor nonce commitment of small order, and
 * [s]B = R + [k]A without the cofactor. Malformed input of any kind is `false`.
 */
export function verifyEd25519(claim: {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}): boolean {
  const { publicKey, message, signature } = claim;
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  if (message.length > MAX_ED25519_MESSAGE_LENGTH || !hasReducedS(signature)) return false;
  return engine.ed25519.verify(publicKey, message, signature);
}

/** The most significant byte mostly decides. */
function hasReducedS(signature: Uint8Array): boolean {
  for (let index = 31; index >= 0; index -= 1) {
    const difference = (signature[32 + index] ?? 0) - (GROUP_ORDER[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

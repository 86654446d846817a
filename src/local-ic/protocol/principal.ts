/** Principals as bytes: the four kinds this host meets, and their text. */
import { Principal } from '@dfinity/principal';
import { sha224 } from '@noble/hashes/sha2';
import { concatBytes } from '@noble/hashes/utils';

/** `aaaaa-aa`: the management canister. */
export const MANAGEMENT_CANISTER = new Uint8Array(0);
/** Longest principal in bytes. */
export const PRINCIPAL_BYTES_MAX = 29;

const ANONYMOUS = 0x04;
const SELF_AUTHENTICATING = 0x02;

export const isAnonymous = (principal: Uint8Array): boolean =>
  principal.length === 1 && principal[0] === ANONYMOUS;

/** The principal of a DER public key: `SHA-224(key) ‖ 02`, 29 bytes. */
export const selfAuthenticating = (publicKeyDer: Uint8Array): Uint8Array =>
  concatBytes(sha224(publicKeyDer), Uint8Array.of(SELF_AUTHENTICATING));

/** Text form with checksum, such as `2vxsx-fae`. */
export const principalText = (principal: Uint8Array): string => Principal.fromUint8Array(principal).toText();

/** Bytes of a principal's text, or undefined when it is not one. */
export function parsePrincipal(text: string): Uint8Array | undefined {
  try {
    return Principal.fromText(text).toUint8Array();
  } catch {
    return undefined;
  }
}

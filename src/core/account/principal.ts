/**
 * Internet Computer principals as bytes (interface specification, "Principals"): what owns an account.
 */
import { type ByteReader, concat, equalBytes } from '../bytes';
import { sha224 } from '../crypto/hash';
import { ProtocolError } from '../error';

/** A principal in its binary form, 0 to 29 bytes. */
export type PrincipalBytes = Uint8Array;

/** Most bytes a principal has. */
export const MAX_PRINCIPAL_LENGTH = 29;

/** The caller of a message that nobody signed. */
export const ANONYMOUS_PRINCIPAL: PrincipalBytes = Uint8Array.of(4);

const SELF_AUTHENTICATING_LENGTH = 29;
const SELF_AUTHENTICATING_TAG = 2;

/** The self-authenticating principal of a public key in DER: SHA-224 of it, then 0x02. */
export const principalOfPublicKey = (publicKeyDer: Uint8Array): PrincipalBytes =>
  concat(sha224(publicKeyDer), Uint8Array.of(SELF_AUTHENTICATING_TAG));

/** Whether the principal belongs to a public key: 29 bytes ending in 0x02. Neither canisters nor the anonymous do. */
export const isSelfAuthenticating = (principal: PrincipalBytes): boolean =>
  principal.length === SELF_AUTHENTICATING_LENGTH && principal.at(-1) === SELF_AUTHENTICATING_TAG;

/** Whether the principal is the anonymous one. */
export const isAnonymous = (principal: PrincipalBytes): boolean => equalBytes(principal, ANONYMOUS_PRINCIPAL);

/** A principal behind its u8 length. @throws {ProtocolError} `principal/length` unless it has 1 to 29 bytes. */
export function encodePrincipal(principal: PrincipalBytes): Uint8Array {
  assertPrincipalLength(principal.length);
  return concat(Uint8Array.of(principal.length), principal);
}

/** Reads {@link encodePrincipal}. @throws {ProtocolError} `principal/length` unless it has 1 to 29 bytes. */
export function readPrincipal(reader: ByteReader): PrincipalBytes {
  const length = reader.uint(1);
  assertPrincipalLength(length);
  return reader.take(length);
}

function assertPrincipalLength(length: number): void {
  if (length < 1 || length > MAX_PRINCIPAL_LENGTH) {
    throw new ProtocolError(
      'principal/length',
      `expected a principal of 1 to ${MAX_PRINCIPAL_LENGTH} bytes, got ${length}`,
      { length }
    );
  }
}

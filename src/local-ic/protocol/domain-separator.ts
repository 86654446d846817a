/** What is signed on the Internet Computer: a domain separator (its length in front), then a 32-byte hash. */
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils';

export type SigningDomain = 'ic-request' | 'ic-request-auth-delegation' | 'ic-response' | 'ic-state-root';

/** `len(domain) ‖ domain ‖ hash`, the payload of a signature. */
export function signedPayload(domain: SigningDomain, hash: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(domain.length), utf8ToBytes(domain), hash);
}

/** What is signed on the Internet Computer: a domain separator (its length in front), then mostly a 32-byte hash. */
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils';

export type SigningDomain =
  'ic-request' | 'ic-request-auth-delegation' | 'ic-sender-info' | 'ic-response' | 'ic-state-root';

/** `len(domain) ‖ domain ‖ content`, the payload of a signature. The content is a hash, but for sender info. */
export function signedPayload(domain: SigningDomain, content: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(domain.length), utf8ToBytes(domain), content);
}

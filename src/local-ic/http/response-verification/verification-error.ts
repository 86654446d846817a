/** A response that is not what its canister certified; the message says why. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';
}

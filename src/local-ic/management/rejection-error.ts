import type { Rejection } from '../replica/replica-port';

/** A management-canister call refused with the reject code, text and error code that the caller receives. */
export class RejectionError extends Error {
  override readonly name = 'RejectionError';

  constructor(
    readonly rejection: Rejection,
    options?: { readonly cause?: unknown }
  ) {
    super(rejection.rejectMessage, options);
  }
}

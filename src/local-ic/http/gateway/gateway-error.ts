/** An answer that the gateway gives instead of the canister: status and plain text. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';

  constructor(
    readonly status: number,
    message: string,
    options?: { readonly cause?: unknown }
  ) {
    super(message, options);
  }
}

/** A request refused before execution: the HTTP status and the plain text that the replica answers with. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    readonly status: 400 | 403 | 404 | 413,
    message: string,
    options?: { readonly cause?: unknown }
  ) {
    super(message, options);
  }
}

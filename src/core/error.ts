/**
 * The one error of the protocol core: a stable code, what was expected and what came.
 *
 * Codes are `area/reason` literals, part of the wire contract (`src/api/errors.ts` maps them to Candid);
 * texts may change, codes may not.
 */
export type ErrorData = Readonly<Record<string, string | number | bigint | boolean | Uint8Array>>;

/** A refusal with a stable code. `message` says what was expected and what came; `data` carries the raw values. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';

  constructor(
    readonly code: string,
    message: string,
    readonly data: ErrorData = {},
    options?: { readonly cause?: unknown }
  ) {
    super(message, options);
  }
}

/** Whether a thrown value is a {@link ProtocolError} (optionally with this code). */
export function isProtocolError(error: unknown, code?: string): error is ProtocolError {
  return error instanceof ProtocolError && (code === undefined || error.code === code);
}

/** Passes when `holds`. @throws {ProtocolError} of the code, saying what was expected. */
export function refuseUnless(
  holds: boolean,
  refusal: { readonly code: string; readonly expectation: string }
): asserts holds {
  if (!holds) throw new ProtocolError(refusal.code, `expected ${refusal.expectation}`);
}

/** Marks the end of an exhaustive switch; reaching it is a bug in this program, never bad input. */
export function assertNever(value: never): never {
  throw new Error(`BUG: unexpected variant ${JSON.stringify(value)}`);
}

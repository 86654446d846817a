/**
 * The wire form of refusals: every canister method answers `variant { Ok; Err : record { code; message } }`.
 * Codes are stable and listed in docs/protocol/errors.md; messages are for people.
 */
import { IDL } from '@dfinity/candid';
import { ProtocolError } from '../core/error';

/** A refusal as it travels. */
export type WireError = { readonly code: string; readonly message: string };

/** A canister method's answer. */
export type Result<T> = { readonly Ok: T } | { readonly Err: WireError };

export const WireErrorIdl = IDL.Record({ code: IDL.Text, message: IDL.Text });

/** Candid type of {@link Result}. */
export const resultIdl = (ok: IDL.Type): IDL.Type => IDL.Variant({ Ok: ok, Err: WireErrorIdl });

/** The refusal as a Result. Errors that are no {@link ProtocolError} are bugs and are thrown on, never disguised. */
export function toErr(error: unknown): { readonly Err: WireError } {
  if (error instanceof ProtocolError) return { Err: { code: error.code, message: error.message } };
  throw error;
}

/** The value of a Result. @throws {ProtocolError} with the code that came. */
export function unwrap<T>(result: Result<T>): T {
  if ('Ok' in result) return result.Ok;
  throw new ProtocolError(result.Err.code, result.Err.message);
}

/** Byte strings and sizes at the edge, where Candid values become the protocol's own. */
import { type Bytes32, bytes32 } from '../core/bytes';
import { ProtocolError } from '../core/error';

/** The 32 bytes of `label`, copied: Candid may answer views of the whole message. @throws {ProtocolError} `bytes/length`. */
export const own32 = (value: Uint8Array, label: string): Bytes32 => bytes32(new Uint8Array(value), label);

/** @throws {ProtocolError} `wire/limit` when `actual` is above `limit`. */
export function assertAtMost(
  actual: number,
  { label, limit }: { readonly label: string; readonly limit: number }
): void {
  if (actual > limit) {
    throw new ProtocolError('wire/limit', `${label}: expected at most ${limit}, got ${actual}`, {
      label,
      limit,
      actual
    });
  }
}

/** `value`, copied, when it has at most `limit` bytes. @throws {ProtocolError} `wire/limit`. */
export function ownAtMost(
  value: Uint8Array,
  bound: { readonly label: string; readonly limit: number }
): Uint8Array {
  assertAtMost(value.length, bound);
  return new Uint8Array(value);
}

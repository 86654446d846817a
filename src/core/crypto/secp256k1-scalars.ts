/**
 * Scalars of secp256k1 (32 bytes, big-endian), judged by their bytes: a canister compares two dozen of them in the time
 * it makes one big integer, and the first byte mostly decides.
 */
import { fromHex } from '../bytes';

const GROUP_ORDER = fromHex('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');
/** Half the order, rounded up: the least high s. */
const LEAST_HIGH = fromHex('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1');
const FIELD_ORDER = fromHex('fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f');
const SCALAR_LENGTH = 32;

/** Whether the scalar at `offset` is below the group order. */
export const isBelowOrder = (bytes: Uint8Array, offset: number): boolean =>
  isBelow(bytes, offset, GROUP_ORDER);

/** Whether the scalar at `offset` is zero. */
export function isZeroScalar(bytes: Uint8Array, offset: number): boolean {
  for (let index = offset; index < offset + SCALAR_LENGTH; index += 1) if (bytes[index] !== 0) return false;
  return true;
}

/** Whether s of a signature of 64 bytes (r, s) is at most half the group order. */
export const hasLowS = (signature: Uint8Array): boolean => isBelow(signature, SCALAR_LENGTH, LEAST_HIGH);

/** Whether these are 64 bytes r, s with 0 < r, s < the group order. */
export const isSignature = (signature: Uint8Array): boolean =>
  signature.length === 2 * SCALAR_LENGTH &&
  isBelowOrder(signature, 0) &&
  isBelowOrder(signature, SCALAR_LENGTH) &&
  !isZeroScalar(signature, 0) &&
  !isZeroScalar(signature, SCALAR_LENGTH);

/** The group order less the scalar at `offset`, which is not zero and below it. */
export const negateScalar = (bytes: Uint8Array, offset: number): Uint8Array =>
  subtract(GROUP_ORDER, bytes, offset);

/** The field order less the coordinate at `offset`, which is not zero and below it. */
export const negateCoordinate = (bytes: Uint8Array, offset: number): Uint8Array =>
  subtract(FIELD_ORDER, bytes, offset);

function isBelow(bytes: Uint8Array, offset: number, limit: Uint8Array): boolean {
  for (let index = 0; index < SCALAR_LENGTH; index += 1) {
    const difference = (bytes[offset + index] ?? 0) - (limit[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function subtract(minuend: Uint8Array, bytes: Uint8Array, offset: number): Uint8Array {
  const result = new Uint8Array(SCALAR_LENGTH);
  let borrow = 0;
  for (let index = SCALAR_LENGTH - 1; index >= 0; index -= 1) {
    const difference = (minuend[index] ?? 0) - (bytes[offset + index] ?? 0) - borrow;
    result[index] = difference;
    borrow = difference < 0 ? 1 : 0;
  }
  return result;
}

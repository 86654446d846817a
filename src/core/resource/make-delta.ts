/**
 * Making deltas of ARM v1 (`delta` checks them): for clients, which know the randomness.
 */
import { type Bytes32, bytes32, concat, encodeBigEndian } from '../bytes';
import {
  GROUP_ORDER,
  decodeScalar,
  multiplyGenerator,
  multiplyPublic,
  signRecoverably
} from '../crypto/secp256k1-client';
import { type CurvePoint, addPoints, negatePoint } from '../crypto/secp256k1-group';
import { ProtocolError } from '../error';
import { RECOVERY_OFFSET, deltaMessage } from './delta';

/** A quantity (u128) of a kind. */
export type KindQuantity = { readonly kind: CurvePoint; readonly quantity: bigint };

/** The unit delta of one consumed and one created resource under the randomness `rcv` (a scalar, big-endian). */
export function unitDelta(unit: {
  readonly consumed: KindQuantity;
  readonly created: KindQuantity;
  readonly rcv: Bytes32;
}): CurvePoint {
  return addPoints(
    multiplyPublic(unit.created.kind, unit.created.quantity),
    negatePoint(multiplyPublic(unit.consumed.kind, unit.consumed.quantity)),
    multiplyGenerator(unit.rcv)
  );
}

/**
 * The delta witness of several units: the sum of their randomness modulo the group order.
 * @throws {ProtocolError} `secp256k1/scalar-range` when a randomness is out of range, `delta/witness-zero`.
 */
export function composeDeltaWitness(rcvs: readonly Bytes32[]): Bytes32 {
  const sum = rcvs.reduce((total, rcv) => (total + decodeScalar(rcv)) % GROUP_ORDER, 0n);
  if (sum === 0n) throw new ProtocolError('delta/witness-zero', 'the randomness of the units sums to zero');
  return bytes32(encodeBigEndian(sum, 32), 'delta witness');
}

/** The 65-byte proof of a delta witness for a transaction with these tags. */
export function proveDelta(witness: Bytes32, tags: readonly Bytes32[]): Uint8Array {
  const signature = signRecoverably(deltaMessage(tags), witness);
  return concat(signature.subarray(0, 64), Uint8Array.of((signature[64] ?? 0) + RECOVERY_OFFSET));
}

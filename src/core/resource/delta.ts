/**
 * Deltas of ARM v1: a unit delta commits to what a compliance unit creates less what it consumes, and a delta proof
 * shows that over a whole transaction only the randomness is left, i.e. that the transaction is balanced.
 *
 * `unitDelta = q_created * kind_created - q_consumed * kind_consumed + rcv * G`
 * delta proof: 65 bytes r, s, v (27 or 28), an ECDSA signature with the key `sum(rcv)` over keccak256 of all tags.
 */
import { type Bytes32, assertLength, concat, equalBytes } from '../bytes';
import { keccak256 } from '../crypto/hash';
import { findYParity } from '../crypto/secp256k1';
import { type CurvePoint, IDENTITY, addPoints } from '../crypto/secp256k1-group';
import { hasLowS } from '../crypto/secp256k1-scalars';
import { ProtocolError } from '../error';

const DELTA_PROOF_LENGTH = 65;
/** Ethereum's `v` is the recovery id plus this. */
export const RECOVERY_OFFSET = 27;

/** SEC 1 tag of a key with both coordinates. */
const UNCOMPRESSED_KEY = Uint8Array.of(4);

/** What a delta proof signs: keccak256 of the tags in the order of the compliance units. */
export const deltaMessage = (tags: readonly Bytes32[]): Bytes32 => keccak256(...tags);

/**
 * Accepts the delta proof of a balanced transaction. Compares whole points, as arm-risc0 does; the EVM adapter compares
 * the 20-byte addresses only.
 * @throws {ProtocolError} `bytes/length`, `delta/recovery-id`, `delta/high-s`, `delta/identity`, `delta/mismatch`.
 */
export function assertDeltaProof(claim: {
  readonly proof: Uint8Array;
  readonly tags: readonly Bytes32[];
  readonly unitDeltas: readonly CurvePoint[];
}): void {
  assertLength(claim.proof, { label: 'delta proof', length: DELTA_PROOF_LENGTH });
  const recoveryId = (claim.proof[64] ?? 0) - RECOVERY_OFFSET;
  if (recoveryId !== 0 && recoveryId !== 1) {
    throw new ProtocolError('delta/recovery-id', `expected v 27 or 28, got ${claim.proof[64]}`);
  }
  if (!hasLowS(claim.proof)) {
    throw new ProtocolError('delta/high-s', 'expected s at most half the group order');
  }
  const delta = addPoints(...claim.unitDeltas);
  if (equalBytes(delta, IDENTITY))
    throw new ProtocolError('delta/identity', 'the unit deltas sum to the identity');
  const yParity = findYParity({
    publicKey: concat(UNCOMPRESSED_KEY, delta),
    digest: deltaMessage(claim.tags),
    signature: claim.proof.subarray(0, 64)
  });
  if (yParity !== recoveryId) {
    throw new ProtocolError(
      'delta/mismatch',
      'the delta proof is not signed with the key of the transaction delta'
    );
  }
}

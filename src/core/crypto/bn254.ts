/** The door to BN254 (alt_bn128, EIP-196 and EIP-197): checks of Groth16 proofs. */
import { engine } from '#crypto-engine';

const PROOF_LENGTH = 256;
const POINT_LENGTH = 64;
const INPUT_LENGTH = 32;
/** alpha, beta, gamma, delta and the one ic that has no input. */
const SMALLEST_KEY_LENGTH = 448 + POINT_LENGTH;
/** Most public inputs of a proof: what engines have room for, and more than any key used here has. */
export const MAX_GROTH16_INPUTS = 16;

/**
 * Whether a Groth16 proof holds. Integers are 32 bytes big-endian; points of G1 are x, y, of G2 x.c1, x.c0, y.c1, y.c0;
 * the identity is all zeros. `key`: alpha, beta, gamma, delta, then one ic more than there are inputs. `proof`: A, B, C.
 * False for coordinates out of range, points off their curve or outside the subgroup, inputs not below the group order,
 * and for malformed input of any kind.
 */
export function verifyGroth16(claim: {
  readonly key: Uint8Array;
  readonly proof: Uint8Array;
  readonly inputs: Uint8Array;
}): boolean {
  const { key, proof, inputs } = claim;
  const count = inputs.length / INPUT_LENGTH;
  if (!Number.isInteger(count) || count > MAX_GROTH16_INPUTS || proof.length !== PROOF_LENGTH) return false;
  if (key.length !== SMALLEST_KEY_LENGTH + count * POINT_LENGTH) return false;
  return engine.bn254.verifyGroth16(key, proof, inputs);
}

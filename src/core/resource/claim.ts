/**
 * Claims of RISC Zero receipts (risc0-ethereum v3.0.1): the digest a seal is about. A seal shows that the guest with
 * `imageId` halted with exit code 0 and this journal.
 */
import { type Bytes32, hex32 } from '../bytes';
import { sha256 } from '../crypto/hash';

/** Digest of the halted system state with program counter 0. */
const POST_STATE_DIGEST = hex32('a3acc27117418996340b84e5a90f3ef4c49d22c79e44aad822ec9c313e1eb8e2');
/** SHA-256 of `risc0.Output` and of `risc0.ReceiptClaim`, written out: nothing in `core` hashes while it loads. */
export const OUTPUT_TAG = hex32('77eafeb366a78b47747de0d7bb176284085ff5564887009a5be63da32d3559d4');
export const CLAIM_TAG = hex32('cb1fefcd1f2d9a64975cbbbf6e161e2914434b0cbb9960b84df5d717e86b48af');
const NO_DIGEST = new Uint8Array(32);
const EXIT_CODES_ZERO = new Uint8Array(8);
/** Numbers of digests in the struct hashed, u16 little-endian. */
const OUTPUT_DIGESTS = Uint8Array.of(2, 0);
const CLAIM_DIGESTS = Uint8Array.of(4, 0);

/** The claim digest of a receipt. `imageId` is the verifying key of the guest, in this RM also the logic ref. */
export function receiptClaimDigest(receipt: {
  readonly imageId: Bytes32;
  readonly journal: Uint8Array;
}): Bytes32 {
  const output = sha256(OUTPUT_TAG, sha256(receipt.journal), NO_DIGEST, OUTPUT_DIGESTS);
  return sha256(
    CLAIM_TAG,
    NO_DIGEST,
    receipt.imageId,
    POST_STATE_DIGEST,
    output,
    EXIT_CODES_ZERO,
    CLAIM_DIGESTS
  );
}

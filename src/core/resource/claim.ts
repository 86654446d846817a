/**
 * Claims of RISC Zero receipts (risc0-ethereum v3.0.1): the digest a seal is about. A seal shows that the guest with
 * `imageId` halted with exit code 0 and this journal.
 */
import { type Bytes32, ascii, hex32 } from '../bytes';
import { sha256 } from '../crypto/hash';

/** Digest of the halted system state with program counter 0. */
const POST_STATE_DIGEST = hex32('a3acc27117418996340b84e5a90f3ef4c49d22c79e44aad822ec9c313e1eb8e2');
const OUTPUT_TAG = sha256(ascii('risc0.Output'));
const CLAIM_TAG = sha256(ascii('risc0.ReceiptClaim'));
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

/**
 * Seals of RISC Zero receipts (risc0-ethereum v3.0.1): a Groth16 proof over BN254 behind the selector of the verifier's
 * parameters, 260 bytes. The only parameters taken are those of ARM v1's adapters; the mock verifier's are not.
 */
import { type Bytes32, equalBytes, fromHex, toHex } from '../bytes';
import { verifyGroth16 } from '../crypto/bn254';
import { ProtocolError } from '../error';
import { receiptClaimDigest } from './claim';
import { type Receipt } from './receipt';

export const SEAL_LENGTH = 260;
const SELECTOR = fromHex('73c457ba');

/**
 * The verifying key of these parameters. Three of its five public inputs are always the same: both halves of the control
 * root (a54dc85a...8c1f56) and the BN254 control id (04446e66...657ac0). Their terms are added into the first ic here,
 * `ic0 + low·ic1 + high·ic2 + id·ic5`, so that what is left are the two halves of the claim digest, for ic3 and ic4.
 */
const FOLDED_KEY = fromHex(
  // alpha: x, y
  '2d4d9aa7e302d9df41749d5507949d05dbea33fbb16c643b22f599a2be6df2e2' +
    '14bedd503c37ceb061d8ec60209fe345ce89830a19230301f076caff004d1926' +
    // beta: x.c1, x.c0, y.c1, y.c0
    '0967032fcbf776d1afc985f88877f182d38480a653f2decaa9794cbc3bf3060c' +
    '0e187847ad4c798374d0d6732bf501847dd68bc0e071241e0213bc7fc13db7ab' +
    '304cfbd1e08a704a99f5e847d93f8c3caafddec46b7a0d379da69a4d112346a7' +
    '1739c1b1a457a8c7313123d24d2f9192f896b7c63eea05a9d57f06547ad0cec8' +
    // gamma
    '198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2' +
    '1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed' +
    '090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b' +
    '12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa' +
    // delta
    '03b03cd5effa95ac9bee94f1f5ef907157bda4812ccf0b4c91f42bb629f83a1c' +
    '1aa085ff28179a12d922dba0547057ccaae94b9d69cfaa4e60401fea7f3e0333' +
    '110c10134f200b19f6490846d518c9aea868366efb7228ca5c91d2940d030762' +
    '1e60f31fcbf757e837e867178318832d0b2d74d59e2fea1c7142df187d3fc6d3' +
    // the first ic with the fixed inputs in it
    '2bc6b6c443ea404cf107bfa4d0660f50465d991882a1daef0b48975f0eae475f' +
    '1e16c545e8226d3e2ee57b068b5250ffa15fd535321c13d3342bd5341d6e1629' +
    // ic3, ic4
    '1b8af999dbfbb3927c091cc2aaf201e488cbacc3e2c6b6fb5a25f9112e04f2a7' +
    '2b91a26aa92e1b6f5722949f192a81c850d586d81a60157f3e9cf04f679cccd6' +
    '2b5f494ed674235b8ac1750bdfd5a7615f002d4a1dcefeddd06eda5a076ccd0d' +
    '2fe520ad2020aab9cbba817fcbb9a863b8a76ff88f14f912c5e71665b2ad5e82'
);

/** What a Groth16 check takes: the key above, the proof of a seal and the public inputs of a claim digest. */
export type SealProof = {
  readonly key: Uint8Array;
  readonly proof: Uint8Array;
  readonly inputs: Uint8Array;
};

/**
 * The claim digest of a receipt whose seal proves that the guest `imageId` ended well with this journal.
 * @throws {ProtocolError} `seal/length`, `seal/selector`, `seal/invalid`.
 */
export function verifySeal(receipt: Receipt): Bytes32 {
  const { seal } = receipt;
  if (seal.length !== SEAL_LENGTH) {
    throw new ProtocolError('seal/length', `expected a seal of ${SEAL_LENGTH} bytes, got ${seal.length}`, {
      length: seal.length
    });
  }
  const selector = seal.subarray(0, SELECTOR.length);
  if (!equalBytes(selector, SELECTOR)) {
    throw new ProtocolError(
      'seal/selector',
      `expected the selector ${toHex(SELECTOR)}, got ${toHex(selector)}`,
      { selector }
    );
  }
  const claimDigest = receiptClaimDigest(receipt);
  if (!verifyGroth16(sealProof(seal, claimDigest))) {
    throw new ProtocolError('seal/invalid', 'the seal does not prove the claim of its receipt', {
      imageId: receipt.imageId,
      claimDigest
    });
  }
  return claimDigest;
}

/** The Groth16 check that a seal of 260 bytes over a claim digest asks for. */
export const sealProof = (seal: Uint8Array, claimDigest: Bytes32): SealProof => ({
  key: FOLDED_KEY,
  proof: seal.subarray(SELECTOR.length),
  inputs: claimInputs(claimDigest)
});

/** The digest read as a little-endian integer, its lower and its upper 128 bits. */
function claimInputs(claimDigest: Bytes32): Uint8Array {
  const reversed = claimDigest.slice().reverse();
  const inputs = new Uint8Array(64);
  inputs.set(reversed.subarray(16), 16);
  inputs.set(reversed.subarray(0, 16), 48);
  return inputs;
}

/** Prepares the key's terms, so that no later check in this program pays for them. */
export function warmUpSeals(): void {
  verifyGroth16(sealProof(new Uint8Array(SEAL_LENGTH), new Uint8Array(32) as Bytes32));
}

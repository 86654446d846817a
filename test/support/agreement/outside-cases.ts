/** Vectors of others as cases: Wycheproof's ECDSA, BIP-340, receipts of RISC Zero. */
import { createHash } from 'node:crypto';
import { bytes32, concat, decodeBigEndian, fromHex, hex32 } from '../../../src/core/bytes';
import { receiptClaimDigest } from '../../../src/core/resource/claim';
import { sealProof } from '../../../src/core/resource/seal';
import { readVectorText } from '../outside-vectors';
import { type AgreementCase } from './agreement-case';
import { NO, YES, engineCall } from './engine-call';
import { ORDER } from './secp256k1-material';
import { word32 } from './seeded-random';

const WYCHEPROOF = 'wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json';
const BIP_340 = 'bip340/test-vectors.csv';
const RECEIPTS = 'risc0/receipts.json';

type WycheproofFile = {
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly {
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
      readonly flags: readonly string[];
    }[];
  }[];
};

type ReceiptsFile = {
  readonly receipts: readonly { readonly imageId: string; readonly journal: string; readonly seal: string }[];
};

/** The signatures whose r and s can be read, range and half of the group order not looked at: for the door as a whole. */
export function wycheproofCases(): AgreementCase[] {
  const { testGroups } = JSON.parse(readVectorText(WYCHEPROOF)) as WycheproofFile;
  return testGroups.flatMap(({ publicKey, tests }) =>
    tests.flatMap(({ msg, sig, result, flags }) => {
      const signature = signatureOf(fromHex(sig));
      if (signature === undefined) return [];
      const digest = new Uint8Array(createHash('sha256').update(fromHex(msg)).digest());
      const call = engineCall('verifyEcdsa', fromHex(publicKey.uncompressed), digest, signature);
      // What DER alone makes invalid is none of an engine's business.
      const isEncodingFault = flags.some((flag) => /Ber|Encoding|Asn|Modified/i.test(flag));
      const expected = result === 'valid' ? YES : isEncodingFault ? undefined : NO;
      return [{ call, label: `Wycheproof ${result}`, expected }];
    })
  );
}

/** r and s of 32 bytes each, of a DER signature in its plainest form. */
function signatureOf(der: Uint8Array): Uint8Array | undefined {
  const [, , , rLength = 0] = der;
  const [, sLength = 0] = der.subarray(4 + rLength);
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || 6 + rLength + sLength !== der.length) return undefined;
  const values = [der.subarray(4, 4 + rLength), der.subarray(6 + rLength)].map(decodeInteger);
  return values.every((value) => value < 2n ** 256n) ? concat(...values.map(word32)) : undefined;
}

const decodeInteger = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : decodeBigEndian(bytes));

/** Whether a case keeps what engines may rely on: scalars in their range, s in the lower half. */
export function isForEngines({ call: { operation, parts } }: AgreementCase): boolean {
  if (operation !== 'verifyEcdsa') return true;
  const signature = parts[2] ?? new Uint8Array(64);
  const [r, s] = [decodeBigEndian(signature.subarray(0, 32)), decodeBigEndian(signature.subarray(32))];
  return r > 0n && r < ORDER && s > 0n && s <= ORDER / 2n;
}

/** Those over 32 bytes. */
export function bip340Cases(): AgreementCase[] {
  const [, ...lines] = readVectorText(BIP_340).trim().split('\n');
  return lines.flatMap((line) => {
    const [, , publicKey = '', , message = '', signature = '', result] = line.split(',');
    if (message.length !== 64) return [];
    const call = engineCall('verifySchnorr', fromHex(publicKey), fromHex(message), fromHex(signature));
    return [{ call, label: `BIP-340 ${result}`, expected: result === 'TRUE' ? YES : NO }];
  });
}

/** The receipts, and each with another journal. */
export function receiptCases(): AgreementCase[] {
  const { receipts } = JSON.parse(readVectorText(RECEIPTS)) as ReceiptsFile;
  return receipts.flatMap(({ imageId, journal, seal }) =>
    [fromHex(journal), new Uint8Array(3)].map((output, index) => {
      const claim = { imageId: hex32(imageId), journal: output, seal: fromHex(seal) };
      const { key, proof, inputs } = sealProof(claim.seal, bytes32(receiptClaimDigest(claim), 'claim'));
      const call = engineCall('verifyGroth16', key, proof, inputs);
      return {
        call,
        label: `RISC Zero receipt ${index === 0 ? '' : 'with another journal'}`,
        expected: index === 0 ? YES : NO
      };
    })
  );
}

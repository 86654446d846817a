import { fromHex } from '../../../../src/core/bytes';
import { verifySchnorr } from '../../../../src/core/crypto/secp256k1';
import { describeWithVectors, readVectorText } from '../../../support/outside-vectors';

const BIP_340 = 'bip340/test-vectors.csv';

type Vector = {
  readonly index: string;
  readonly publicKey: Uint8Array;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly isValid: boolean;
};

function vectors(): Vector[] {
  const [, ...lines] = readVectorText(BIP_340).trim().split('\n');
  return lines.map((line) => {
    const [index = '', , publicKey = '', , message = '', signature = '', result] = line.split(',');
    return {
      index,
      publicKey: fromHex(publicKey),
      digest: fromHex(message),
      signature: fromHex(signature),
      isValid: result === 'TRUE'
    };
  });
}

describeWithVectors(BIP_340, 'verifySchnorr on the vectors of BIP-340', () => {
  it('has their verdict where the message is a digest', () => {
    const digests = vectors().filter(({ digest }) => digest.length === 32);
    const wrong = digests.filter((vector) => verifySchnorr(vector) !== vector.isValid);

    expect(digests).toHaveLength(15);
    expect(digests.filter(({ isValid }) => isValid)).toHaveLength(5);
    expect(wrong.map(({ index }) => index)).toEqual([]);
  });

  it('refuses messages of other lengths, of which the four vectors are valid signatures', () => {
    const others = vectors().filter(({ digest }) => digest.length !== 32);

    expect(others.map(({ digest }) => digest.length)).toEqual([0, 1, 17, 100]);
    expect(others.every(({ isValid }) => isValid)).toBe(true);
    expect(others.filter((vector) => verifySchnorr(vector))).toEqual([]);
  });

  it('refuses a valid signature with any byte of key, digest or signature changed', () => {
    const [sample] = vectors();
    if (sample === undefined) throw new Error('expected a vector');
    for (const field of ['publicKey', 'digest', 'signature'] as const) {
      sample[field].forEach((byte, position) => {
        const changed = sample[field].slice();
        changed[position] = byte ^ 0x10;
        expect([field, position, verifySchnorr({ ...sample, [field]: changed })]).toEqual([
          field,
          position,
          false
        ]);
      });
    }
  });

  it('refuses other lengths of key and signature', () => {
    const [sample] = vectors();
    if (sample === undefined) throw new Error('expected a vector');
    const { publicKey, signature } = sample;
    expect(verifySchnorr({ ...sample, publicKey: publicKey.slice(1) })).toBe(false);
    expect(verifySchnorr({ ...sample, publicKey: fromHex(`02${'00'.repeat(32)}`) })).toBe(false);
    expect(verifySchnorr({ ...sample, signature: signature.slice(0, 63) })).toBe(false);
    expect(verifySchnorr({ ...sample, signature: fromHex('00'.repeat(65)) })).toBe(false);
  });
});

import { secp256k1 } from '@noble/curves/secp256k1';
import fc from 'fast-check';
import { getAddress, recoverAddress, toHex as toPrefixedHex } from 'viem';
import { bytes32, concat, decodeBigEndian, encodeBigEndian, toHex } from '../../../../src/core/bytes';
import { deriveEvmAddress } from '../../../../src/core/keys/evm-address';
import { createEvmSignature } from '../../../../src/core/signing/evm-signature';
import { errorCode } from '../error-code';

const ORDER = secp256k1.Point.Fn.ORDER;
const secretKey = fc.bigInt({ min: 1n, max: ORDER - 1n }).map((scalar) => encodeBigEndian(scalar, 32));
const digest32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes32(bytes, 'digest'));

const answerOf = (secret: Uint8Array, digest: ReturnType<typeof bytes32>) => ({
  signature: secp256k1.sign(digest, secret).toBytes('compact'),
  digest,
  publicKey: secp256k1.getPublicKey(secret)
});
const withHighS = (signature: Uint8Array): Uint8Array =>
  concat(signature.slice(0, 32), encodeBigEndian(ORDER - decodeBigEndian(signature.slice(32)), 32));

describe('createEvmSignature', () => {
  it('recovers to the address of the key by viem, whichever s the answer has', async () => {
    await fc.assert(
      fc.asyncProperty(secretKey, digest32, fc.boolean(), async (secret, digest, isHigh) => {
        const answer = answerOf(secret, digest);
        const given = isHigh ? { ...answer, signature: withHighS(answer.signature) } : answer;
        const { r, s, yParity } = createEvmSignature(given);

        expect(decodeBigEndian(s) <= ORDER / 2n).toBe(true);
        const recovered = await recoverAddress({
          hash: toPrefixedHex(digest),
          signature: { r: toPrefixedHex(r), s: toPrefixedHex(s), yParity }
        });
        expect(recovered).toBe(getAddress(toPrefixedHex(deriveEvmAddress(answer.publicKey))));
      }),
      { numRuns: 40 }
    );
  });

  it('refuses an answer with any one bit flipped', () => {
    const answer = answerOf(encodeBigEndian(77n, 32), bytes32(new Uint8Array(32).fill(5), 'digest'));
    fc.assert(
      fc.property(fc.nat(63), fc.nat(7), (index, bit) => {
        const signature = answer.signature.slice();
        signature[index] = (signature[index] ?? 0) ^ (1 << bit);
        expect(errorCode(() => createEvmSignature({ ...answer, signature }))).toBe(
          'signing/signature-invalid'
        );
      }),
      { numRuns: 100 }
    );
  });

  it('refuses another key, another digest and other lengths', () => {
    const answer = answerOf(encodeBigEndian(77n, 32), bytes32(new Uint8Array(32).fill(5), 'digest'));
    const refused = [
      { ...answer, publicKey: secp256k1.getPublicKey(encodeBigEndian(78n, 32)) },
      { ...answer, publicKey: new Uint8Array(33) },
      { ...answer, digest: bytes32(new Uint8Array(32).fill(6), 'digest') },
      { ...answer, signature: answer.signature.slice(1) },
      { ...answer, signature: new Uint8Array(64) },
      { ...answer, signature: concat(answer.signature, Uint8Array.of(27)) }
    ];
    for (const wrong of refused)
      expect(errorCode(() => createEvmSignature(wrong))).toBe('signing/signature-invalid');
    expect(toHex(createEvmSignature(answer).r)).toBe(toHex(answer.signature.slice(0, 32)));
  });
});

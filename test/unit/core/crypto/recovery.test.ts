import { secp256k1 as oracle } from '@noble/curves/secp256k1';
import fc from 'fast-check';
import { concat, decodeBigEndian, encodeBigEndian, fromHex, toHex } from '../../../../src/core/bytes';
import { sha256 } from '../../../../src/core/crypto/hash';
import { recoverPublicKey, verifyEcdsa } from '../../../../src/core/crypto/secp256k1';
import { describeWithVectors } from '../../../support/outside-vectors';
import { WYCHEPROOF, compactFromDer, wycheproofTests } from './wycheproof';

const { Point } = oracle;
const ORDER = Point.Fn.ORDER;
const IDS = [0, 1, 2, 3];
const word = (value: bigint): Uint8Array => encodeBigEndian(value, 32);
const scalar = fc.bigInt({ min: 1n, max: ORDER - 1n });
const digest32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

function sign(secret: bigint, digest: Uint8Array) {
  const signature = oracle.sign(digest, word(secret), { lowS: true });
  return { digest, signature: signature.toBytes('compact'), recoveryId: signature.recovery };
}

const sample = sign(0x1234n, sha256(word(1n)));

describe('recoverPublicKey', () => {
  it('gives the key of an independent signer, and for the negated s the same under the other parity', () => {
    fc.assert(
      fc.property(scalar, digest32, (secret, digest) => {
        const claim = sign(secret, digest);
        const key = oracle.getPublicKey(word(secret), false);
        const s = decodeBigEndian(claim.signature.slice(32));
        const highS = concat(claim.signature.slice(0, 32), word(ORDER - s));

        expect(recoverPublicKey(claim)).toEqual(key);
        expect(recoverPublicKey({ ...claim, signature: highS, recoveryId: claim.recoveryId ^ 1 })).toEqual(
          key
        );
        expect(recoverPublicKey({ ...claim, recoveryId: claim.recoveryId ^ 1 })).not.toEqual(key);
      }),
      { numRuns: 30 }
    );
  });

  it('gives under ids 2 and 3 the keys of nonce points with x above the order', () => {
    const r = smallestAboveOrder() - ORDER;
    const claim = { digest: word(5n), signature: concat(word(r), word(1n)) };
    const nonce = Point.fromBytes(concat(Uint8Array.of(2), word(r + ORDER)));
    // Q = (s·R - e·G) / r
    const keyOf = (point: typeof nonce) => point.subtract(Point.BASE.multiply(5n)).multiply(Point.Fn.inv(r));

    expect(recoverPublicKey({ ...claim, recoveryId: 2 })).toEqual(keyOf(nonce).toBytes(false));
    expect(recoverPublicKey({ ...claim, recoveryId: 3 })).toEqual(keyOf(nonce.negate()).toBytes(false));
  });

  it('gives nothing under ids 2 and 3 when r plus the order is no coordinate', () => {
    expect(recoverPublicKey({ ...sample, recoveryId: 2 })).toBeUndefined();
    expect(recoverPublicKey({ ...sample, recoveryId: 3 })).toBeUndefined();
  });

  it('gives nothing when no point has x = r', () => {
    // 5 is not the x of any point: 5^3 + 7 is not a square.
    const signature = concat(word(5n), word(1n));
    for (const recoveryId of IDS)
      expect(recoverPublicKey({ digest: word(1n), signature, recoveryId })).toBeUndefined();
  });

  it('gives nothing where the key would be the identity', () => {
    // With nonce k and s = e / k, s·R = e·G.
    const nonce = Point.BASE.multiply(7n).toAffine();
    const signature = concat(word(nonce.x), word(Point.Fn.div(5n, 7n)));
    const recoveryId = Number(nonce.y & 1n);

    expect(recoverPublicKey({ digest: word(5n), signature, recoveryId })).toBeUndefined();
    expect(recoverPublicKey({ digest: word(6n), signature, recoveryId })).toBeDefined();
  });

  it('gives nothing for scalars out of range, other lengths and other ids', () => {
    const [r, s] = [sample.signature.slice(0, 32), sample.signature.slice(32)];
    const outside = [word(0n), word(ORDER), word(2n ** 256n - 1n)];
    const signatures = [
      ...outside.flatMap((value) => [concat(value, s), concat(r, value)]),
      concat(r, s.slice(1)),
      concat(r, s, Uint8Array.of(0)),
      new Uint8Array()
    ];
    for (const signature of signatures) expect(recoverPublicKey({ ...sample, signature })).toBeUndefined();
    for (const digest of [sample.digest.slice(1), concat(sample.digest, Uint8Array.of(0))])
      expect(recoverPublicKey({ ...sample, digest })).toBeUndefined();
    for (const recoveryId of [-1, 4, 0.5, 27, NaN])
      expect(recoverPublicKey({ ...sample, recoveryId })).toBeUndefined();
  });
});

function smallestAboveOrder(): bigint {
  for (let x = ORDER + 1n; x < Point.Fp.ORDER; x += 1n) {
    try {
      Point.fromBytes(concat(Uint8Array.of(2), word(x)));
      return x;
    } catch {
      continue;
    }
  }
  throw new Error('no point has an x above the order');
}

describeWithVectors(WYCHEPROOF, 'recovery on the Wycheproof vectors', () => {
  it('gives the key of exactly the valid signatures, and of those whose s is only too high', () => {
    const recovered = wycheproofTests().filter((test) => {
      const signature = compactFromDer(fromHex(test.sig));
      const digest = sha256(fromHex(test.msg));
      if (signature === undefined) return false;
      const keys = IDS.map((recoveryId) => recoverPublicKey({ digest, signature, recoveryId }));
      const isLow = decodeBigEndian(signature.subarray(32)) <= ORDER / 2n;
      for (const publicKey of keys.filter((key) => key !== undefined))
        expect(verifyEcdsa({ publicKey, digest, signature })).toBe(isLow);
      return keys.some((key) => key !== undefined && toHex(key) === test.key);
    });
    // Two are invalid for their high s alone.
    const expected = wycheproofTests().filter((test) => {
      const signature = test.result === 'valid' ? undefined : compactFromDer(fromHex(test.sig));
      if (signature === undefined) return test.result === 'valid';
      return oracle.verify(signature, sha256(fromHex(test.msg)), fromHex(test.key), { lowS: false });
    });

    expect(expected).toHaveLength(164);
    expect(expected.filter((test) => test.result === 'valid')).toHaveLength(162);
    expect(recovered.map((test) => test.tcId)).toEqual(expected.map((test) => test.tcId));
  });
});

import { secp256k1 as oracle } from '@noble/curves/secp256k1';
import fc from 'fast-check';
import { concat, decodeBigEndian, encodeBigEndian, fromHex, toHex } from '../../../../src/core/bytes';
import { sha256 } from '../../../../src/core/crypto/hash';
import {
  addTweak,
  decompressPublicKey,
  findYParity,
  normalizeLowS,
  verifyEcdsa
} from '../../../../src/core/crypto/secp256k1';
import { warmUp } from '../../../../src/core/crypto/warm-up';
import { describeWithVectors } from '../../../support/outside-vectors';
import { errorCode } from '../error-code';
import { WYCHEPROOF, compactFromDer, wycheproofTests } from './wycheproof';

const ORDER = oracle.Point.Fn.ORDER;
const FIELD = oracle.Point.Fp.ORDER;
const secretKey = fc.bigInt({ min: 1n, max: ORDER - 1n }).map((scalar) => encodeBigEndian(scalar, 32));
const digest32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const word = (value: bigint): Uint8Array => encodeBigEndian(value, 32);
const isCompressed = fc.boolean();

const claimOf = (secret: Uint8Array, digest: Uint8Array, compressed: boolean) => {
  const signature = oracle.sign(digest, secret);
  return {
    publicKey: oracle.getPublicKey(secret, compressed),
    digest,
    signature: signature.toBytes('compact'),
    recovery: signature.recovery
  };
};
const sample = claimOf(word(0x1234_5678n), sha256(word(7n)), true);

describe('verifyEcdsa', () => {
  it('accepts what an independent signer makes, under both encodings of the key', () => {
    fc.assert(
      fc.property(secretKey, digest32, isCompressed, (secret, digest, compressed) => {
        expect(verifyEcdsa(claimOf(secret, digest, compressed))).toBe(true);
      }),
      { numRuns: 60 }
    );
  });

  it('refuses a claim with any one bit flipped', () => {
    const field = fc.constantFrom('publicKey', 'digest', 'signature');
    fc.assert(
      fc.property(field, fc.nat(63), fc.nat(7), (name, position, bit) => {
        const flipped = sample[name].slice();
        const index = position % flipped.length;
        flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);

        expect(verifyEcdsa({ ...sample, [name]: flipped })).toBe(false);
      }),
      { numRuns: 150 }
    );
  });

  it('refuses high s, and scalars of zero, of the order and above it', () => {
    const r = sample.signature.slice(0, 32);
    const s = decodeBigEndian(sample.signature.slice(32));
    const refused = [
      concat(r, word(ORDER - s)),
      concat(r, word(0n)),
      concat(r, word(ORDER)),
      concat(r, word(2n ** 256n - 1n)),
      concat(word(0n), word(s)),
      concat(word(ORDER), word(s)),
      concat(word(2n ** 256n - 1n), word(s))
    ];
    for (const signature of refused) expect(verifyEcdsa({ ...sample, signature })).toBe(false);
  });

  it('refuses other lengths of signature, digest and key without throwing', () => {
    expect(verifyEcdsa({ ...sample, signature: sample.signature.slice(0, 63) })).toBe(false);
    expect(verifyEcdsa({ ...sample, signature: concat(sample.signature, word(0n)) })).toBe(false);
    expect(verifyEcdsa({ ...sample, digest: sample.digest.slice(1) })).toBe(false);
    expect(verifyEcdsa({ ...sample, digest: concat(sample.digest, Uint8Array.of(0)) })).toBe(false);
    expect(verifyEcdsa({ ...sample, publicKey: new Uint8Array() })).toBe(false);
    expect(verifyEcdsa({ ...sample, publicKey: new Uint8Array(33) })).toBe(false);
  });

  it('accepts a nonce point whose x lies between the order and the field prime', () => {
    // With s = 1 and digest e, the key Q = (R - e·G) / r signs with nonce point R.
    const point = pointWithLargeX();
    const r = decodeBigEndian(point.toBytes(true).slice(1)) - ORDER;
    const digest = word(5n);
    const key = point.subtract(oracle.Point.BASE.multiply(5n)).multiply(oracle.Point.Fn.inv(r));
    const claim = { publicKey: key.toBytes(true), digest, signature: concat(word(r), word(1n)) };

    expect(oracle.verify(claim.signature, digest, claim.publicKey)).toBe(true);
    expect(verifyEcdsa(claim)).toBe(true);
    expect(findYParity(claim)).toBeUndefined();
  });
});

function pointWithLargeX(): typeof oracle.Point.BASE {
  for (let x = ORDER + 1n; x < FIELD; x += 1n) {
    try {
      return oracle.Point.fromBytes(concat(Uint8Array.of(2), word(x)));
    } catch {
      continue;
    }
  }
  throw new Error('no point has an x above the order');
}

describe('verifyEcdsa at the edges', () => {
  it('takes s up to half the order', () => {
    // With nonce 1: r = x(G), s = e + r·d, so e = s - r·d gives any s wanted.
    const r = oracle.Point.BASE.x;
    const claimWith = (s: bigint) => ({
      publicKey: oracle.getPublicKey(word(9n)),
      digest: word(oracle.Point.Fn.create(s - r * 9n)),
      signature: concat(word(r), word(s))
    });
    const half = ORDER / 2n;

    for (const s of [1n, 2n ** 128n, half - 255n, half]) {
      expect(verifyEcdsa(claimWith(s))).toBe(true);
      expect(findYParity(claimWith(s))).toBe(0);
      expect(toHex(normalizeLowS(claimWith(s).signature))).toBe(toHex(claimWith(s).signature));
    }
    for (const s of [half + 1n, half + 2n, ORDER - 1n]) {
      expect(
        oracle.verify(claimWith(s).signature, claimWith(s).digest, claimWith(s).publicKey, { lowS: false })
      ).toBe(true);
      expect(verifyEcdsa(claimWith(s))).toBe(false);
      expect(findYParity(claimWith(s))).toBeUndefined();
      expect(toHex(normalizeLowS(claimWith(s).signature))).toBe(toHex(concat(word(r), word(ORDER - s))));
    }
  });

  it('refuses what would put the nonce point at infinity', () => {
    // e + r·d = 0
    const r = oracle.Point.BASE.x;
    const digest = word(oracle.Point.Fn.create(-r * 9n));
    const claim = { publicKey: oracle.getPublicKey(word(9n)), digest, signature: concat(word(r), word(1n)) };

    expect(verifyEcdsa(claim)).toBe(false);
    expect(findYParity(claim)).toBeUndefined();
  });

  it('takes digests above the order modulo it', () => {
    const r = oracle.Point.BASE.x;
    const publicKey = oracle.getPublicKey(word(9n));
    const s = (5n + r * 9n) % ORDER;
    const signature = normalizeLowS(concat(word(r), word(s)));

    expect(verifyEcdsa({ publicKey, digest: word(5n), signature })).toBe(true);
    expect(verifyEcdsa({ publicKey, digest: word(5n + ORDER), signature })).toBe(true);
  });

  it('refuses hybrid keys and other prefixes', () => {
    const publicKey = oracle.getPublicKey(fromHex('00'.repeat(31) + '09'), false);
    const claim = claimOf(word(9n), sample.digest, false);
    expect(verifyEcdsa(claim)).toBe(true);
    for (const prefix of [0, 2, 3, 5, 6, 7]) {
      publicKey[0] = prefix;
      expect(verifyEcdsa({ ...claim, publicKey })).toBe(false);
      expect(errorCode(() => decompressPublicKey(publicKey))).toBe('crypto/public-key');
    }
  });
});

describe('normalizeLowS, of any scalar', () => {
  it('is the order less it where it is high', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: ORDER - 1n }),
        fc.bigInt({ min: 1n, max: ORDER - 1n }),
        (r, s) => {
          const low = s > ORDER / 2n ? ORDER - s : s;
          expect(toHex(normalizeLowS(concat(word(r), word(s))))).toBe(toHex(concat(word(r), word(low))));
        }
      ),
      { numRuns: 200 }
    );
  });

  it('refuses scalars out of range', () => {
    const outside = [0n, ORDER, ORDER + 1n, 2n ** 256n - 1n];
    for (const value of outside) {
      expect(errorCode(() => normalizeLowS(concat(word(1n), word(value))))).toBe('crypto/signature');
      expect(errorCode(() => normalizeLowS(concat(word(value), word(1n))))).toBe('crypto/signature');
    }
  });
});

describe('recovery', () => {
  it('finds the recovery bit of every signature', () => {
    fc.assert(
      fc.property(secretKey, digest32, (secret, digest) => {
        const claim = claimOf(secret, digest, true);
        expect(findYParity(claim)).toBe(claim.recovery);
      }),
      { numRuns: 40 }
    );
  });

  it('finds no bit for a signature of another digest', () => {
    expect(findYParity({ ...sample, digest: word(1n) })).toBeUndefined();
  });
});

describe('normalizeLowS', () => {
  it('gives the low form of both forms, and refuses scalars out of range', () => {
    const high = concat(
      sample.signature.slice(0, 32),
      word(ORDER - decodeBigEndian(sample.signature.slice(32)))
    );

    expect(toHex(normalizeLowS(high))).toBe(toHex(sample.signature));
    expect(toHex(normalizeLowS(sample.signature))).toBe(toHex(sample.signature));
    expect(errorCode(() => normalizeLowS(new Uint8Array(64)))).toBe('crypto/signature');
    expect(errorCode(() => normalizeLowS(sample.signature.slice(1)))).toBe('crypto/signature');
  });
});

describe('decompressPublicKey', () => {
  it('are uncompressed from either encoding', () => {
    fc.assert(
      fc.property(secretKey, (secret) => {
        const [short, long] = [oracle.getPublicKey(secret, true), oracle.getPublicKey(secret, false)];
        expect(toHex(decompressPublicKey(short))).toBe(toHex(long));
        expect(toHex(decompressPublicKey(long))).toBe(toHex(long));
      }),
      { numRuns: 20 }
    );
  });

  it('are refused when they are not on the curve', () => {
    const offCurve = concat(Uint8Array.of(4), word(1n), word(1n));
    expect(errorCode(() => decompressPublicKey(offCurve))).toBe('crypto/public-key');
    expect(errorCode(() => decompressPublicKey(concat(Uint8Array.of(2), word(5n))))).toBe(
      'crypto/public-key'
    );
  });
});

describe('addTweak', () => {
  it('adds tweak·G', () => {
    fc.assert(
      fc.property(secretKey, fc.bigInt({ min: 1n, max: ORDER - 1n }), (secret, tweak) => {
        const key = oracle.Point.fromBytes(oracle.getPublicKey(secret));
        const expected = key.add(oracle.Point.BASE.multiply(tweak));
        const sum = addTweak(key.toBytes(true), word(tweak));
        expect(sum === undefined ? undefined : toHex(sum)).toBe(
          expected.is0() ? undefined : expected.toHex(true)
        );
      }),
      { numRuns: 40 }
    );
  });

  it('leaves the key alone for zero, and has no answer at infinity or above the order', () => {
    const generator = oracle.Point.BASE.toBytes(true);
    expect(toHex(addTweak(generator, word(0n)) ?? new Uint8Array())).toBe(toHex(generator));
    expect(addTweak(generator, word(ORDER - 1n))).toBeUndefined();
    expect(addTweak(generator, word(ORDER))).toBeUndefined();
    expect(errorCode(() => addTweak(generator, new Uint8Array(31)))).toBe('bytes/length');
  });

  it('tells a key that is no point from a sum that is none', () => {
    const notOnCurve = concat(Uint8Array.of(2), word(5n));
    const aboveField = concat(Uint8Array.of(2), word(FIELD + 1n));
    for (const key of [notOnCurve, aboveField, new Uint8Array(33), new Uint8Array()])
      expect(errorCode(() => addTweak(key, word(1n)))).toBe('crypto/public-key');
    expect(toHex(addTweak(oracle.getPublicKey(word(9n), false), word(1n)) ?? new Uint8Array())).toBe(
      toHex(oracle.getPublicKey(word(10n)))
    );
  });
});

describe('the tables of the base point', () => {
  it('are our own: warming up leaves the library without its large table', () => {
    warmUp();
    const windows = jest.spyOn(Object.getPrototypeOf(oracle.Point.BASE) as { add: () => unknown }, 'add');
    verifyEcdsa(sample);
    const additions = windows.mock.calls.length;
    windows.mockRestore();

    expect(additions).toBeGreaterThan(0);
    expect(additions).toBeLessThan(120);
  });
});

describeWithVectors(WYCHEPROOF, 'Wycheproof, ECDSA secp256k1 SHA-256 by Bitcoin rules', () => {
  it('has our verdict on all 463 signatures', () => {
    const tests = wycheproofTests();
    const wrong = tests.filter((test) => {
      const signature = compactFromDer(fromHex(test.sig));
      const isValid =
        signature !== undefined &&
        verifyEcdsa({ publicKey: fromHex(test.key), digest: sha256(fromHex(test.msg)), signature });
      return isValid !== (test.result === 'valid');
    });

    expect(tests).toHaveLength(463);
    expect(wrong.map((test) => test.tcId)).toEqual([]);
    const reachingTheDoor = tests.filter(
      (test) => test.result === 'invalid' && compactFromDer(fromHex(test.sig))
    );
    expect(reachingTheDoor.length).toBeGreaterThan(60);
  });
});

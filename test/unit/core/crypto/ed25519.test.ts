import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { ed25519 as oracle } from '@noble/curves/ed25519';
import fc from 'fast-check';
import { concat, fromHex, toHex } from '../../../../src/core/bytes';
import { MAX_ED25519_MESSAGE_LENGTH, verifyEd25519 } from '../../../../src/core/crypto/ed25519';
import { addOffset } from '../../../../src/core/crypto/ed25519-offset';
import { errorCode } from '../error-code';
import { RFC_8032 } from '../../../support/rfc8032-vectors';

const ORDER = oracle.Point.Fn.ORDER;
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** OpenSSL's Ed25519, by way of Node. */
function signWithOpenSsl(
  seed: Uint8Array,
  message: Uint8Array
): { publicKey: Uint8Array; signature: Uint8Array } {
  const der = concat(fromHex('302e020100300506032b657004220420'), seed);
  const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { publicKey: new Uint8Array(spki).slice(12), signature: new Uint8Array(sign(null, message, key)) };
}

const message = new TextEncoder().encode('a message');
const sample = { ...signWithOpenSsl(new Uint8Array(32).fill(9), message), message };

describe('verifyEd25519', () => {
  it('accepts the vectors of RFC 8032', () => {
    expect(RFC_8032.map(verifyEd25519)).toEqual([true, true, true, true]);
  });

  it('accepts what OpenSSL signs', () => {
    fc.assert(
      fc.property(bytesOf(32), fc.uint8Array({ maxLength: 200 }), (seed, text) => {
        expect(verifyEd25519({ ...signWithOpenSsl(seed, text), message: text })).toBe(true);
      }),
      { numRuns: 40 }
    );
  });

  it('refuses a claim with any one bit flipped', () => {
    const field = fc.constantFrom('publicKey', 'message', 'signature');
    fc.assert(
      fc.property(field, fc.nat(63), fc.nat(7), (name, position, bit) => {
        const flipped = sample[name].slice();
        const index = position % flipped.length;
        flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);

        expect(verifyEd25519({ ...sample, [name]: flipped })).toBe(false);
      }),
      { numRuns: 150 }
    );
  });

  it('refuses s raised by the group order, other lengths, and a key that is no point', () => {
    const s = BigInt(`0x${toHex(sample.signature.slice(32).reverse())}`) + ORDER;
    const raised = fromHex(s.toString(16).padStart(64, '0')).reverse();

    expect(verifyEd25519({ ...sample, signature: concat(sample.signature.slice(0, 32), raised) })).toBe(
      false
    );
    expect(verifyEd25519({ ...sample, signature: sample.signature.slice(0, 63) })).toBe(false);
    expect(verifyEd25519({ ...sample, publicKey: sample.publicKey.slice(1) })).toBe(false);
    expect(verifyEd25519({ ...sample, publicKey: new Uint8Array(32).fill(0xff) })).toBe(false);
  });

  it('refuses keys of small order, which would sign every message', () => {
    const identity = fromHex('0100000000000000000000000000000000000000000000000000000000000000');
    const orderTwo = fromHex('ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
    const signature = concat(identity, new Uint8Array(32));

    expect(oracle.verify(signature, message, identity, { zip215: true })).toBe(true);
    for (const publicKey of [identity, orderTwo])
      expect(verifyEd25519({ publicKey, message, signature })).toBe(false);
  });

  it('refuses the not canonical encoding of a nonce point that lenient rules accept', () => {
    // y = 1 (the identity) as p + 1, for a key of small order component zero: R = 0, s = k·a.
    const nonCanonical = fromHex('eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
    const secret = oracle.utils.getExtendedPublicKey(new Uint8Array(32).fill(3));
    const k = hashToScalar(concat(nonCanonical, secret.pointBytes, message));
    const s = (k * secret.scalar) % ORDER;
    const signature = concat(nonCanonical, fromHex(s.toString(16).padStart(64, '0')).reverse());

    expect(verifyEd25519({ publicKey: secret.pointBytes, message, signature })).toBe(false);
  });
});

describe('verifyEd25519 at the edges', () => {
  const secret = oracle.utils.getExtendedPublicKey(new Uint8Array(32).fill(3));
  const littleEndian = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0')).reverse();
  const torsion = oracle.Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');

  it('refuses keys of small order under nonce commitments that are not', () => {
    const publicKey = torsion.toBytes();
    const commitment = oracle.Point.BASE.multiply(12345n).toBytes();
    const texts = Array.from({ length: 64 }, (_, index) => Uint8Array.of(index)).filter(
      (text) => hashToScalar(concat(commitment, publicKey, text)) % 8n === 0n
    );
    const signature = concat(commitment, littleEndian(12345n));

    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(verifyEd25519({ publicKey, message: text, signature })).toBe(false);
  });

  it('refuses nonce commitments of small order, which hold by the equation', () => {
    const identity = oracle.Point.ZERO.toBytes();
    const k = hashToScalar(concat(identity, secret.pointBytes, message));
    const signature = concat(identity, littleEndian((k * secret.scalar) % ORDER));

    expect(oracle.verify(signature, message, secret.pointBytes, { zip215: false })).toBe(true);
    expect(verifyEd25519({ publicKey: secret.pointBytes, message, signature })).toBe(false);
  });

  it('checks without the cofactor: a key off the subgroup holds for one message in eight', () => {
    expect(torsion.isSmallOrder() && !torsion.multiplyUnsafe(4n).is0()).toBe(true);
    const publicKey = secret.point.add(torsion).toBytes();
    const nonce = 12345n;
    const commitment = oracle.Point.BASE.multiply(nonce).toBytes();
    const texts = Array.from({ length: 64 }, (_, index) => Uint8Array.of(index));
    const verdicts = texts.map((text) => {
      const k = hashToScalar(concat(commitment, publicKey, text));
      const signature = concat(commitment, littleEndian((nonce + k * secret.scalar) % ORDER));
      expect(oracle.verify(signature, text, publicKey)).toBe(true);
      return { isExact: k % 8n === 0n, isValid: verifyEd25519({ publicKey, message: text, signature }) };
    });

    expect(verdicts.filter(({ isExact }) => isExact).length).toBeGreaterThan(0);
    expect(verdicts.filter(({ isExact, isValid }) => isExact !== isValid)).toEqual([]);
  });

  it('refuses s from the order on', () => {
    for (const s of [ORDER, ORDER + 1n, 2n ** 255n, 2n ** 256n - 1n])
      expect(
        verifyEd25519({ ...sample, signature: concat(sample.signature.slice(0, 32), littleEndian(s)) })
      ).toBe(false);
  });

  it('takes messages of at most 65,536 bytes', () => {
    const seed = new Uint8Array(32).fill(5);
    for (const length of [0, MAX_ED25519_MESSAGE_LENGTH, MAX_ED25519_MESSAGE_LENGTH + 1]) {
      const text = new Uint8Array(length).fill(0x61);
      const isValid = verifyEd25519({ ...signWithOpenSsl(seed, text), message: text });
      expect([length, isValid]).toEqual([length, length <= 65_536]);
    }
  });
});

function hashToScalar(bytes: Uint8Array): bigint {
  const digest = oracle.CURVE.hash(bytes);
  return BigInt(`0x${toHex(digest.slice().reverse())}`) % ORDER;
}

describe('addOffset', () => {
  it('adds offset·B, the offset taken modulo the order', () => {
    fc.assert(
      fc.property(bytesOf(32), fc.bigInt({ min: 0n, max: 2n ** 512n }), (seed, offset) => {
        const key = oracle.Point.fromBytes(oracle.getPublicKey(seed));
        const reduced = offset % ORDER;
        const expected = reduced === 0n ? key : key.add(oracle.Point.BASE.multiply(reduced));
        expect(toHex(addOffset(key.toBytes(), offset))).toBe(expected.toHex());
      }),
      { numRuns: 30 }
    );
  });

  it('refuses what is no key', () => {
    expect(errorCode(() => addOffset(new Uint8Array(32).fill(0xff), 1n))).toBe('crypto/public-key');
  });
});

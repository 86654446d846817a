/** BIP-340 for both sides of a door. */
import { createHash } from 'node:crypto';
import { concat } from '../../../src/core/bytes';
import { type AgreementCase } from './agreement-case';
import { NO, YES } from './engine-call';
import { FIELD, type KnownPoint, ORDER, Scalars, type Secp256k1Material } from './secp256k1-material';
import { type SeededRandom, word32 } from './seeded-random';

const TAG = createHash('sha256').update('BIP0340/challenge').digest();

const KINDS = {
  valid: 4,
  'bit of the digest': 1,
  'bit of the signature': 2,
  'bit of the key': 3,
  'odd nonce': 1,
  'nonce at infinity': 1,
  'key off the curve': 10,
  'key at or above the field': 8,
  'r at or above the field': 8,
  's at or above the order': 8,
  'edge scalars': 1,
  'any signature': 1
} as const;

/** A known point, or its negative, that has an even y. */
const evenScalar = ({ scalar, y }: KnownPoint): bigint => ((y & 1n) === 0n ? scalar : ORDER - scalar);

function challenge(r: Uint8Array, key: Uint8Array, digest: Uint8Array): bigint {
  const hash = createHash('sha256').update(TAG).update(TAG).update(r).update(key).update(digest);
  return BigInt(`0x${hash.digest('hex')}`) % ORDER;
}

type Signature = {
  readonly key: Uint8Array;
  readonly digest: Uint8Array;
  readonly r: Uint8Array;
  readonly s: bigint;
};

/** s = k + e·d. */
function sign(key: KnownPoint, nonce: KnownPoint, digest: Uint8Array, k = evenScalar(nonce)): Signature {
  const [r, keyBytes] = [word32(nonce.x), word32(key.x)];
  const e = challenge(r, keyBytes, digest);
  return { key: keyBytes, digest, r, s: Scalars.add(k, Scalars.mul(e, evenScalar(key))) };
}

/** One of `verifySchnorr`. */
export function schnorrCase(random: SeededRandom, material: Secp256k1Material): AgreementCase {
  const kind = random.weighted(KINDS);
  const [key, nonce] = [random.pick(material.chain), random.pick(material.chain)];
  const digest = random.below(8) === 0 ? new Uint8Array(32).fill(random.pick([0, 255])) : random.bytes(32);
  const claim =
    kind === 'valid' ? sign(key, nonce, digest) : wrongClaim(random, material, { kind, key, nonce, digest });
  const parts = [
    claim.key,
    claim.digest,
    'signature' in claim ? claim.signature : concat(claim.r, word32(claim.s))
  ];
  const expected = kind === 'valid' ? YES : kind === 'any signature' ? undefined : NO;
  return {
    call: { operation: 'verifySchnorr', parts, argument: 0 },
    label: `verifySchnorr ${kind}`,
    expected
  };
}

type Claim =
  Signature | { readonly key: Uint8Array; readonly digest: Uint8Array; readonly signature: Uint8Array };

function wrongClaim(
  random: SeededRandom,
  { strayX, smallX }: Secp256k1Material,
  choice: {
    readonly kind: Exclude<keyof typeof KINDS, 'valid'>;
    readonly key: KnownPoint;
    readonly nonce: KnownPoint;
    readonly digest: Uint8Array;
  }
): Claim {
  const { kind, key, nonce, digest } = choice;
  const valid = sign(key, nonce, digest);
  const aboveField = [FIELD, random.pick(smallX).x + FIELD, 2n ** 256n - 1n];
  switch (kind) {
    case 'bit of the digest':
      return { ...valid, digest: random.flip(digest) };
    case 'bit of the signature':
      return { ...valid, signature: random.flip(concat(valid.r, word32(valid.s))) };
    case 'bit of the key':
      return { ...valid, key: random.flip(valid.key) };
    case 'odd nonce':
      return sign(key, nonce, digest, ORDER - evenScalar(nonce));
    case 'nonce at infinity':
      return { ...valid, s: Scalars.mul(challenge(valid.r, valid.key, digest), evenScalar(key)) };
    case 'key off the curve':
      return { ...valid, key: word32(random.pick([0n, ...strayX])) };
    case 'key at or above the field':
      return { ...valid, key: word32(random.pick(aboveField)) };
    case 'r at or above the field':
      return { ...valid, r: word32(random.pick(aboveField)) };
    case 's at or above the order':
      return {
        ...valid,
        s: random.pick([ORDER, ORDER + 1n, 2n ** 256n - 1n, ORDER + random.scalar(2n ** 128n)])
      };
    case 'edge scalars':
      return { ...valid, r: word32(random.pick([0n, 1n, FIELD - 1n])), s: random.pick([0n, 1n, ORDER - 1n]) };
    case 'any signature':
      return { ...valid, signature: random.bytes(64) };
  }
}

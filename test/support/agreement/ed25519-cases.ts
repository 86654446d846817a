/** Calls through the door of ed25519. Signatures are made from known scalars, so that points of mixed order can sign too. */
import { createHash } from 'node:crypto';
import { concat } from '../../../src/core/bytes';
import { type AgreementCase } from './agreement-case';
import {
  type Ed25519Material,
  type KnownPoint,
  ORDER,
  TORSION,
  fromLittleEndian,
  littleEndian32,
  makeEd25519Material
} from './ed25519-material';
import { NO, YES, engineCall } from './engine-call';
import { type SeededRandom } from './seeded-random';

/** In the shares that let noble do 10^5 cases in about a minute: most are refused before a point is multiplied. */
const KINDS = {
  valid: 60,
  'valid, long message': 1,
  'valid, key of mixed order': 12,
  'holds with the cofactor only': 8,
  'bit of the message': 8,
  'bit of the key': 16,
  'bit of R': 8,
  'bit of s': 20,
  'key of another': 8,
  's at or above the order': 200,
  'key of small order': 140,
  'R of small order': 60,
  'key not canonical': 140,
  'key off the curve': 140,
  'R not canonical or off the curve': 12,
  'any signature': 10
} as const;
type Kind = keyof typeof KINDS;

const LONGEST = 65_536;

type Claim = {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly nonce: Uint8Array;
  readonly s: bigint;
};

export function* ed25519Cases(random: SeededRandom): Generator<AgreementCase> {
  const material = makeEd25519Material(random);
  const claims = new ClaimMaker(random, material);
  for (;;) {
    const kind = random.weighted(KINDS);
    const { key, message, nonce, s } = claims.make(kind);
    const call = engineCall('verifyEd25519', key, message, concat(nonce, littleEndian32(s)));
    const isValid = kind.startsWith('valid');
    yield { call, label: kind, expected: isValid ? YES : kind === 'any signature' ? undefined : NO };
  }
}

function challenge(nonce: Uint8Array, key: Uint8Array, message: Uint8Array): bigint {
  return fromLittleEndian(createHash('sha512').update(nonce).update(key).update(message).digest()) % ORDER;
}

class ClaimMaker {
  constructor(
    readonly random: SeededRandom,
    readonly material: Ed25519Material
  ) {}

  make(kind: Kind): Claim {
    const { random, material } = this;
    const valid = this.#sign(this.#message(kind));
    switch (kind) {
      case 'valid':
      case 'valid, long message':
        return valid;
      case 'valid, key of mixed order':
        return this.#signMixed(true);
      case 'holds with the cofactor only':
        return this.#signMixed(false);
      case 'bit of the message':
        return valid.message.length === 0
          ? { ...valid, message: Uint8Array.of(0) }
          : { ...valid, message: random.flip(valid.message) };
      case 'bit of the key':
        return { ...valid, key: random.flip(valid.key) };
      case 'bit of R':
        return { ...valid, nonce: random.flip(valid.nonce) };
      case 'bit of s':
        return { ...valid, s: fromLittleEndian(random.flip(littleEndian32(valid.s))) };
      case 'key of another':
        return { ...valid, key: this.#otherKey(valid.key) };
      case 's at or above the order':
        return { ...valid, s: this.#largeScalar(valid.s) };
      case 'key of small order':
        return this.#keyOfSmallOrder();
      case 'R of small order':
        return this.#nonceOfSmallOrder();
      case 'key not canonical':
        return { ...valid, key: random.pick(material.notCanonical) };
      case 'key off the curve':
        return { ...valid, key: random.pick(material.strayY) };
      case 'R not canonical or off the curve':
        return { ...valid, nonce: random.pick([...material.notCanonical, ...material.strayY]) };
      case 'any signature':
        return { ...valid, nonce: random.bytes(32), s: random.scalar(ORDER) };
    }
  }

  #message(kind: Kind): Uint8Array {
    const { random } = this;
    if (kind === 'valid, long message') {
      return random.bytes(random.pick([LONGEST, LONGEST - 1, LONGEST - 64, random.below(LONGEST)]));
    }
    const length = random.weighted({ none: 1, block: 1, any: 10 });
    if (length === 'none') return new Uint8Array(0);
    // The nonce point and the key fill 64 of the 128 bytes of SHA-512's first block.
    return random.bytes(
      length === 'block' ? random.pick([47, 48, 63, 64, 65, 175, 176, 192]) : random.below(200)
    );
  }

  #sign(message: Uint8Array): Claim {
    const [key, nonce] = [this.random.pick(this.material.chain), this.random.pick(this.material.chain)];
    return signWith({ key, keyTorsion: 0, nonce, nonceTorsion: 0 }, message);
  }

  #otherKey(known: Uint8Array): Uint8Array {
    const { key } = this.#sign(new Uint8Array(0));
    return key === known ? this.#otherKey(known) : key;
  }

  /** A key with a part of small order; the equation without the cofactor holds for one nonce point in eight. */
  #signMixed(holds: boolean): Claim {
    const { random, material } = this;
    for (;;) {
      const key = random.pick(material.chain);
      const keyTorsion = 1 + random.below(TORSION - 1);
      const nonce = random.pick(material.chain);
      const nonceTorsion = random.below(TORSION);
      const message = random.bytes(random.below(40));
      const claim = signWith({ key, keyTorsion, nonce, nonceTorsion }, message);
      if (cancels(claim, keyTorsion, nonceTorsion) === holds) return claim;
    }
  }

  /** s + L and the like, which sign as well where nobody looks. */
  #largeScalar(s: bigint): bigint {
    const top = 2n ** 256n - 1n;
    return this.random.pick([
      s + ORDER,
      s + 2n * ORDER,
      s + 15n * ORDER - 15n,
      ORDER,
      ORDER + 1n,
      top,
      2n ** 255n,
      2n ** 253n
    ]);
  }

  /** Holds without the cofactor as often as the encoding is canonical: [s]B = R + [k]A with s the nonce's scalar. */
  #keyOfSmallOrder(): Claim {
    const { random, material } = this;
    const message = random.bytes(8);
    const nonce = random.pick(material.chain);
    if (random.below(2) === 0) {
      const [nonceBytes = message] = nonce.encodings;
      return { key: random.pick(material.smallOrder), message, nonce: nonceBytes, s: nonce.scalar };
    }
    const index = random.below(TORSION);
    const key = material.torsion[index] ?? message;
    const found = nonce.encodings.find(
      (bytes, nonceTorsion) =>
        (challenge(bytes, key, message) * BigInt(index) + BigInt(nonceTorsion)) % 8n === 0n
    );
    return { key, message, nonce: found ?? nonce.encodings[0] ?? message, s: nonce.scalar };
  }

  /** R a point of small order for which the equation holds where one exists. */
  #nonceOfSmallOrder(): Claim {
    const { random, material } = this;
    const key = random.pick(material.chain);
    const message = random.bytes(8);
    const [keyBytes = message] = key.encodings;
    const nonce = random.below(3) > 0 ? (material.torsion[0] ?? message) : random.pick(material.smallOrder);
    return { key: keyBytes, message, nonce, s: (challenge(nonce, keyBytes, message) * key.scalar) % ORDER };
  }
}

type Signer = {
  readonly key: KnownPoint;
  readonly keyTorsion: number;
  readonly nonce: KnownPoint;
  readonly nonceTorsion: number;
};

/** s = r + k·a. */
function signWith({ key, keyTorsion, nonce, nonceTorsion }: Signer, message: Uint8Array): Claim {
  const [keyBytes, nonceBytes] = [key.encodings[keyTorsion], nonce.encodings[nonceTorsion]];
  if (keyBytes === undefined || nonceBytes === undefined) throw new Error('BUG: no such multiple of T');
  const k = challenge(nonceBytes, keyBytes, message);
  return { key: keyBytes, message, nonce: nonceBytes, s: (nonce.scalar + k * key.scalar) % ORDER };
}

/** Whether the parts of small order of R and [k]A are each other's negative. */
const cancels = ({ key, message, nonce }: Claim, keyTorsion: number, nonceTorsion: number): boolean =>
  (challenge(nonce, key, message) * BigInt(keyTorsion) + BigInt(nonceTorsion)) % BigInt(TORSION) === 0n;

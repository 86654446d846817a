/** ECDSA for both sides of a door: signatures that hold by construction, and everything that can be wrong with them. */
import { concat } from '../../../src/core/bytes';
import { type AgreementCase } from './agreement-case';
import { NO, YES } from './engine-call';
import {
  type Coordinates,
  FIELD,
  type KnownPoint,
  ORDER,
  Scalars,
  type Secp256k1Material,
  compressed,
  negated,
  uncompressed
} from './secp256k1-material';
import { type SeededRandom, word32 } from './seeded-random';

const HALF_ORDER = ORDER / 2n;
export const EDGE_DIGESTS = [0n, 1n, ORDER - 1n, ORDER, ORDER + 1n, FIELD, 2n ** 256n - 1n].map(word32);
const EDGE_SCALARS = [1n, 2n, HALF_ORDER - 1n, HALF_ORDER];

type Signature = {
  readonly key: Coordinates;
  readonly digest: Uint8Array;
  readonly r: bigint;
  readonly s: bigint;
  readonly recoveryId: number;
};

/** What {@link ecdsaCase} draws from, in the shares that let noble do 10^5 cases in about a minute. */
const KINDS = {
  valid: 3,
  'edge digest': 1,
  'edge s': 1,
  'unknown nonce': 1,
  'bit of the digest': 1,
  'bit of the signature': 2,
  'bit of the key': 3,
  'key of another': 1,
  'key negated': 1,
  'key off the curve': 12,
  'key coordinate above the field': 12,
  'nonce at infinity': 1,
  'edge scalars': 2,
  'any signature': 1
} as const;

/** One of `verifyEcdsa` or `findYParity`. */
export function ecdsaCase(random: SeededRandom, material: Secp256k1Material): AgreementCase {
  const kind = random.weighted(KINDS);
  if (isValidKind(kind)) return checkOf(random, kind, signatureOf(random, material, kind));
  if (kind === 'key off the curve' || kind === 'key coordinate above the field') {
    return brokenKeyCase(random, material, kind);
  }
  return wrongCase(random, material, kind);
}

const VALID_KINDS = ['valid', 'edge digest', 'edge s', 'unknown nonce'] as const;
type ValidKind = (typeof VALID_KINDS)[number];

const isValidKind = (kind: string): kind is ValidKind => VALID_KINDS.some((valid) => valid === kind);

function signatureOf(random: SeededRandom, material: Secp256k1Material, kind: ValidKind): Signature {
  if (kind === 'unknown nonce') return random.pick(material.recovered);
  const [key, nonce] = [random.pick(material.chain), random.pick(material.chain)];
  if (kind === 'edge s') return signatureWith(key, nonce, random.pick(EDGE_SCALARS));
  return sign(key, nonce, kind === 'valid' ? random.bytes(32) : random.pick(EDGE_DIGESTS));
}

/** s = (z + r·d) / k, or its negative, the nonce point being negated with it. */
export function sign(key: KnownPoint, nonce: KnownPoint, digest: Uint8Array): Signature {
  const z = BigInt(`0x${Buffer.from(digest).toString('hex')}`) % ORDER;
  const s = Scalars.div(Scalars.add(z, Scalars.mul(nonce.x % ORDER, key.scalar)), nonce.scalar);
  const isHigh = s > HALF_ORDER;
  const parity = Number(nonce.y & 1n) ^ (isHigh ? 1 : 0);
  return { key, digest, r: nonce.x, s: isHigh ? ORDER - s : s, recoveryId: parity };
}

/** With s chosen, the digest follows: z = s·k - r·d. */
function signatureWith(key: KnownPoint, nonce: KnownPoint, s: bigint): Signature {
  const z = Scalars.sub(Scalars.mul(s, nonce.scalar), Scalars.mul(nonce.x, key.scalar));
  return { key, digest: word32(z), r: nonce.x, s, recoveryId: Number(nonce.y & 1n) };
}

const eitherForm = (random: SeededRandom, key: Coordinates): Uint8Array =>
  random.below(2) === 0 ? compressed(key) : uncompressed(key);

/** A signature that holds. */
function checkOf(random: SeededRandom, kind: string, signature: Signature): AgreementCase {
  const parts = [eitherForm(random, signature.key), signature.digest, signatureBytes(signature)];
  return random.below(2) === 0
    ? { call: { operation: 'verifyEcdsa', parts, argument: 0 }, label: `verifyEcdsa ${kind}`, expected: YES }
    : {
        call: { operation: 'findYParity', parts, argument: 0 },
        label: `findYParity ${kind}`,
        expected: signature.recoveryId > 1 ? NO : Uint8Array.of(1, signature.recoveryId)
      };
}

export const signatureBytes = ({ r, s }: Pick<Signature, 'r' | 's'>): Uint8Array =>
  concat(word32(r), word32(s));

function refused(
  random: SeededRandom,
  label: string,
  parts: readonly Uint8Array[],
  expected: Uint8Array | undefined = NO
): AgreementCase {
  const operation = random.below(2) === 0 ? 'verifyEcdsa' : 'findYParity';
  return { call: { operation, parts, argument: 0 }, label: `${operation} ${label}`, expected };
}

function brokenKeyCase(
  random: SeededRandom,
  material: Secp256k1Material,
  kind: 'key off the curve' | 'key coordinate above the field'
): AgreementCase {
  const signature = signatureOf(random, material, 'valid');
  const key = kind === 'key off the curve' ? strayKey(random, material) : overflowingKey(random, material);
  return refused(random, kind, [key, signature.digest, signatureBytes(signature)]);
}

/** Bytes in the form of a key that no point has. */
export function strayKey(random: SeededRandom, { strayX, chain }: Secp256k1Material): Uint8Array {
  const x = random.pick(strayX);
  const { x: knownX, y } = random.pick(chain);
  const choices = [
    compressed({ x, y }),
    compressed({ x: 0n, y }),
    uncompressed({ x, y }),
    uncompressed({ x: knownX, y: y ^ 1n }),
    uncompressed({ x: y, y: knownX }),
    uncompressed({ x: 0n, y: 0n }),
    uncompressed({ x: knownX, y: 0n })
  ];
  return random.pick(choices);
}

/** A point of the curve with p added to a coordinate, or coordinates above p altogether. */
export function overflowingKey(
  random: SeededRandom,
  { smallX, smallY, chain }: Secp256k1Material
): Uint8Array {
  const [left, low, { y }] = [random.pick(smallX), random.pick(smallY), random.pick(chain)];
  const choices = [
    compressed({ x: left.x + FIELD, y: left.y }),
    uncompressed({ x: left.x + FIELD, y: left.y }),
    uncompressed({ x: low.x, y: low.y + FIELD }),
    compressed({ x: FIELD, y }),
    compressed({ x: 2n ** 256n - 1n, y }),
    uncompressed({ x: FIELD, y })
  ];
  return random.pick(choices);
}

type WrongKind = Exclude<
  keyof typeof KINDS,
  ValidKind | 'key off the curve' | 'key coordinate above the field'
>;

function wrongCase(random: SeededRandom, material: Secp256k1Material, kind: WrongKind): AgreementCase {
  const [key, nonce] = [random.pick(material.chain), random.pick(material.chain)];
  const signature = sign(key, nonce, random.bytes(32));
  const { digest } = signature;
  const bytes = signatureBytes(signature);
  const form = eitherForm(random, key);
  switch (kind) {
    case 'bit of the digest':
      return refused(random, kind, [form, random.flip(digest), bytes]);
    case 'bit of the signature':
      return refused(random, kind, [form, digest, flippedInRange(random, bytes)]);
    case 'bit of the key':
      return refused(random, kind, [flippedKey(random, form), digest, bytes]);
    case 'key of another': {
      const other = material.chain[(material.chain.indexOf(key) + 1) % material.chain.length] ?? key;
      return refused(random, kind, [eitherForm(random, other), digest, bytes]);
    }
    case 'key negated':
      return refused(random, kind, [eitherForm(random, negated(key)), digest, bytes]);
    case 'nonce at infinity': {
      const z = Scalars.neg(Scalars.mul(nonce.x, key.scalar));
      return refused(random, kind, [form, word32(z), bytes]);
    }
    case 'edge scalars':
      return refused(random, kind, [form, random.pick([digest, ...EDGE_DIGESTS]), edgeSignature(random)]);
    case 'any signature':
      return refused(random, kind, [form, digest, randomSignature(random)], undefined);
  }
}

/** r of 1, the order less one, the half and just past it; s of the lower half. */
export function edgeSignature(random: SeededRandom): Uint8Array {
  const r = random.pick([...EDGE_SCALARS, HALF_ORDER + 1n, ORDER - 1n, FIELD - ORDER - 1n, FIELD - ORDER]);
  return signatureBytes({ r, s: random.pick([...EDGE_SCALARS, random.scalar(HALF_ORDER)]) });
}

export const randomSignature = (random: SeededRandom): Uint8Array =>
  signatureBytes({ r: random.scalar(ORDER), s: random.scalar(HALF_ORDER) });

/** One bit turned with r and s still in their ranges. */
function flippedInRange(random: SeededRandom, signature: Uint8Array): Uint8Array {
  for (;;) {
    const flipped = random.flip(signature);
    const [r, s] = [flipped.subarray(0, 32), flipped.subarray(32)].map((part) =>
      BigInt(`0x${Buffer.from(part).toString('hex')}`)
    );
    if (r !== undefined && s !== undefined && r > 0n && r < ORDER && s > 0n && s <= HALF_ORDER)
      return flipped;
  }
}

/** One bit turned behind the first byte, or the other parity. */
function flippedKey(random: SeededRandom, key: Uint8Array): Uint8Array {
  const flipped = concat(key.subarray(0, 1), random.flip(key.subarray(1)));
  if (key.length === 33 && random.below(8) === 0) {
    return concat(Uint8Array.of((key[0] ?? 0) ^ 1), key.subarray(1));
  }
  return flipped;
}

/**
 * Inputs for secp256k1 code, the same in every run, and what the definitions (SEC 1, BIP-340) say of them in the point
 * arithmetic of an independent library.
 */
import { createHash } from 'node:crypto';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1';
import { concat, decodeBigEndian, encodeBigEndian } from '../../../../src/core/bytes';

export const { Point } = secp256k1;
export const ORDER = Point.Fn.ORDER;
export const FIELD = Point.Fp.ORDER;
export type CurvePoint = typeof Point.BASE;

export const word = (value: bigint): Uint8Array => encodeBigEndian(value, 32);

/** Where implementations go wrong: the ends of the scalars, of their halves, of the field, and of 32 bytes. */
const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, ORDER / 2n, ORDER / 2n + 1n, ORDER - 2n, ORDER - 1n, ORDER, ORDER + 1n],
  ...[FIELD - ORDER - 1n, FIELD - ORDER, FIELD - ORDER + 1n, FIELD - 1n, FIELD, FIELD + 1n],
  ...[1n << 127n, 1n << 128n, 1n << 255n, (1n << 256n) - 1n]
];

export type CaseStream = {
  bytes(size: number): Uint8Array;
  below(bound: number): number;
  pick<T>(choices: readonly T[]): T;
  /** 32 bytes, at the edges in two cases of five. */
  integer(): bigint;
  /** From 1 to the order less one. */
  scalar(): bigint;
  /** A curve point; its x is near 0 or between order and field in some cases. */
  point(): CurvePoint;
  /** The bytes with one bit turned. */
  damaged(bytes: Uint8Array): Uint8Array;
};

export function caseStream(seed: string): CaseStream {
  let counter = 0;
  const bytes = (size: number): Uint8Array =>
    concat(
      ...Array.from({ length: Math.ceil(size / 32) }, () =>
        Uint8Array.from(createHash('sha256').update(`${seed} ${counter++}`).digest())
      )
    ).slice(0, size);
  const below = (bound: number): number => Number(decodeBigEndian(bytes(6)) % BigInt(bound));
  const pick = <T>(choices: readonly T[]): T => {
    const chosen = choices[below(choices.length)];
    if (chosen === undefined) throw new Error('nothing to pick from');
    return chosen;
  };
  const integer = (): bigint => (below(5) < 2 ? pick(EDGES) : decodeBigEndian(bytes(32)));
  const scalar = (): bigint => (integer() % (ORDER - 1n)) + 1n;
  const point = (): CurvePoint => {
    const kind = below(8);
    if (kind > 1) return Point.BASE.multiplyUnsafe(scalar());
    return pointFrom((kind === 0 ? 0n : ORDER) + BigInt(below(1000)), below(2));
  };
  const damaged = (original: Uint8Array): Uint8Array => {
    const copy = original.slice();
    const at = below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
    return copy;
  };
  return { bytes, below, pick, integer, scalar, point, damaged };
}

/** The first point whose x is at least this. */
export function pointFrom(x: bigint, parity: number): CurvePoint {
  return parsePoint(concat(Uint8Array.of(2 + parity), word(x))) ?? pointFrom(x + 1n, parity);
}

export function parsePoint(key: Uint8Array): CurvePoint | undefined {
  try {
    return Point.fromBytes(key);
  } catch {
    return undefined;
  }
}

export type Claim = {
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly publicKey: Uint8Array;
};

/** A signature made from its nonce point, valid but for high s; damaged in half of the cases. */
export function claim(stream: CaseStream): Claim {
  const nonce = stream.point();
  const [r, digest] = [nonce.x % ORDER, stream.integer()];
  const s = stream.below(8) === 0 ? stream.scalar() : lower(stream.scalar());
  const key = nonce
    .multiplyUnsafe(s)
    .subtract(Point.BASE.multiplyUnsafe(digest % ORDER))
    .multiplyUnsafe(r === 0n ? 0n : Point.Fn.inv(r));
  const publicKey = (key.is0() ? Point.BASE : key).toBytes(stream.below(2) === 0);
  const made = { digest: word(digest), signature: concat(word(r), word(s)), publicKey };
  return stream.below(2) === 0 ? made : damage(stream, made, { r, s });
}

function damage(stream: CaseStream, made: Claim, { r, s }: { r: bigint; s: bigint }): Claim {
  const other = stream.integer();
  const signatures = [
    [other, s],
    [r, other],
    [r, ORDER - s],
    ...(r + ORDER < 1n << 256n ? [[r + ORDER, s]] : [])
  ];
  switch (stream.below(5)) {
    case 0:
      return { ...made, digest: stream.damaged(made.digest) };
    case 1:
      return { ...made, signature: stream.damaged(made.signature) };
    case 2:
      return { ...made, publicKey: stream.damaged(made.publicKey) };
    case 3:
      return {
        ...made,
        publicKey: parsePoint(made.publicKey)?.negate().toBytes(true) ?? made.publicKey
      };
    default:
      return { ...made, signature: concat(...stream.pick(signatures).map(word)) };
  }
}

export const lower = (s: bigint): bigint => (s > ORDER / 2n ? ORDER - s : s);

export type Judgement = { readonly isValid: boolean; readonly parity: number | undefined };

/** SEC 1, 4.1.4: R = u1·G + u2·Q. The parity is that of R's y where R's x is r itself. */
export function judge({ digest, signature, publicKey }: Claim): Judgement {
  const r = decodeBigEndian(signature.subarray(0, 32));
  const s = decodeBigEndian(signature.subarray(32));
  const key = parsePoint(publicKey);
  const none = { isValid: false, parity: undefined };
  if (key === undefined || !Point.Fn.isValidNot0(r) || !Point.Fn.isValidNot0(s)) return none;
  const inverse = Point.Fn.inv(s);
  const nonce = Point.BASE.multiplyUnsafe(Point.Fn.mul(decodeBigEndian(digest) % ORDER, inverse)).add(
    key.multiplyUnsafe(Point.Fn.mul(r, inverse))
  );
  if (nonce.is0() || nonce.x % ORDER !== r) return none;
  return { isValid: s <= ORDER / 2n, parity: nonce.x === r ? Number(nonce.y & 1n) : undefined };
}

export function recoverKey({ digest, signature }: Claim, recoveryId: number): Uint8Array | undefined {
  try {
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map(decodeBigEndian) as [
      bigint,
      bigint
    ];
    const recoverable = new secp256k1.Signature(r, s, recoveryId);
    return recoverable.recoverPublicKey(digest).toBytes(false);
  } catch {
    return undefined;
  }
}

/** A BIP-340 signature by a random key, damaged in half of the cases. */
export function schnorrClaim(stream: CaseStream): Claim {
  const secret = word(stream.scalar());
  const digest = word(stream.integer());
  const signature = schnorr.sign(digest, secret, stream.bytes(32));
  const made = { digest, signature, publicKey: schnorr.getPublicKey(secret) };
  switch (stream.below(8)) {
    case 0:
      return { ...made, digest: stream.damaged(digest) };
    case 1:
      return { ...made, signature: stream.damaged(signature) };
    case 2:
      return { ...made, publicKey: word(stream.integer()) };
    case 3:
      return { ...made, signature: concat(signature.subarray(0, 32), word(stream.integer())) };
    default:
      return made;
  }
}

/**
 * What stands behind the doors of this folder. There are two sides: `noble/` (JavaScript: Node, browsers, plain
 * canisters) and the native code linked into a canister (`src/canisters/runtime/native-engine.ts`). Which one a program
 * gets is settled when it is built: the doors import `#crypto-engine`, package.json maps that to `noble/engine`, and
 * the build of a linked canister maps it to the native one.
 *
 * Both sides give the same answer to every input that keeps the shapes below, and neither throws. The doors see to
 * the shapes; whatever can be judged by looking at bytes alone (lengths, prefixes, ranges of scalars) is theirs.
 * Everything here is public data: no secret may be given to an engine.
 */
export type CryptoEngine = {
  readonly hash: HashEngine;
  readonly secp256k1: Secp256k1Engine;
  readonly ed25519: Ed25519Engine;
  readonly bn254: Bn254Engine;
  /** Builds what later calls would otherwise build at first use. */
  warmUp(): void;
};

/** Each gives the digest of the parts one after the other, in a buffer of its own. */
export type HashEngine = {
  /** 32 bytes, FIPS 180-4. */
  sha256(parts: readonly Uint8Array[]): Uint8Array;
  /** 28 bytes, FIPS 180-4. */
  sha224(parts: readonly Uint8Array[]): Uint8Array;
  /** 64 bytes, FIPS 180-4. */
  sha512(parts: readonly Uint8Array[]): Uint8Array;
  /** 32 bytes, Keccak with the original padding. */
  keccak256(parts: readonly Uint8Array[]): Uint8Array;
  /** 20 bytes, ISO/IEC 10118-3. */
  ripemd160(parts: readonly Uint8Array[]): Uint8Array;
};

/**
 * Public keys come as 33 bytes that begin with 2 or 3, or as 65 bytes that begin with 4 (SEC1), not necessarily points
 * of the curve. Points are 64 bytes: x, y big-endian. r and s of signatures lie between 1 and the group order less one.
 */
export type Secp256k1Engine = {
  /** Whether the signature (64 bytes, s in the lower half) over the digest (32 bytes) is valid. */
  verifyEcdsa(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
  /**
   * The recovery id, 0 or 1, under which the signature (64 bytes, s in the lower half) over the digest gives this key;
   * `undefined` when neither does.
   */
  findYParity(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): 0 | 1 | undefined;
  /** The key in 65 bytes that recovery id 0 to 3 gives; `undefined` when it gives none. */
  recover(digest: Uint8Array, signature: Uint8Array, recoveryId: number): Uint8Array | undefined;
  /** Whether the BIP-340 signature (64 bytes, any) over the digest (32 bytes) by the x-only key (32 bytes) is valid. */
  verifySchnorr(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
  /** The key in 65 bytes; `undefined` unless it is a curve point. */
  decompress(publicKey: Uint8Array): Uint8Array | undefined;
  /**
   * `publicKey + tweak·G` in 33 bytes, for a tweak (32 bytes, big-endian) below the group order; `undefined` when the
   * key is no curve point or the sum is the identity.
   */
  addTweak(publicKey: Uint8Array, tweak: Uint8Array): Uint8Array | undefined;
  /** Sum of two points; `undefined` when one is not on the curve, or the sum is the identity. */
  addPoints(left: Uint8Array, right: Uint8Array): Uint8Array | undefined;
};

export type Ed25519Engine = {
  /**
   * Whether the signature (64 bytes) over the message (at most 65,536 bytes) by the key (32 bytes) is valid: s below the
   * group order, key and nonce commitment R not of small order, the key canonically encoded, R equal to the encoding of
   * [s]B - [k]A.
   */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
};

/** Integers are 32 bytes big-endian; points of G1 are x, y; of G2 x.c1, x.c0, y.c1, y.c0; the identity is all zeros (EIP-197). */
export type Bn254Engine = {
  /**
   * Whether a Groth16 proof holds: e(A, B) = e(alpha, beta) · e(ic0 + sum of input_i · ic_i, gamma) · e(C, delta).
   * `key` is alpha, beta, gamma, delta, ic0, ... (448 + 64 · (1 + inputs) bytes), `proof` A, B, C (256 bytes), `inputs`
   * 32 bytes each, one less than there are ic and at most 16. False for coordinates not below the field order, points
   * off their curve or outside the subgroup, inputs not below the group order: of the key too.
   */
  verifyGroth16(key: Uint8Array, proof: Uint8Array, inputs: Uint8Array): boolean;
};

/**
 * The door to Ed25519 (RFC 8032): checks of signatures, and public keys. Public data only, variable time.
 * Like the secp256k1 door it keeps away from the library's large table for the base point.
 */
import { ed25519 } from '@noble/curves/ed25519';
import { concat, decodeBigEndian, equalBytes } from '../bytes';
import { ProtocolError } from '../error';
import { sha512 } from './hash';
import { oddMultiplesOf, sumMultiples } from './joint-multiplication';

const { Point } = ed25519;
const { Fn } = Point;
type Ed25519Point = typeof Point.BASE;

const KEY_TABLE_SIZE = 8;
const BASE_TABLE_SIZE = 16;

let baseTable: readonly Ed25519Point[] | undefined;

/**
 * Whether `signature` (64 bytes) over `message` by `publicKey` (32 bytes) is valid by the strict rules: canonical point
 * encodings, s below the group order, no key of small order, and [s]B = R + [k]A without the cofactor. Malformed input
 * of any kind is `false`.
 */
export function verifyEd25519(claim: {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}): boolean {
  const { publicKey, message, signature } = claim;
  if (signature.length !== 64) return false;
  const nonceCommitment = signature.subarray(0, 32);
  const s = decodeLittleEndian(signature.subarray(32));
  const key = parsePublicKey(publicKey);
  if (key === undefined || s >= Fn.ORDER) return false;
  const k = decodeLittleEndian(sha512(concat(nonceCommitment, publicKey, message))) % Fn.ORDER;
  const sum = sumMultiples([
    { scalar: s, oddMultiples: oddMultiplesOfBase() },
    { scalar: k, oddMultiples: oddMultiplesOf(key.negate(), KEY_TABLE_SIZE) }
  ]);
  return equalBytes((sum ?? Point.ZERO).toBytes(), nonceCommitment);
}

/**
 * `publicKey + offset·B` in 32 bytes; `offset` is taken modulo the group order.
 * @throws {ProtocolError} `crypto/public-key` unless the key is a curve point that is not of small order.
 */
export function addOffset(publicKey: Uint8Array, offset: bigint): Uint8Array {
  const point = parsePublicKey(publicKey);
  if (point === undefined)
    throw new ProtocolError('crypto/public-key', 'expected an Ed25519 point of 32 bytes', { publicKey });
  const addend = sumMultiples([{ scalar: offset % Fn.ORDER, oddMultiples: oddMultiplesOfBase() }]);
  return (addend === undefined ? point : point.add(addend)).toBytes();
}

function parsePublicKey(publicKey: Uint8Array): Ed25519Point | undefined {
  if (publicKey.length !== 32) return undefined;
  try {
    const point = Point.fromBytes(publicKey, false);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined;
  }
}

const decodeLittleEndian = (bytes: Uint8Array): bigint => decodeBigEndian(bytes.slice().reverse());

function oddMultiplesOfBase(): readonly Ed25519Point[] {
  baseTable ??= oddMultiplesOf(Point.BASE, BASE_TABLE_SIZE);
  return baseTable;
}

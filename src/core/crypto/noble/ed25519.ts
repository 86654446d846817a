/**
 * Ed25519 by noble. Public data only, variable time. Like secp256k1 here it keeps away from the library's large table
 * for the base point.
 */
import { ed25519 as curve } from '@noble/curves/ed25519';
import { decodeBigEndian, equalBytes } from '../../bytes';
import { type Ed25519Engine } from '../engine';
import { hash } from './hash';
import { oddMultiplesOf, sumMultiples } from './joint-multiplication';

const { Point } = curve;
const { Fn } = Point;
type CurvePoint = typeof Point.BASE;

const KEY_TABLE_SIZE = 8;
const BASE_TABLE_SIZE = 16;

let baseTable: readonly CurvePoint[] | undefined;

export const ed25519: Ed25519Engine = {
  verify(publicKey, message, signature) {
    const nonceCommitment = signature.subarray(0, 32);
    const s = decodeLittleEndian(signature.subarray(32));
    const key = parseEd25519Key(publicKey);
    if (key === undefined || s >= Fn.ORDER) return false;
    const k = decodeLittleEndian(hash.sha512([nonceCommitment, publicKey, message])) % Fn.ORDER;
    const sum =
      sumMultiples([
        { scalar: s, oddMultiples: oddMultiplesOfBase() },
        { scalar: k, oddMultiples: oddMultiplesOf(key.negate(), KEY_TABLE_SIZE) }
      ]) ?? Point.ZERO;
    return equalBytes(sum.toBytes(), nonceCommitment) && !sum.isSmallOrder();
  }
};

/** The point of 32 bytes; `undefined` unless they are its one encoding and it is not of small order. */
export function parseEd25519Key(publicKey: Uint8Array): CurvePoint | undefined {
  try {
    const point = Point.fromBytes(publicKey, false);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined;
  }
}

/** The base point's 1, 3, 5, ... fold. */
export function oddMultiplesOfBase(): readonly CurvePoint[] {
  baseTable ??= oddMultiplesOf(Point.BASE, BASE_TABLE_SIZE);
  return baseTable;
}

const decodeLittleEndian = (bytes: Uint8Array): bigint => decodeBigEndian(bytes.slice().reverse());

/** Ed25519 public keys below another. No canister derives such keys, so it is noble that does it, under either engine. */
import { ed25519 } from '@noble/curves/ed25519';
import { ProtocolError } from '../error';
import { oddMultiplesOfBase, parseEd25519Key } from './noble/ed25519';
import { sumMultiples } from './noble/joint-multiplication';

/**
 * `publicKey + offset·B` in 32 bytes; `offset` is taken modulo the group order.
 * @throws {ProtocolError} `crypto/public-key` unless the key is a curve point that is not of small order.
 */
export function addOffset(publicKey: Uint8Array, offset: bigint): Uint8Array {
  const point = parseEd25519Key(publicKey);
  if (point === undefined)
    throw new ProtocolError('crypto/public-key', 'expected an Ed25519 point of 32 bytes', { publicKey });
  const scalar = offset % ed25519.Point.Fn.ORDER;
  const addend = sumMultiples([{ scalar, oddMultiples: oddMultiplesOfBase() }]);
  return (addend === undefined ? point : point.add(addend)).toBytes();
}

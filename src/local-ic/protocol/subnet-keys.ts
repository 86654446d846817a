/**
 * The keys of the one subnet: the BLS key that signs its state and the Ed25519 key of its one node.
 *
 * Both are made from labels in this file: public, equal on every machine, and stable between starts, so that a client
 * may pin the root key of a development network. They protect nothing.
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { bls12_381 } from '@noble/curves/bls12-381';
import { sha256, sha512 } from '@noble/hashes/sha2';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils';

const ROOT_KEY_LABEL = 'local-ic public test root key 1';
const NODE_KEY_LABEL = 'local-ic public test node key 1';
/** Ciphersuite of the state's signatures: hash-to-curve separator. */
export const BLS_SIGNATURE_DOMAIN = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_';

/** DER header of a BLS12-381 G2 key, OIDs 1.3.6.1.4.1.44668.5.3.1.2.1 and 5.3.2.1. */
export const BLS_DER_HEADER = hexToBytes(
  '308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100'
);
/** PKCS #8 header of an Ed25519 seed. */
const ED25519_PKCS8_HEADER = hexToBytes('302e020100300506032b657004220420');

/** A key that signs `payload`, with its DER public key. */
export type SigningKey = {
  readonly publicKeyDer: Uint8Array;
  readonly sign: (payload: Uint8Array) => Uint8Array;
};

/** BLS12-381, signatures of 48 bytes in G1, public key of 133 bytes DER. */
export function createRootKey(): SigningKey {
  const order = bls12_381.fields.Fr.ORDER;
  const secret = BigInt(`0x${bytesToHex(sha512(utf8ToBytes(ROOT_KEY_LABEL)))}`) % order;
  // A copy of the generator: noble would first build a table for the generator itself, which takes 180 ms.
  const generator = bls12_381.G2.Point.fromAffine(bls12_381.G2.Point.BASE.toAffine());
  const publicKey = generator.multiplyUnsafe(secret).toBytes(true);
  return {
    publicKeyDer: concatBytes(BLS_DER_HEADER, publicKey),
    sign: (payload) => {
      const point = bls12_381.shortSignatures.hash(payload, BLS_SIGNATURE_DOMAIN);
      // The secret is public: no reason to pay for constant time.
      return point.multiplyUnsafe(secret).toBytes(true);
    }
  };
}

/** Ed25519, signatures of 64 bytes, public key of 44 bytes DER. */
export function createNodeKey(): SigningKey {
  const seed = sha256(utf8ToBytes(NODE_KEY_LABEL));
  const key = createPrivateKey({
    key: Buffer.from(concatBytes(ED25519_PKCS8_HEADER, seed)),
    format: 'der',
    type: 'pkcs8'
  });
  const publicKeyDer = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
  return { publicKeyDer, sign: (payload) => new Uint8Array(sign(null, payload, key)) };
}

/**
 * The doors of `core` in the form of an engine, so that the same calls go through them, whatever engine stands behind
 * them where this runs. They take what engines need not: other lengths, scalars out of range, s in the upper half.
 */
import { verifyGroth16 } from '../../../src/core/crypto/bn254';
import { verifyEd25519 } from '../../../src/core/crypto/ed25519';
import { type CryptoEngine } from '../../../src/core/crypto/engine';
import { keccak256, ripemd160, sha224, sha256, sha512 } from '../../../src/core/crypto/hash';
import * as secp256k1 from '../../../src/core/crypto/secp256k1';
import { warmUp } from '../../../src/core/crypto/warm-up';
import { isProtocolError } from '../../../src/core/error';

/** Sums of points are for the group's own module; no case of this door asks for one. */
const noDoor = (): never => {
  throw new Error('BUG: no door takes points');
};

export const doorEngine: CryptoEngine = {
  hash: {
    sha256: (parts) => sha256(...parts),
    sha224: (parts) => sha224(...parts),
    sha512: (parts) => sha512(...parts),
    keccak256: (parts) => keccak256(...parts),
    ripemd160: (parts) => ripemd160(...parts)
  },
  secp256k1: {
    verifyEcdsa: (publicKey, digest, signature) => secp256k1.verifyEcdsa({ publicKey, digest, signature }),
    findYParity: (publicKey, digest, signature) => secp256k1.findYParity({ publicKey, digest, signature }),
    recover: (digest, signature, recoveryId) => secp256k1.recoverPublicKey({ digest, signature, recoveryId }),
    verifySchnorr: (publicKey, digest, signature) =>
      secp256k1.verifySchnorr({ publicKey, digest, signature }),
    decompress: (publicKey) => unlessRefused(() => secp256k1.decompressPublicKey(publicKey)),
    addTweak: (publicKey, tweak) => unlessRefused(() => secp256k1.addTweak(publicKey, tweak)),
    addPoints: noDoor
  },
  ed25519: {
    verify: (publicKey, message, signature) => verifyEd25519({ publicKey, message, signature })
  },
  bn254: { verifyGroth16: (key, proof, inputs) => verifyGroth16({ key, proof, inputs }) },
  warmUp
};

function unlessRefused<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (isProtocolError(error)) return undefined;
    throw error;
  }
}

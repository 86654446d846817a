/** Recovery of keys for both sides of a door. */
import { type AgreementCase } from './agreement-case';
import { NO, valueAnswer } from './engine-call';
import { EDGE_DIGESTS, edgeSignature, randomSignature, sign, signatureBytes } from './secp256k1-ecdsa-cases';
import { ORDER, Scalars, type Secp256k1Material, uncompressed } from './secp256k1-material';
import { type SeededRandom, word32 } from './seeded-random';

const RECOVERY_KINDS = {
  valid: 4,
  'unknown nonce': 1,
  'other parity': 1,
  'no such nonce': 6,
  'edge scalars': 3,
  'key at infinity': 1,
  'any signature': 4
} as const;

/** One of `recover`. */
export function recoveryCase(random: SeededRandom, material: Secp256k1Material): AgreementCase {
  const kind = random.weighted(RECOVERY_KINDS);
  const label = `recover ${kind}`;
  const recoverCall = (digest: Uint8Array, bytes: Uint8Array, argument: number): AgreementCase['call'] => ({
    operation: 'recover',
    parts: [digest, bytes],
    argument
  });
  const [key, nonce] = [random.pick(material.chain), random.pick(material.chain)];
  const digest = random.below(4) === 0 ? random.pick(EDGE_DIGESTS) : random.bytes(32);
  const signature = kind === 'unknown nonce' ? random.pick(material.recovered) : sign(key, nonce, digest);
  const bytes = signatureBytes(signature);
  switch (kind) {
    case 'valid':
    case 'unknown nonce': {
      const call = recoverCall(signature.digest, bytes, signature.recoveryId);
      return { call, label, expected: valueAnswer(uncompressed(signature.key)) };
    }
    case 'other parity':
      return { call: recoverCall(digest, bytes, signature.recoveryId ^ 1), label, expected: undefined };
    case 'no such nonce': {
      const r = random.pick(material.strayX.filter((x) => x < ORDER));
      const stray = signatureBytes({ r, s: signature.s });
      const call = recoverCall(digest, random.pick([stray, bytes]), 2 + random.below(2));
      return random.below(2) === 0
        ? { call, label, expected: NO }
        : { call: recoverCall(digest, stray, random.below(2)), label, expected: NO };
    }
    case 'edge scalars':
      return {
        call: recoverCall(digest, edgeSignature(random), random.below(4)),
        label,
        expected: undefined
      };
    case 'key at infinity': {
      // s·R = z·G leaves nothing for the key.
      const z = random.scalar(ORDER);
      const call = recoverCall(
        word32(z),
        signatureBytes({ r: nonce.x, s: Scalars.div(z, nonce.scalar) }),
        Number(nonce.y & 1n)
      );
      return { call, label, expected: NO };
    }
    case 'any signature':
      return {
        call: recoverCall(digest, randomSignature(random), random.below(4)),
        label,
        expected: undefined
      };
  }
}

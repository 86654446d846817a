import { Ed25519KeyIdentity } from '@dfinity/identity';
import { Secp256k1KeyIdentity } from '@dfinity/identity-secp256k1';
import { concat, fromHex } from '../../../../src/core/bytes';
import { verifyIdentitySignature } from '../../../../src/core/crypto/identity-signature';
import { errorCode } from '../error-code';

const message = new TextEncoder().encode('ARM_AUTH_V1 a message of a party');
const IDENTITIES = {
  Ed25519: Ed25519KeyIdentity.generate(new Uint8Array(32).fill(1)),
  secp256k1: Secp256k1KeyIdentity.fromSecretKey(new Uint8Array(32).fill(2))
};

async function claimOf(name: keyof typeof IDENTITIES) {
  const identity = IDENTITIES[name];
  const signature = new Uint8Array(await identity.sign(message));
  return { publicKeyDer: new Uint8Array(identity.getPublicKey().toDer()), message, signature };
}

describe('verifyIdentitySignature', () => {
  it.each(['Ed25519', 'secp256k1'] as const)('accepts a signature of the agent library: %s', async (name) => {
    expect(verifyIdentitySignature(await claimOf(name))).toBe(true);
  });

  it.each(['Ed25519', 'secp256k1'] as const)(
    'refuses another message and a broken signature: %s',
    async (name) => {
      const claim = await claimOf(name);
      const broken = claim.signature.slice();
      broken[40] = (broken[40] ?? 0) ^ 1;

      expect(verifyIdentitySignature({ ...claim, message: concat(message, Uint8Array.of(0)) })).toBe(false);
      expect(verifyIdentitySignature({ ...claim, signature: broken })).toBe(false);
      expect(verifyIdentitySignature({ ...claim, signature: new Uint8Array() })).toBe(false);
    }
  );

  it.each(['Ed25519', 'secp256k1'] as const)('refuses any change to the DER frame: %s', async (name) => {
    const claim = await claimOf(name);
    const frameLength = name === 'Ed25519' ? 12 : 24;
    for (let index = 0; index < frameLength; index += 1) {
      const publicKeyDer = claim.publicKeyDer.slice();
      publicKeyDer[index] = (publicKeyDer[index] ?? 0) ^ 1;
      expect(errorCode(() => verifyIdentitySignature({ ...claim, publicKeyDer }))).toBe('authority/key-type');
    }
    for (const publicKeyDer of [
      claim.publicKeyDer.slice(0, -1),
      concat(claim.publicKeyDer, Uint8Array.of(0))
    ])
      expect(errorCode(() => verifyIdentitySignature({ ...claim, publicKeyDer }))).toBe('authority/key-type');
  });

  it('refuses keys of other types', () => {
    const p256 = fromHex(
      '3059301306072a8648ce3d020106082a8648ce3d030107034200046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'
    );
    const claim = { publicKeyDer: p256, message, signature: new Uint8Array(64) };

    expect(errorCode(() => verifyIdentitySignature(claim))).toBe('authority/key-type');
    expect(errorCode(() => verifyIdentitySignature({ ...claim, publicKeyDer: new Uint8Array() }))).toBe(
      'authority/key-type'
    );
  });
});

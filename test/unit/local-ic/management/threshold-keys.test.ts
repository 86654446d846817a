import { createHash, createPublicKey, verify } from 'node:crypto';
import { Principal } from '@dfinity/principal';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1';
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils';
import fc from 'fast-check';
import { RejectionError } from '../../../../src/local-ic/management/rejection-error';
import {
  createTestThresholdKeys,
  type KeyRequest,
  TEST_KEY_NAMES
} from '../../../../src/local-ic/management/threshold-keys';
import {
  POCKET_IC_CANISTER,
  POCKET_IC_MASTER_KEYS,
  POCKET_IC_PUBLIC_KEYS,
  pocketIcPath
} from './key-derivation-vectors';
import {
  deriveEd25519Key,
  deriveSecp256k1Key,
  MASTER_CHAIN_CODE
} from '../../../../src/local-ic/management/key-derivation';

const keys = createTestThresholdKeys();
const canisterId = Principal.fromText(POCKET_IC_CANISTER).toUint8Array();
const request: KeyRequest = {
  canisterId,
  derivationPath: [Uint8Array.of(1, 2), new Uint8Array(0)],
  keyName: 'key_1'
};

/** DER headers of a SubjectPublicKeyInfo: compressed secp256k1 point, Ed25519 key. */
const SPKI_SECP256K1 = hexToBytes('3036301006072a8648ce3d020106052b8104000a032200');
const SPKI_ED25519 = hexToBytes('302a300506032b6570032100');

const importKey = (header: Uint8Array, publicKey: Uint8Array) =>
  createPublicKey({ key: Buffer.from(concatBytes(header, publicKey)), format: 'der', type: 'spki' });

function rejectionOf(action: () => unknown): {
  readonly code: number;
  readonly errorCode: string;
  readonly text: string;
} {
  try {
    action();
  } catch (error) {
    if (!(error instanceof RejectionError)) throw error;
    const { rejectCode, errorCode, rejectMessage } = error.rejection;
    return { code: rejectCode, errorCode, text: rejectMessage };
  }
  throw new Error('expected a rejection');
}

describe('public keys', () => {
  describe.each(TEST_KEY_NAMES)('of %s', (keyName) => {
    it('equal those of PocketIC for its vector canister', () => {
      const keyOf = (scheme: 'ecdsa' | 'bip340secp256k1' | 'ed25519'): string => {
        const vector = { canisterId, keyName, derivationPath: pocketIcPath(scheme, keyName) };
        const { publicKey } =
          scheme === 'ecdsa'
            ? keys.ecdsaPublicKey(vector)
            : keys.schnorrPublicKey({ ...vector, algorithm: scheme });
        return bytesToHex(publicKey);
      };
      expect(keyOf('ecdsa')).toBe(POCKET_IC_PUBLIC_KEYS.ecdsa[keyName]);
      expect(keyOf('bip340secp256k1')).toBe(POCKET_IC_PUBLIC_KEYS.bip340secp256k1[keyName]);
      expect(keyOf('ed25519')).toBe(POCKET_IC_PUBLIC_KEYS.ed25519[keyName]);
    });

    it("continue from PocketIC's published master public key, chain code included", () => {
      const path = [canisterId, Uint8Array.of(9)];
      const below = { canisterId, keyName, derivationPath: [Uint8Array.of(9)] };
      const parent = (group: 'secp256k1' | 'ed25519') => ({
        publicKey: hexToBytes(POCKET_IC_MASTER_KEYS[group][keyName] ?? ''),
        chainCode: MASTER_CHAIN_CODE
      });
      expect(deriveSecp256k1Key(parent('secp256k1'), path)).toMatchObject(keys.ecdsaPublicKey(below));
      expect(deriveEd25519Key(parent('ed25519'), path)).toMatchObject(
        keys.schnorrPublicKey({ ...below, algorithm: 'ed25519' })
      );
    });
  });

  it('differ by canister, path and path boundaries', () => {
    const keyOf = (change: Partial<KeyRequest>) =>
      bytesToHex(keys.ecdsaPublicKey({ ...request, ...change }).publicKey);
    const distinct = new Set([
      keyOf({}),
      keyOf({ canisterId: canisterId.slice(0, 9) }),
      keyOf({ derivationPath: [] }),
      keyOf({ derivationPath: [Uint8Array.of(1), Uint8Array.of(2)] }),
      keyOf({ derivationPath: [Uint8Array.of(1, 2)] })
    ]);
    expect(distinct.size).toBe(5);
  });
});

describe('signWithEcdsa', () => {
  it('makes low-s signatures that OpenSSL verifies under the derived key', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom(...TEST_KEY_NAMES), (message, keyName) => {
        const messageHash = new Uint8Array(createHash('sha256').update(message).digest());
        const signature = keys.signWithEcdsa({ ...request, keyName, messageHash });
        const key = importKey(SPKI_SECP256K1, keys.ecdsaPublicKey({ ...request, keyName }).publicKey);

        expect(verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
        expect(secp256k1.Signature.fromBytes(signature, 'compact').hasHighS()).toBe(false);
      }),
      { numRuns: 25 }
    );
  });

  it.each([0, 31, 33])('refuses a hash of %i bytes', (length) => {
    expect(
      rejectionOf(() => keys.signWithEcdsa({ ...request, messageHash: new Uint8Array(length) }))
    ).toEqual({
      code: 4,
      errorCode: 'IC0406',
      text: `message_hash must be 32 bytes, got ${length}`
    });
  });
});

describe('signWithSchnorr', () => {
  it('makes Ed25519 signatures that OpenSSL verifies under the derived key', () => {
    const algorithm = 'ed25519';
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(...TEST_KEY_NAMES),
        (message, keyName) => {
          const signature = keys.signWithSchnorr({ ...request, keyName, algorithm, message });
          const key = importKey(
            SPKI_ED25519,
            keys.schnorrPublicKey({ ...request, keyName, algorithm }).publicKey
          );
          expect(verify(null, message, key, signature)).toBe(true);
        }
      ),
      { numRuns: 25 }
    );
  });

  it('makes BIP-340 signatures under the x-only derived key, over messages of any length', () => {
    const algorithm = 'bip340secp256k1';
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 8 }), (message, index) => {
        const place = { ...request, derivationPath: [index] };
        const signature = keys.signWithSchnorr({ ...place, algorithm, message });
        const { publicKey } = keys.schnorrPublicKey({ ...place, algorithm });
        expect(schnorr.verify(signature, message, publicKey.slice(1))).toBe(true);
      }),
      { numRuns: 15 }
    );
  });

  it.each([0, 32])('signs with the BIP-341 output key for a merkle root of %i bytes', (length) => {
    const algorithm = 'bip340secp256k1';
    const message = Uint8Array.of(5, 6);
    const merkleRootHash = new Uint8Array(length).fill(7);
    const signature = keys.signWithSchnorr({ ...request, algorithm, message, merkleRootHash });

    const internalKey = keys.schnorrPublicKey({ ...request, algorithm }).publicKey.slice(1);
    const tagHash = createHash('sha256').update('TapTweak').digest();
    const tweak = createHash('sha256')
      .update(tagHash)
      .update(tagHash)
      .update(internalKey)
      .update(merkleRootHash)
      .digest('hex');
    const outputKey = schnorr.utils
      .lift_x(BigInt(`0x${bytesToHex(internalKey)}`))
      .add(secp256k1.Point.BASE.multiply(BigInt(`0x${tweak}`)))
      .toBytes(true)
      .slice(1);

    expect(schnorr.verify(signature, message, outputKey)).toBe(true);
    expect(schnorr.verify(signature, message, internalKey)).toBe(false);
  });

  it('refuses a merkle root of another length', () => {
    const call = { ...request, algorithm: 'bip340secp256k1', message: new Uint8Array(1) } as const;
    const rejection = rejectionOf(() =>
      keys.signWithSchnorr({ ...call, merkleRootHash: new Uint8Array(31) })
    );
    expect(rejection).toEqual({
      code: 4,
      errorCode: 'IC0406',
      text: 'Invalid aux field for Bip340Secp256k1'
    });
  });

  it('refuses aux for Ed25519', () => {
    const call = { ...request, algorithm: 'ed25519', message: new Uint8Array(1) } as const;
    const rejection = rejectionOf(() => keys.signWithSchnorr({ ...call, merkleRootHash: new Uint8Array(0) }));
    expect(rejection).toEqual({
      code: 4,
      errorCode: 'IC0406',
      text: 'Schnorr algorithm Ed25519 does not support aux input'
    });
  });
});

describe('refusals', () => {
  const unknown = { ...request, keyName: 'wrong' };
  const list = (label: string) => TEST_KEY_NAMES.map((name) => `${label}:${name}`).join(', ');

  it('names the unknown key and the known ones, for a public key', () => {
    expect(rejectionOf(() => keys.ecdsaPublicKey(unknown)).text).toBe(
      'Unable to route management canister request ecdsa_public_key: ChainKeyError("Requested unknown threshold key: ' +
        `ecdsa:Secp256k1:wrong, existing keys: [${list('ecdsa:Secp256k1')}]")`
    );
  });

  it('names the unknown key and the known ones, for a signature', () => {
    const call = { ...unknown, algorithm: 'ed25519', message: new Uint8Array(0) } as const;
    expect(rejectionOf(() => keys.signWithSchnorr(call)).text).toBe(
      'Unable to route management canister request sign_with_schnorr: ChainKeyError("Requested unknown or disabled ' +
        `threshold key: schnorr:Ed25519:wrong, existing enabled keys: [${list('schnorr:Ed25519')}]")`
    );
  });

  it('accepts a path of 255 items and refuses one of 256', () => {
    const withItems = (count: number) => ({
      ...request,
      derivationPath: Array.from({ length: count }, () => new Uint8Array(1))
    });
    expect(keys.ecdsaPublicKey(withItems(255)).publicKey).toHaveLength(33);
    expect(rejectionOf(() => keys.ecdsaPublicKey(withItems(256)))).toMatchObject({
      code: 4,
      errorCode: 'IC0408'
    });
  });
});

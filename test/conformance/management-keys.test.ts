import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { Principal } from '@dfinity/principal';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1';
import { codesOf, rejectionOf } from './client';
import { managedFrom, manageFrom, type Value } from './management';
import { type Probe } from './network';
import { row, useNetwork } from './row';

const network = useNetwork();
let probe: Probe;

beforeAll(async () => {
  probe = await network.probe();
});

/** Dearer than any of the keys; what is not needed comes back. */
const CYCLES = 100_000_000_000n;
/** The canister that PocketIC's published keys were derived for. */
const VECTOR_CANISTER = Principal.fromText('uzt4z-lp777-77774-qaabq-cai');
const KEY_NAMES = ['key_1', 'test_key_1', 'dfx_test_key'] as const;
type KeyName = (typeof KEY_NAMES)[number];
type Algorithm = 'bip340secp256k1' | 'ed25519';

/** From the `pocketic_key` tests of the ic-secp256k1 and ic-ed25519 crates of dfinity/ic. */
const PUBLISHED: Readonly<Record<'ecdsa' | Algorithm, Readonly<Record<KeyName, string>>>> = {
  ecdsa: {
    key_1: '03bca84b5629dc70a37cadb5b3cda0bfc35abc5658f1d9bf8335b10199785a3836',
    test_key_1: '022ff35c84bd4cf899707789cfe5db76ce4a650563e678c53e8b128cb4bf4c3763',
    dfx_test_key: '03f005cf69911ae75f622ce0a621ccddba1a30ea1f6c3d67dd56acbbddb88a9374'
  },
  bip340secp256k1: {
    key_1: '024f77f16549f46e56ef2d33223487dddce3ca4fab7368e2b2cb5c03286d59756a',
    test_key_1: '029b3356b7f6070eb611f88a9a0ea1071131269ed4a6765ce8809796d048aafb33',
    dfx_test_key: '02cf1cf363bf09db82d48a8e18a58abbc7d95a9c9e85167a6cc5dea5d81cac2904'
  },
  ed25519: {
    key_1: '41a958daab5eded78e32e06be097ff85563a0d71230114bf52cfb7d633110393',
    test_key_1: '6a0d9ea275f24797b451a42b824bda2a8576d35c73de08417092cbe0128849dc',
    dfx_test_key: '3e9346f7c29d9c3a651309edbf92afbe1ac2eb6c02f2d384f6c105a5b6e8c75f'
  }
};
const PATH_NAMES = { ecdsa: 'ECDSA secp256k1', bip340secp256k1: 'Bip340secp256k1', ed25519: 'Ed25519' };

const words = (text: string): Uint8Array[] => text.split(' ').map((word) => new TextEncoder().encode(word));
const vectorPath = (scheme: keyof typeof PATH_NAMES, name: KeyName): Uint8Array[] =>
  words(`Test Derivation For PocketIC ${PATH_NAMES[scheme]} ${name}`);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const ecdsaKey = (name: string): Value => ({ curve: { secp256k1: null }, name });
const schnorrKey = (algorithm: Algorithm, name: string): Value => ({
  algorithm: { [algorithm]: null },
  name
});

type PublicKey = { readonly public_key: Uint8Array; readonly chain_code: Uint8Array };

const ecdsaPublicKey = (derivation_path: Uint8Array[], more: Value = {}): Promise<PublicKey> =>
  managedFrom(probe, 'ecdsa_public_key', {
    derivation_path,
    key_id: ecdsaKey('key_1'),
    ...more
  }) as Promise<PublicKey>;

const schnorrPublicKey = (
  algorithm: Algorithm,
  derivation_path: Uint8Array[],
  more: Value = {}
): Promise<PublicKey> =>
  managedFrom(probe, 'schnorr_public_key', {
    derivation_path,
    key_id: schnorrKey(algorithm, 'key_1'),
    ...more
  }) as Promise<PublicKey>;

async function signature(method: 'sign_with_ecdsa' | 'sign_with_schnorr', value: Value): Promise<Uint8Array> {
  return ((await managedFrom(probe, method, value, CYCLES)) as { signature: Uint8Array }).signature;
}

for (const name of KEY_NAMES) {
  row(
    68,
    'Management canister, ecdsa_public_key',
    `${name} derives the key that PocketIC publishes`,
    async () => {
      const { public_key, chain_code } = await ecdsaPublicKey(vectorPath('ecdsa', name), {
        canister_id: [VECTOR_CANISTER],
        key_id: ecdsaKey(name)
      });

      expect(hex(public_key)).toBe(PUBLISHED.ecdsa[name]);
      expect(chain_code).toHaveLength(32);
    }
  );

  for (const algorithm of ['bip340secp256k1', 'ed25519'] as const) {
    row(
      69,
      'Management canister, schnorr_public_key',
      `${algorithm} ${name} derives the key that PocketIC publishes`,
      async () => {
        const { public_key } = await schnorrPublicKey(algorithm, vectorPath(algorithm, name), {
          canister_id: [VECTOR_CANISTER],
          key_id: schnorrKey(algorithm, name)
        });

        expect(hex(public_key)).toBe(PUBLISHED[algorithm][name]);
      }
    );
  }
}

row(
  68,
  'Management canister, sign_with_ecdsa',
  'the signature verifies with the derived key and has a low s',
  async () => {
    for (const derivation_path of [[], words('some path'), [new Uint8Array(0)]]) {
      const message_hash = Uint8Array.from(randomBytes(32));
      const { public_key } = await ecdsaPublicKey(derivation_path);
      const signed = await signature('sign_with_ecdsa', {
        message_hash,
        derivation_path,
        key_id: ecdsaKey('key_1')
      });

      expect(signed).toHaveLength(64);
      expect(secp256k1.verify(signed, message_hash, public_key, { lowS: true })).toBe(true);
      const other = Uint8Array.from(randomBytes(32));
      expect(secp256k1.verify(signed, other, public_key)).toBe(false);
    }
  }
);

row(
  68,
  'Management canister, ecdsa_public_key',
  'keys differ by canister and by path, not by caller',
  async () => {
    const other = await network.probe();
    const mine = await ecdsaPublicKey([]);
    const named = await ecdsaPublicKey([], { canister_id: [probe.principal] });
    const theirs = await ecdsaPublicKey([], { canister_id: [other.principal] });

    expect(named).toEqual(mine);
    expect(theirs.public_key).not.toEqual(mine.public_key);
    expect((await ecdsaPublicKey(words('a'))).public_key).not.toEqual(mine.public_key);
    expect(
      await managedFrom(other, 'ecdsa_public_key', { derivation_path: [], key_id: ecdsaKey('key_1') })
    ).toEqual(theirs);
  }
);

row(68, 'Management canister, sign_with_ecdsa', 'a hash that is not 32 bytes is refused', async () => {
  for (const length of [0, 31, 33]) {
    const value = { message_hash: new Uint8Array(length), derivation_path: [], key_id: ecdsaKey('key_1') };
    expect((await manageFrom(probe, 'sign_with_ecdsa', value, CYCLES)).kind).toBe('rejected');
  }
});

row(68, 'Management canister, ecdsa_public_key', 'a path has at most 255 elements', async () => {
  const path = (length: number): Uint8Array[] => Array.from({ length }, () => Uint8Array.of(1));

  expect((await ecdsaPublicKey(path(255))).public_key).toHaveLength(33);
  const value = { derivation_path: path(256), key_id: ecdsaKey('key_1') };
  expect((await manageFrom(probe, 'ecdsa_public_key', value)).kind).toBe('rejected');
});

row(
  68,
  'Management canister, sign_with_ecdsa',
  'a key that does not exist is named in the refusal',
  async () => {
    const key_id = ecdsaKey('no_such_key');
    const sign = { message_hash: new Uint8Array(32), derivation_path: [], key_id };
    for (const outcome of [
      await manageFrom(probe, 'sign_with_ecdsa', sign, CYCLES),
      await manageFrom(probe, 'ecdsa_public_key', { derivation_path: [], key_id })
    ]) {
      expect(rejectionOf(outcome)).toContain('ecdsa:Secp256k1:no_such_key');
    }
  }
);

row(68, 'Management canister, sign_with_ecdsa', 'signing without the cycles for it is refused', async () => {
  const value = { message_hash: new Uint8Array(32), derivation_path: [], key_id: ecdsaKey('key_1') };
  const outcome = await manageFrom(probe, 'sign_with_ecdsa', value, 1_999_999n);

  expect(rejectionOf(outcome)).toMatch(/^sign_with_ecdsa request sent with 1_999_999 cycles, but /);
});

/** RFC 8410's head of an Ed25519 key, for Node. */
const ed25519Key = (raw: Uint8Array): ReturnType<typeof createPublicKey> =>
  createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]),
    format: 'der',
    type: 'spki'
  });

for (const length of [0, 5, 32, 1000]) {
  row(
    69,
    'Management canister, sign_with_schnorr',
    `messages of ${length} bytes are signed by both algorithms`,
    async () => {
      const message = Uint8Array.from(randomBytes(length));
      const derivation_path = words('p q');
      const sign = (algorithm: Algorithm): Promise<Uint8Array> =>
        signature('sign_with_schnorr', { message, derivation_path, key_id: schnorrKey(algorithm, 'key_1') });

      const { public_key: bip340 } = await schnorrPublicKey('bip340secp256k1', derivation_path);
      const { public_key: ed25519 } = await schnorrPublicKey('ed25519', derivation_path);
      expect(schnorr.verify(await sign('bip340secp256k1'), message, bip340.subarray(1))).toBe(true);
      expect(verify(null, message, ed25519Key(ed25519), await sign('ed25519'))).toBe(true);
    }
  );
}

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** BIP 341: the output key for an internal key and a Merkle root. */
function tweakedKey(internalKey: Uint8Array, merkleRoot: Uint8Array): Uint8Array {
  const tag = sha256(Buffer.from('TapTweak'));
  const tweak = BigInt(`0x${sha256(tag, tag, internalKey, merkleRoot).toString('hex')}`);
  const point = secp256k1.ProjectivePoint.fromHex(hex(Uint8Array.from([2, ...internalKey])));
  return point.add(secp256k1.ProjectivePoint.BASE.multiply(tweak)).toRawBytes(true).subarray(1);
}

row(
  69,
  'Management canister, sign_with_schnorr',
  'with bip341 the signature is under the tweaked key',
  async () => {
    const message = Uint8Array.from(randomBytes(32));
    const { public_key } = await schnorrPublicKey('bip340secp256k1', []);
    const internalKey = public_key.subarray(1);
    for (const merkle_root_hash of [new Uint8Array(0), Uint8Array.from(randomBytes(32))]) {
      const signed = await signature('sign_with_schnorr', {
        message,
        derivation_path: [],
        key_id: schnorrKey('bip340secp256k1', 'key_1'),
        aux: [{ bip341: { merkle_root_hash } }]
      });

      expect(schnorr.verify(signed, message, tweakedKey(internalKey, merkle_root_hash))).toBe(true);
      expect(schnorr.verify(signed, message, internalKey)).toBe(false);
    }
  }
);

row(
  69,
  'Management canister, sign_with_schnorr',
  'aux of another length, or for Ed25519, is refused',
  async () => {
    const sign = (algorithm: Algorithm, length: number): ReturnType<typeof manageFrom> =>
      manageFrom(
        probe,
        'sign_with_schnorr',
        {
          message: new Uint8Array(32),
          derivation_path: [],
          key_id: schnorrKey(algorithm, 'key_1'),
          aux: [{ bip341: { merkle_root_hash: new Uint8Array(length) } }]
        },
        CYCLES
      );

    expect(codesOf(await sign('bip340secp256k1', 32))).toBe('replied');
    for (const length of [1, 31, 33]) expect((await sign('bip340secp256k1', length)).kind).toBe('rejected');
    for (const length of [0, 32]) expect((await sign('ed25519', length)).kind).toBe('rejected');
  }
);

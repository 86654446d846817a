import { Principal } from '@dfinity/principal';
import { DerivedPublicKey, EncryptedVetKey, TransportSecretKey, verifyBlsSignature } from '@dfinity/vetkeys';
import { managedFrom, manageFrom, type Value } from './management';
import { type Probe } from './network';
import { row, useNetwork } from './row';
import { rejectionOf } from './client';

const network = useNetwork();
let probe: Probe;

beforeAll(async () => {
  probe = await network.probe();
});

const CYCLES = 100_000_000_000n;
const VECTOR_CANISTER = Principal.fromText('uzt4z-lp777-77774-qaabq-cai');
/** First bytes of the keys in dfinity/vetkeys, backend/rs/ic_vetkeys/tests/utils.rs. */
const PUBLISHED = {
  key_1: '899a951f6ec2f9a9',
  test_key_1: 'a60993fc46593728',
  dfx_test_key: '800424bea66b95b7'
};

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const keyId = (name: string): Value => ({ curve: { bls12_381_g2: null }, name });

async function publicKey(context: Uint8Array, more: Value = {}): Promise<Uint8Array> {
  const value = { context, key_id: keyId('key_1'), ...more };
  return ((await managedFrom(probe, 'vetkd_public_key', value)) as { public_key: Uint8Array }).public_key;
}

async function encryptedKey(
  input: Uint8Array,
  context: Uint8Array,
  transport: TransportSecretKey
): Promise<Uint8Array> {
  const value = { input, context, transport_public_key: transport.publicKeyBytes(), key_id: keyId('key_1') };
  const result = await managedFrom(probe, 'vetkd_derive_key', value, CYCLES);
  return (result as { encrypted_key: Uint8Array }).encrypted_key;
}

for (const [name, published] of Object.entries(PUBLISHED)) {
  row(
    70,
    'Management canister, vetkd_public_key',
    `${name} derives the key that PocketIC publishes`,
    async () => {
      const key = await publicKey(utf8(`Test Derivation For PocketIC VetKD ${name}`), {
        canister_id: [VECTOR_CANISTER],
        key_id: keyId(name)
      });

      expect(key).toHaveLength(96);
      expect(Buffer.from(key).toString('hex').slice(0, 16)).toBe(published);
    }
  );
}

row(
  70,
  'Management canister, vetkd_public_key',
  'contexts derive from the canister key, offline too',
  async () => {
    const canisterKey = DerivedPublicKey.deserialize(await publicKey(new Uint8Array(0)));
    const context = utf8('a context');

    expect(await publicKey(context)).toEqual(
      Uint8Array.from(canisterKey.deriveSubKey(context).publicKeyBytes())
    );
    expect(await publicKey(utf8('another'))).not.toEqual(await publicKey(context));
  }
);

row(
  70,
  'Management canister, vetkd_derive_key',
  'the key decrypts, and verifies under the public key',
  async () => {
    const transport = TransportSecretKey.random();
    const context = utf8('a context');
    const dpk = DerivedPublicKey.deserialize(await publicKey(context));
    for (const input of [utf8('an input'), new Uint8Array(0)]) {
      const encrypted = await encryptedKey(input, context, transport);
      const key = EncryptedVetKey.deserialize(encrypted).decryptAndVerify(transport, dpk, input);

      expect(encrypted).toHaveLength(192);
      expect(verifyBlsSignature(dpk, input, key.signatureBytes())).toBe(true);
      expect(verifyBlsSignature(dpk, utf8('other input'), key.signatureBytes())).toBe(false);
    }
  }
);

row(70, 'Management canister, vetkd_derive_key', 'the same key comes encrypted anew', async () => {
  const transport = TransportSecretKey.random();
  const context = utf8('a context');
  const dpk = DerivedPublicKey.deserialize(await publicKey(context));
  const [one, two] = [
    await encryptedKey(utf8('i'), context, transport),
    await encryptedKey(utf8('i'), context, transport)
  ].map((encrypted) => EncryptedVetKey.deserialize(encrypted).decryptAndVerify(transport, dpk, utf8('i')));

  expect(one?.signatureBytes()).toEqual(two?.signatureBytes());
});

row(
  70,
  'Management canister, vetkd_derive_key',
  'wrong key, bad transport key and missing cycles are refused',
  async () => {
    const good = {
      input: utf8('i'),
      context: utf8('c'),
      transport_public_key: TransportSecretKey.random().publicKeyBytes(),
      key_id: keyId('key_1')
    };
    const derive = (change: Value, cycles = CYCLES): ReturnType<typeof manageFrom> =>
      manageFrom(probe, 'vetkd_derive_key', { ...good, ...change }, cycles);

    expect((await derive({})).kind).toBe('replied');
    expect(rejectionOf(await derive({ key_id: keyId('no_such_key') }))).toContain(
      'vetkd:Bls12_381_G2:no_such_key'
    );
    for (const bytes of [new Uint8Array(48), new Uint8Array(47), new Uint8Array(0)]) {
      expect((await derive({ transport_public_key: bytes })).kind).toBe('rejected');
    }
    expect(rejectionOf(await derive({}, 1n))).toMatch(/^vetkd_derive_key request sent with 1 cycles, but /);
  }
);

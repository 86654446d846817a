import { Principal } from '@dfinity/principal';
import {
  DerivedPublicKey,
  EncryptedVetKey,
  IbeCiphertext,
  IbeIdentity,
  IbeSeed,
  MasterPublicKey,
  TransportSecretKey
} from '@dfinity/vetkeys';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils';
import { RejectionError } from '../../../../src/local-ic/management/rejection-error';
import { createTestThresholdKeys } from '../../../../src/local-ic/management/threshold-keys';
import { createVetkdMasterKey, deriveVetkdKey } from '../../../../src/local-ic/management/vetkd-derivation';

const keys = createTestThresholdKeys();
const CANISTER = Principal.fromText('uzt4z-lp777-77774-qaabq-cai').toUint8Array();
const CONTEXT = utf8ToBytes('context');
const INPUT = utf8ToBytes('input');

/** dfinity/vetkeys 31b1a1c, backend/rs/ic_vetkeys/tests/utils.rs, `test_derivation_using_pocketic_keys`. */
const POCKET_IC_KEYS: readonly (readonly [keyName: string, publicKey: string])[] = [
  [
    'key_1',
    '899a951f6ec2f9a96759c554a6cb01fb1cb20b2f2f96a2d2c869221c04d3349c3be8d49c3257312aed031f430f15f7ef0f4d43adf11251015d70dd91ac07df50fb70818ece721a1d6a314204acddde55542902f5d0d95e2406a5ab1fad18349d'
  ],
  [
    'test_key_1',
    'a60993fc46593728bd9b0a4ffb1fb9a662dd89b29c99fde36e403c311c8992e6eeb097b31174dd43f74e73fe10c190271193a4345490f64a41ce778a2f6e7c16804919e843ac72ff65bab959c53fa839c9fb3cb263e41498d17fb82704fe18bc'
  ],
  [
    'dfx_test_key',
    '800424bea66b95b715f86a9bed06b1f60df98206a57235c3e0f2da4d485dc1c93c56eef54155d559ef45c757fb0444920620b932652f1d683fdbc57db98b5aeb8ba664a5e040cbdf4d685e4e236a7193d1bd5b0927204fab05fff4f61f26b358'
  ]
];

/** The rejection with which `run` fails. */
function rejectionOf(run: () => unknown): RejectionError['rejection'] {
  try {
    run();
  } catch (error) {
    if (error instanceof RejectionError) return error.rejection;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('vetkdPublicKey', () => {
  it.each(POCKET_IC_KEYS)("gives PocketIC's keys below %s", (keyName, publicKey) => {
    const context = utf8ToBytes(`Test Derivation For PocketIC VetKD ${keyName}`);

    expect(bytesToHex(keys.vetkdPublicKey({ canisterId: CANISTER, context, keyName }))).toBe(publicKey);
  });

  it("gives the canister's key for an empty context, from which the client derives the others", () => {
    const master = MasterPublicKey.deserialize(createVetkdMasterKey('key_1').publicKey);
    const owner = { canisterId: CANISTER, keyName: 'key_1' };

    const canisterKey = keys.vetkdPublicKey({ ...owner, context: new Uint8Array(0) });
    const contextKey = keys.vetkdPublicKey({ ...owner, context: CONTEXT });

    expect(canisterKey).toEqual(master.deriveCanisterKey(CANISTER).publicKeyBytes());
    expect(contextKey).toEqual(
      DerivedPublicKey.deserialize(canisterKey).deriveSubKey(CONTEXT).publicKeyBytes()
    );
  });

  it('names the keys there are when another is asked for', () => {
    const ask = (): unknown =>
      keys.vetkdPublicKey({ canisterId: CANISTER, context: CONTEXT, keyName: 'wrong' });

    expect(rejectionOf(ask)).toEqual({
      rejectCode: 3,
      errorCode: 'IC0301',
      rejectMessage:
        'Unable to route management canister request vetkd_public_key: ChainKeyError("Requested unknown threshold key: vetkd:Bls12_381_G2:wrong, existing keys: [vetkd:Bls12_381_G2:dfx_test_key, vetkd:Bls12_381_G2:key_1, vetkd:Bls12_381_G2:test_key_1]")'
    });
  });
});

describe('vetkdDeriveKey', () => {
  const transport = TransportSecretKey.random();
  const request = {
    canisterId: CANISTER,
    context: CONTEXT,
    keyName: 'test_key_1',
    input: INPUT,
    transportPublicKey: transport.publicKeyBytes()
  };
  const publicKey = DerivedPublicKey.deserialize(keys.vetkdPublicKey(request));
  const decrypt = (changed: Partial<typeof request>): EncryptedVetKey =>
    EncryptedVetKey.deserialize(keys.vetkdDeriveKey({ ...request, ...changed }));

  it('gives what the client decrypts, verifies and decrypts messages with', () => {
    const vetkey = decrypt({}).decryptAndVerify(transport, publicKey, INPUT);
    const secret = utf8ToBytes('a secret');
    const sealed = IbeCiphertext.encrypt(publicKey, IbeIdentity.fromBytes(INPUT), secret, IbeSeed.random());

    expect(sealed.decrypt(vetkey)).toEqual(secret);
  });

  it.each<[what: string, changed: Partial<typeof request>]>([
    ['input', { input: utf8ToBytes('another input') }],
    ['context', { context: utf8ToBytes('another context') }],
    ['canister', { canisterId: Principal.fromText('h5jwf-5iaaa-aaaan-qmvoa-cai').toUint8Array() }],
    ['key', { keyName: 'key_1' }],
    ['transport key', { transportPublicKey: TransportSecretKey.random().publicKeyBytes() }]
  ])('gives another key for another %s', (_what, changed) => {
    const encrypted = decrypt(changed);

    expect(() => encrypted.decryptAndVerify(transport, publicKey, INPUT)).toThrow();
  });

  it('gives the same vetKey whatever the transport key is', () => {
    const other = TransportSecretKey.random();
    const first = decrypt({}).decryptAndVerify(transport, publicKey, INPUT);
    const second = decrypt({ transportPublicKey: other.publicKeyBytes() }).decryptAndVerify(
      other,
      publicKey,
      INPUT
    );

    expect(second.signatureBytes()).toEqual(first.signatureBytes());
  });

  const infinity = hexToBytes(`c0${'00'.repeat(47)}`);
  /** On the curve, not in the subgroup of prime order: x = 4. */
  const smallOrder = hexToBytes(`80${'00'.repeat(46)}04`);

  it.each<[what: string, transportPublicKey: Uint8Array]>([
    ['empty', new Uint8Array(0)],
    ['a byte short', transport.publicKeyBytes().subarray(1)],
    ['a byte long', Uint8Array.from([...transport.publicKeyBytes(), 0])],
    ['not on the curve', new Uint8Array(48).fill(1)],
    ['of another subgroup', smallOrder],
    ['the point at infinity', infinity]
  ])('refuses a transport key that is %s', (_what, transportPublicKey) => {
    expect(rejectionOf(() => keys.vetkdDeriveKey({ ...request, transportPublicKey }))).toEqual({
      rejectCode: 4,
      errorCode: 'IC0406',
      rejectMessage: 'The provided transport public key is invalid.'
    });
  });

  it('refuses a key that is not there with the text for secrets', () => {
    expect(rejectionOf(() => keys.vetkdDeriveKey({ ...request, keyName: '' })).rejectMessage).toContain(
      'Requested unknown or disabled threshold key: vetkd:Bls12_381_G2:, existing enabled keys: ['
    );
  });
});

describe('deriveVetkdKey', () => {
  /** dfinity/vetkeys 31b1a1c, backend/rs/ic_vetkeys/tests/utils.rs: made on mainnet. */
  it('makes offsets that lead from mainnet keys to mainnet keys', () => {
    const canisterId = Principal.fromText('urq22-tyaaa-aaaag-audia-cai').toUint8Array();
    const context = utf8ToBytes('context-string');
    const mainnet = MasterPublicKey.productionKey().deriveCanisterKey(canisterId).deriveSubKey(context);
    const local = createVetkdMasterKey('key_1');

    expect(bytesToHex(mainnet.publicKeyBytes()).slice(0, 32)).toBe('aa45fccb82432315e39fedb1b1f150d2');
    expect(deriveVetkdKey(local, { canisterId, context }).publicKey).toEqual(
      MasterPublicKey.deserialize(local.publicKey)
        .deriveCanisterKey(canisterId)
        .deriveSubKey(context)
        .publicKeyBytes()
    );
  });
});

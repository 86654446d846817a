import { Principal } from '@dfinity/principal';
import fc from 'fast-check';
import { ascii, bytes32, concat, fromHex, toHex } from '../../../../src/core/bytes';
import { ACCOUNT_SCHEMA, accountPath, pathBelowSchema } from '../../../../src/core/keys/derivation-path';
import { deriveEd25519Key } from '../../../../src/core/keys/derive-ed25519-key';
import { type ExtendedPublicKey, deriveSecp256k1Key } from '../../../../src/core/keys/derive-public-key';
import { errorCode } from '../error-code';
import { deriveWithIcPubKey } from './ic-pub-key-oracle';
import { DERIVATION_VECTORS, MASTER_PUBLIC_KEYS } from './derivation-vectors';

const MASTER_CHAIN_CODE = new Uint8Array(32);
const master = (publicKey: string) => ({ publicKey: fromHex(publicKey), chainCode: MASTER_CHAIN_CODE });
const canisterPath = (canisterId: string, path: readonly Uint8Array[]): Uint8Array[] => [
  Principal.fromText(canisterId).toUint8Array(),
  ...path
];

const renderKey = (key: ExtendedPublicKey) => ({
  publicKey: toHex(key.publicKey),
  chainCode: toHex(key.chainCode)
});

describe('public vectors', () => {
  it.each(DERIVATION_VECTORS)(
    '$network $keyName $scheme',
    ({ scheme, network, keyName, canisterId, path, publicKey }) => {
      const parent = master(MASTER_PUBLIC_KEYS[network][keyName]?.[scheme] ?? '');
      const derive = scheme === 'ed25519' ? deriveEd25519Key : deriveSecp256k1Key;

      expect(toHex(derive(parent, canisterPath(canisterId, path)).publicKey)).toBe(publicKey);
    }
  );
});

const pathOf = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 });
/** The same paths in every run: the oracle takes them all at once. */
const SAMPLE_PATHS = fc.sample(pathOf, { numRuns: 40, seed: 4 });
const render = (path: readonly Uint8Array[]): string => path.map((element) => toHex(element)).join('/');

describe('deriveSecp256k1Key', () => {
  it('equals @dfinity/ic-pub-key on forty paths, chain code included', () => {
    const parent = master(MASTER_PUBLIC_KEYS.mainnet.key_1?.ecdsa ?? '');
    const derived = SAMPLE_PATHS.map((path) => deriveSecp256k1Key(parent, path));

    expect(derived.map(renderKey)).toEqual(
      deriveWithIcPubKey({ scheme: 'secp256k1', keyName: 'key_1', paths: SAMPLE_PATHS })
    );
  });

  it('is the same by way of any prefix', () => {
    const parent = master(MASTER_PUBLIC_KEYS.PocketIC.dfx_test_key?.ecdsa ?? '');
    fc.assert(
      fc.property(pathOf, pathOf, (prefix, rest) => {
        const whole = deriveSecp256k1Key(parent, [...prefix, ...rest]);
        const stepwise = deriveSecp256k1Key(deriveSecp256k1Key(parent, prefix), rest);
        expect(toHex(stepwise.publicKey)).toBe(toHex(whole.publicKey));
        expect(toHex(stepwise.chainCode)).toBe(toHex(whole.chainCode));
      }),
      { numRuns: 10 }
    );
  });

  it('refuses parents of another size, points off the curve and paths above 255 elements', () => {
    const parent = master(MASTER_PUBLIC_KEYS.mainnet.key_1?.ecdsa ?? '');
    const long = Array.from({ length: 256 }, () => new Uint8Array());
    const element = [Uint8Array.of(1)];

    expect(errorCode(() => deriveSecp256k1Key(parent, long))).toBe('keys/path-length');
    expect(errorCode(() => deriveSecp256k1Key({ ...parent, chainCode: new Uint8Array(31) }, element))).toBe(
      'bytes/length'
    );
    expect(errorCode(() => deriveSecp256k1Key({ ...parent, publicKey: new Uint8Array(65) }, element))).toBe(
      'bytes/length'
    );
    expect(errorCode(() => deriveSecp256k1Key({ ...parent, publicKey: new Uint8Array(33) }, element))).toBe(
      'crypto/public-key'
    );
  });
});

describe('deriveEd25519Key', () => {
  it('equals @dfinity/ic-pub-key on forty paths, chain code included', () => {
    const parent = master(MASTER_PUBLIC_KEYS.mainnet.test_key_1?.ed25519 ?? '');
    const derived = SAMPLE_PATHS.map((path) => deriveEd25519Key(parent, path));

    expect(derived.map(renderKey)).toEqual(
      deriveWithIcPubKey({ scheme: 'ed25519', keyName: 'test_key_1', paths: SAMPLE_PATHS })
    );
  });

  it('refuses a parent that is no point', () => {
    const parent = { publicKey: new Uint8Array(32).fill(0xff), chainCode: MASTER_CHAIN_CODE };
    expect(errorCode(() => deriveEd25519Key(parent, [Uint8Array.of(1)]))).toBe('crypto/public-key');
  });
});

const accountId = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => bytes32(bytes, 'account id'));
const generation = fc.nat(0xffff_ffff);

describe('accountPath', () => {
  it('has the bytes of the protocol document', () => {
    const id = bytes32(new Uint8Array(32).fill(0xab), 'account id');
    expect(render(accountPath(id, 258))).toBe(
      `01${toHex(new TextEncoder().encode('hypha account'))}/${'ab'.repeat(32)}/00000102`
    );
    expect(render([ACCOUNT_SCHEMA, ...pathBelowSchema(id, 258)])).toBe(render(accountPath(id, 258)));
  });

  it('is injective', () => {
    fc.assert(
      fc.property(accountId, generation, accountId, generation, (idA, genA, idB, genB) => {
        const isSameInput = toHex(idA) === toHex(idB) && genA === genB;
        expect(render(accountPath(idA, genA)) === render(accountPath(idB, genB))).toBe(isSameInput);
      })
    );
  });

  it('gives every account and generation another key', () => {
    const schemaKey = deriveSecp256k1Key(master(MASTER_PUBLIC_KEYS.mainnet.key_1?.ecdsa ?? ''), [
      ACCOUNT_SCHEMA
    ]);
    const ids = Array.from({ length: 8 }, (_, index) =>
      bytes32(new Uint8Array(32).fill(index), 'account id')
    );
    const keys = ids.flatMap((id) =>
      [0, 1, 2].map((number) => toHex(deriveSecp256k1Key(schemaKey, pathBelowSchema(id, number)).publicKey))
    );
    expect(new Set(keys).size).toBe(24);
  });

  it('refuses generations that are no u32', () => {
    const id = bytes32(new Uint8Array(32), 'account id');
    expect(errorCode(() => accountPath(id, -1))).toBe('bytes/integer-range');
    expect(errorCode(() => accountPath(id, 2 ** 32))).toBe('bytes/integer-range');
  });

  it('has not changed: keys of accounts below the public test masters', () => {
    const CANISTER = 'uzt4z-lp777-77774-qaabq-cai';
    const grid = Object.entries(MASTER_PUBLIC_KEYS.PocketIC).flatMap(([keyName, keys]) =>
      [0, 1].map((number) => {
        const id = bytes32(concat(ascii('account'), new Uint8Array(24), Uint8Array.of(number)), 'account id');
        const path = canisterPath(CANISTER, accountPath(id, number));
        return `${keyName} ${number} ${toHex(deriveSecp256k1Key(master(keys.ecdsa), path).publicKey)}`;
      })
    );
    expect(grid).toMatchInlineSnapshot(`
     [
       "key_1 0 02de2f7aae71e6748488c01d6550739758bb05f4ae4bc15e119bdbadd668abf39a",
       "key_1 1 032b778619b32a0bd6b85d8d3a53b19a7cab195a7f520ad9e79ef19939077b19cc",
       "test_key_1 0 029d92d1c215ad8072922aad8f9481f1ca0998930ce0aeb531902650ac2b8fa116",
       "test_key_1 1 03c71d79e92f62325ca4c64bc1daafb8effcceb8d92ddc22cbe0b1970943f82eea",
       "dfx_test_key 0 025a153917c112301ef4a60556792c0d3f0fde90c445d2e839d6e993a18f47e8b8",
       "dfx_test_key 1 0203334c899f6167910636bb4672112e31c21348723331fa786bb617b9435be2dc",
     ]
    `);
  });
});

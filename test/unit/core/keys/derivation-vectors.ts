/**
 * Public keys published for the Internet Computer's threshold keys.
 * Mainnet: dfinity/ic-pub-key at 6801649, `test/` and `src/ecdsa/secp256k1.tests`. PocketIC: the `pocketic_key` tests of
 * the ic-secp256k1 and ic-ed25519 crates of dfinity/ic. PocketIC's master keys follow from its public seeds.
 */
import { utf8ToBytes } from '@noble/hashes/utils';
import { fromHex } from '../../../../src/core/bytes';

export type Scheme = 'ecdsa' | 'bip340' | 'ed25519';
export type Network = 'mainnet' | 'PocketIC';
type Keys = Readonly<Record<Scheme, string>>;

export const MASTER_PUBLIC_KEYS: Readonly<Record<Network, Readonly<Record<string, Keys>>>> = {
  mainnet: {
    key_1: {
      ecdsa: '02121bc3a5c38f38ca76487c72007ebbfd34bc6c4cb80a671655aa94585bbd0a02',
      bip340: '02246e29785f06d37a8a50c49f6152a34df74738f8c13a44f59fef4cbe90eb13ac',
      ed25519: '476374d9df3a8af28d3164dc2422cff894482eadd1295290b6d9ad92b2eeaa5c'
    },
    test_key_1: {
      ecdsa: '02f9ac345f6be6db51e1c5612cddb59e72c3d0d493c994d12035cf13257e3b1fa7',
      bip340: '037a651a2e5ef3d1ef63e84c4c4caa029fa4a43a347a91e4d84a8e846853d51be1',
      ed25519: '6c0824beb37621bcca6eecc237ed1bc4e64c9c59dcb85344aa7f9cc8278ee31f'
    }
  },
  PocketIC: {
    key_1: sameSecp256k1(
      '036ad6e838b46811ad79c37b2f4b854b7a05f406715b2935edc5d3251e7666977b',
      'db415b8eb85bd5127b0984723e0448054042cf40e7a9c262ed0cc87ecea98349'
    ),
    test_key_1: sameSecp256k1(
      '03cc365e15cb552589c7175717b2ac63d1050b9bb2e5aed35432b1b1be55d3abcf',
      '6ed9121ecf701b9e301fce17d8a65214888984e8211225691b089d6b219ec144'
    ),
    dfx_test_key: sameSecp256k1(
      '03e6f78b1a90e361c5cc9903f73bb8acbe3bc17ad01e82554d25cf0ecd70c67484',
      '7124afcb1be5927cac0397a7447b9c3cda2a4099af62d9bc0a2c2fe42d33efe1'
    )
  }
};

/** PocketIC signs ECDSA and BIP-340 under one master key. */
function sameSecp256k1(secp256k1: string, ed25519: string): Keys {
  return { ecdsa: secp256k1, bip340: secp256k1, ed25519 };
}

export type DerivationVector = {
  readonly network: Network;
  readonly keyName: string;
  readonly scheme: Scheme;
  readonly canisterId: string;
  readonly path: readonly Uint8Array[];
  readonly publicKey: string;
};

const words = (text: string): Uint8Array[] => text.split(' ').map((word) => utf8ToBytes(word));

const mainnetVectors = (
  vector: Pick<DerivationVector, 'keyName' | 'path'>,
  publicKeys: Keys
): DerivationVector[] =>
  (['ecdsa', 'bip340', 'ed25519'] as const).map((scheme) => ({
    ...vector,
    network: 'mainnet',
    scheme,
    canisterId: 'h5jwf-5iaaa-aaaan-qmvoa-cai',
    publicKey: publicKeys[scheme]
  }));

const POCKET_IC_NAMES: Readonly<Record<Scheme, string>> = {
  ecdsa: 'ECDSA secp256k1',
  bip340: 'Bip340secp256k1',
  ed25519: 'Ed25519'
};
const POCKET_IC_KEYS: Readonly<Record<Scheme, Readonly<Record<string, string>>>> = {
  ecdsa: {
    key_1: '03bca84b5629dc70a37cadb5b3cda0bfc35abc5658f1d9bf8335b10199785a3836',
    test_key_1: '022ff35c84bd4cf899707789cfe5db76ce4a650563e678c53e8b128cb4bf4c3763',
    dfx_test_key: '03f005cf69911ae75f622ce0a621ccddba1a30ea1f6c3d67dd56acbbddb88a9374'
  },
  bip340: {
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
const pocketIcVectors = (scheme: Scheme): DerivationVector[] =>
  Object.entries(POCKET_IC_KEYS[scheme]).map(([keyName, publicKey]) => ({
    network: 'PocketIC',
    keyName,
    scheme,
    canisterId: 'uzt4z-lp777-77774-qaabq-cai',
    path: words(`Test Derivation For PocketIC ${POCKET_IC_NAMES[scheme]} ${keyName}`),
    publicKey
  }));

export const DERIVATION_VECTORS: readonly DerivationVector[] = [
  ...mainnetVectors(
    { keyName: 'test_key_1', path: words('Hello Threshold Signatures') },
    {
      ecdsa: '0315ae8bb8c6e9f78eec2167f5ac773067f37a39da1a1efbc585f9e90658d1c620',
      bip340: '0237ca6a41c1db8ab40410445250a5d46fbec7f3e449c8f40f86d8622a4106cebd',
      ed25519: 'd9a2ce6a3cd33fe16dce37e045609e51ff516e93bb51013823d6d7a915e3cfb9'
    }
  ),
  ...mainnetVectors(
    { keyName: 'key_1', path: [fromHex('abcdef'), fromHex('012345')] },
    {
      ecdsa: '02735ca28b5c3e380016d7f28bf4703b540a8bbe8e24beffdc021455ca2ab93fe3',
      bip340: '03e5e92c2399985f82521b110ac3dbf697a6b9522002c0d31d0b7cd5352c343457',
      ed25519: '43f0008b26564b6da51f585ad47669dfeb1db6d94d7dd216bd304fc1f5f5e997'
    }
  ),
  ...(['ecdsa', 'bip340', 'ed25519'] as const).flatMap(pocketIcVectors)
];

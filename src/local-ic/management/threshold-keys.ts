/**
 * The threshold keys of the management canister: public keys and signatures for a canister and a derivation path.
 *
 * The master secrets are those of PocketIC (seed of 32 bytes 42), public and the same on every machine: for
 * development only. Equal canister ids have equal keys here, on PocketIC and on recent dfx.
 */
import { ed25519 } from '@noble/curves/ed25519';
import { secp256k1 } from '@noble/curves/secp256k1';
import { sha256, sha512 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { signBip340, signEcdsa, signEd25519, tweakTaprootSecret } from './derived-key-signing';
import {
  addEd25519Offset,
  addSecp256k1Offset,
  deriveEd25519Key,
  type DerivedKey,
  deriveSecp256k1Key,
  type ExtendedPublicKey,
  MASTER_CHAIN_CODE
} from './key-derivation';
import { RejectionError } from './rejection-error';
import {
  createVetkdMasterKey,
  deriveVetkdKey,
  encryptVetkey,
  type VetkdKey,
  type VetkdOwner
} from './vetkd-derivation';

/** Algorithms of `schnorr_public_key` and `sign_with_schnorr`. */
export type SchnorrAlgorithm = 'bip340secp256k1' | 'ed25519';

/** Which key: the canister that owns it (principal bytes), the path below it (at most 255 items), the master key's name. */
export type KeyRequest = {
  readonly canisterId: Uint8Array;
  readonly derivationPath: readonly Uint8Array[];
  readonly keyName: string;
};

export type SchnorrKeyRequest = KeyRequest & { readonly algorithm: SchnorrAlgorithm };
export type EcdsaSigningRequest = KeyRequest & { readonly messageHash: Uint8Array };

/** `merkleRootHash` is `aux.bip341.merkle_root_hash`: 0 or 32 bytes; the key is tweaked as BIP-341 says. */
export type SchnorrSigningRequest = SchnorrKeyRequest & {
  readonly message: Uint8Array;
  readonly merkleRootHash?: Uint8Array;
};

export type VetkdKeyRequest = VetkdOwner & { readonly keyName: string };

/** `transportPublicKey`: 48 bytes compressed G1. */
export type VetkdDerivationRequest = VetkdKeyRequest & {
  readonly input: Uint8Array;
  readonly transportPublicKey: Uint8Array;
};

/**
 * Port of the management canister to its threshold keys. Every method throws `RejectionError` with the replica's
 * codes and texts when the request is refused.
 */
export interface ThresholdKeys {
  /** Names of the master keys, for each of the four schemes. */
  readonly keyNames: readonly string[];
  ecdsaPublicKey(request: KeyRequest): ExtendedPublicKey;
  /** 64 bytes r‖s, low s, over a 32-byte hash. */
  signWithEcdsa(request: EcdsaSigningRequest): Uint8Array;
  schnorrPublicKey(request: SchnorrKeyRequest): ExtendedPublicKey;
  /** 64 bytes. */
  signWithSchnorr(request: SchnorrSigningRequest): Uint8Array;
  /** 96 bytes compressed G2. */
  vetkdPublicKey(request: VetkdKeyRequest): Uint8Array;
  /** The encrypted key, 192 bytes. */
  vetkdDeriveKey(request: VetkdDerivationRequest): Uint8Array;
}

/** Names of the public test master keys. */
export const TEST_KEY_NAMES: readonly string[] = ['dfx_test_key', 'key_1', 'test_key_1'];

const PATH_LENGTH_MAX = 255;
const SEED = new Uint8Array(32).fill(42);

type MasterKey = ExtendedPublicKey & { readonly secret: bigint };
type SigningKey = ExtendedPublicKey & { readonly secret: bigint };
type Scheme<Key = MasterKey> = { readonly label: string; readonly masterKeys: ReadonlyMap<string, Key> };
type Use<Key = MasterKey> = { readonly scheme: Scheme<Key>; readonly method: string };

const bigEndian = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes)}`);

function createSecp256k1MasterKey(name: string): MasterKey {
  const root = bigEndian(sha256(SEED)) % secp256k1.Point.Fn.ORDER;
  const publicKey = secp256k1.Point.BASE.multiply(root).toBytes(true);
  const derived = deriveSecp256k1Key({ publicKey, chainCode: MASTER_CHAIN_CODE }, [utf8ToBytes(name)]);
  const secret = addSecp256k1Offset(root, derived.secretOffset);
  return { publicKey: derived.publicKey, chainCode: MASTER_CHAIN_CODE, secret };
}

function createEd25519MasterKey(name: string): MasterKey {
  const seed = sha512(SEED).slice(0, 32);
  const root = ed25519.utils.getExtendedPublicKey(seed);
  const parent = { publicKey: root.pointBytes, chainCode: MASTER_CHAIN_CODE };
  const derived = deriveEd25519Key(parent, [utf8ToBytes(name)]);
  const secret = addEd25519Offset(root.scalar, derived.secretOffset);
  return { publicKey: derived.publicKey, chainCode: MASTER_CHAIN_CODE, secret };
}

const reject = (rejectCode: number, errorCode: string, rejectMessage: string): RejectionError =>
  new RejectionError({ rejectCode, errorCode, rejectMessage });

/** Methods that use a secret and not only its public key. */
const USES_SECRET: ReadonlySet<string> = new Set([
  'sign_with_ecdsa',
  'sign_with_schnorr',
  'vetkd_derive_key'
]);

function refuseUnknownKey(use: Use<unknown>, keyName: string): RejectionError {
  const { label, masterKeys } = use.scheme;
  const isSigning = USES_SECRET.has(use.method);
  const existing = [...masterKeys.keys()].map((name) => `${label}:${name}`).join(', ');
  const problem = isSigning
    ? `Requested unknown or disabled threshold key: ${label}:${keyName}, existing enabled keys: [${existing}]`
    : `Requested unknown threshold key: ${label}:${keyName}, existing keys: [${existing}]`;
  const text = `Unable to route management canister request ${use.method}: ChainKeyError("${problem}")`;
  return reject(3, 'IC0301', text);
}

function selectMasterKey(use: Use, request: KeyRequest): MasterKey {
  if (request.derivationPath.length > PATH_LENGTH_MAX) {
    throw reject(
      4,
      'IC0408',
      `Deserialize error: The number of elements exceeds maximum allowed ${PATH_LENGTH_MAX}`
    );
  }
  return requireMasterKey(use, request.keyName);
}

function requireMasterKey<Key>(use: Use<Key>, keyName: string): Key {
  const masterKey = use.scheme.masterKeys.get(keyName);
  if (masterKey === undefined) throw refuseUnknownKey(use, keyName);
  return masterKey;
}

const canisterPath = (request: KeyRequest): readonly Uint8Array[] => [
  request.canisterId,
  ...request.derivationPath
];

const toPublic = ({ publicKey, chainCode }: DerivedKey): ExtendedPublicKey => ({ publicKey, chainCode });

const deriveSecp256k1Public = (use: Use, request: KeyRequest): ExtendedPublicKey =>
  toPublic(deriveSecp256k1Key(selectMasterKey(use, request), canisterPath(request)));

const deriveEd25519Public = (use: Use, request: KeyRequest): ExtendedPublicKey =>
  toPublic(deriveEd25519Key(selectMasterKey(use, request), canisterPath(request)));

function deriveSecp256k1Secret(use: Use, request: KeyRequest): bigint {
  const masterKey = selectMasterKey(use, request);
  return addSecp256k1Offset(
    masterKey.secret,
    deriveSecp256k1Key(masterKey, canisterPath(request)).secretOffset
  );
}

function deriveEd25519SigningKey(use: Use, request: KeyRequest): SigningKey {
  const masterKey = selectMasterKey(use, request);
  const derived = deriveEd25519Key(masterKey, canisterPath(request));
  return { ...toPublic(derived), secret: addEd25519Offset(masterKey.secret, derived.secretOffset) };
}

function signWithEcdsa(use: Use, request: EcdsaSigningRequest): Uint8Array {
  if (request.messageHash.length !== 32) {
    throw reject(4, 'IC0406', `message_hash must be 32 bytes, got ${request.messageHash.length}`);
  }
  return signEcdsa(request.messageHash, deriveSecp256k1Secret(use, request));
}

function signWithBip340(use: Use, request: SchnorrSigningRequest): Uint8Array {
  const { merkleRootHash } = request;
  if (merkleRootHash !== undefined && merkleRootHash.length !== 0 && merkleRootHash.length !== 32)
    throw reject(4, 'IC0406', 'Invalid aux field for Bip340Secp256k1');
  const secret = deriveSecp256k1Secret(use, request);
  return signBip340(
    request.message,
    merkleRootHash === undefined ? secret : tweakTaprootSecret(secret, merkleRootHash)
  );
}

function signWithEd25519(use: Use, request: SchnorrSigningRequest): Uint8Array {
  if (request.merkleRootHash !== undefined)
    throw reject(4, 'IC0406', 'Schnorr algorithm Ed25519 does not support aux input');
  return signEd25519(request.message, deriveEd25519SigningKey(use, request));
}

function vetkdPublicKey(use: Use<() => VetkdKey>, request: VetkdKeyRequest): Uint8Array {
  return deriveVetkdKey(requireMasterKey(use, request.keyName)(), request).publicKey;
}

function vetkdDeriveKey(use: Use<() => VetkdKey>, request: VetkdDerivationRequest): Uint8Array {
  const key = deriveVetkdKey(requireMasterKey(use, request.keyName)(), request);
  const encrypted = encryptVetkey(key, request);
  if (!encrypted) throw reject(4, 'IC0406', 'The provided transport public key is invalid.');
  return encrypted;
}

/** Makes the key when it is first asked for: it takes milliseconds, and few canisters do. */
function lazyVetkdKey(name: string): () => VetkdKey {
  let key: VetkdKey | undefined;
  return () => (key ??= createVetkdMasterKey(name));
}

/** The public test keys, for ECDSA on secp256k1, BIP-340, Ed25519 and vetKD, each under the three {@link TEST_KEY_NAMES}. */
export function createTestThresholdKeys(): ThresholdKeys {
  const secp256k1Keys = new Map(TEST_KEY_NAMES.map((name) => [name, createSecp256k1MasterKey(name)]));
  const ed25519Keys = new Map(TEST_KEY_NAMES.map((name) => [name, createEd25519MasterKey(name)]));
  const ecdsa: Scheme = { label: 'ecdsa:Secp256k1', masterKeys: secp256k1Keys };
  const bip340: Scheme = { label: 'schnorr:Bip340Secp256k1', masterKeys: secp256k1Keys };
  const eddsa: Scheme = { label: 'schnorr:Ed25519', masterKeys: ed25519Keys };
  const vetkd: Scheme<() => VetkdKey> = {
    label: 'vetkd:Bls12_381_G2',
    masterKeys: new Map(TEST_KEY_NAMES.map((name) => [name, lazyVetkdKey(name)]))
  };
  return {
    keyNames: TEST_KEY_NAMES,
    ecdsaPublicKey: (request) =>
      deriveSecp256k1Public({ scheme: ecdsa, method: 'ecdsa_public_key' }, request),
    signWithEcdsa: (request) => signWithEcdsa({ scheme: ecdsa, method: 'sign_with_ecdsa' }, request),
    schnorrPublicKey: (request) =>
      request.algorithm === 'ed25519'
        ? deriveEd25519Public({ scheme: eddsa, method: 'schnorr_public_key' }, request)
        : deriveSecp256k1Public({ scheme: bip340, method: 'schnorr_public_key' }, request),
    signWithSchnorr: (request) =>
      request.algorithm === 'ed25519'
        ? signWithEd25519({ scheme: eddsa, method: 'sign_with_schnorr' }, request)
        : signWithBip340({ scheme: bip340, method: 'sign_with_schnorr' }, request),
    vetkdPublicKey: (request) => vetkdPublicKey({ scheme: vetkd, method: 'vetkd_public_key' }, request),
    vetkdDeriveKey: (request) => vetkdDeriveKey({ scheme: vetkd, method: 'vetkd_derive_key' }, request)
  };
}

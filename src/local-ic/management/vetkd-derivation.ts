/**
 * vetKD on BLS12-381 with public keys in G2: derived keys and encrypted vetKeys.
 *
 * Same results as the `ic-vetkeys` crate and package of dfinity/vetkeys. What an encrypted key is: interface
 * specification 0.66, "IC method vetkd_derive_key".
 */
import { expand_message_xmd as expandMessage } from '@noble/curves/abstract/hash-to-curve';
import { bls12_381 } from '@noble/curves/bls12-381';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils';

/** A secret scalar and its public key, 96 bytes compressed G2. */
export type VetkdKey = { readonly secret: bigint; readonly publicKey: Uint8Array };

/** Whose key: a canister (principal bytes) and its context, which may be empty. */
export type VetkdOwner = { readonly canisterId: Uint8Array; readonly context: Uint8Array };

const { G1, G2, fields } = bls12_381;
type G1Point = typeof G1.Point.BASE;

const SCALAR_BYTES = 48;
const TRANSPORT_KEY_BYTES = 48;
const MASTER_KEY_DOMAIN = 'ic-crypto-vetkd-test-utils-generate-test-key';
const CANISTER_DOMAIN = 'ic-vetkd-bls12-381-g2-canister-id';
const CONTEXT_DOMAIN = 'ic-vetkd-bls12-381-g2-context';
const RANDOMNESS_DOMAIN = 'local-ic-vetkd-encryption';
const VETKEY_DOMAIN = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_AUG_';

// Copies of the generators: noble would first build tables for the generators themselves, which takes 180 ms.
const G1_GENERATOR = G1.Point.fromAffine(G1.Point.BASE.toAffine());
const G2_GENERATOR = G2.Point.fromAffine(G2.Point.BASE.toAffine());

/** The public test master key of a name, PocketIC's. */
export function createVetkdMasterKey(name: string): VetkdKey {
  return keyOf(hashToScalar(MASTER_KEY_DOMAIN, utf8ToBytes(name)));
}

/** The key of a canister, and of a context within it unless that is empty. */
export function deriveVetkdKey(master: VetkdKey, { canisterId, context }: VetkdOwner): VetkdKey {
  const canisterKey = deriveChild(master, CANISTER_DOMAIN, canisterId);
  return context.length === 0 ? canisterKey : deriveChild(canisterKey, CONTEXT_DOMAIN, context);
}

/**
 * The vetKey for `input`, encrypted to a transport key of 48 bytes: E1 ‖ E2 ‖ E3, 192 bytes. The same request gives
 * the same bytes. Undefined when the transport key is no point of G1's prime-order subgroup, or its zero.
 */
export function encryptVetkey(
  key: VetkdKey,
  { input, transportPublicKey }: { readonly input: Uint8Array; readonly transportPublicKey: Uint8Array }
): Uint8Array | undefined {
  const transport = readTransportKey(transportPublicKey);
  if (!transport) return undefined;
  const randomness = hashToScalar(
    RANDOMNESS_DOMAIN,
    concatBytes(key.publicKey, withLength(input), transportPublicKey)
  );
  const message = bls12_381.shortSignatures.hash(concatBytes(key.publicKey, input), VETKEY_DOMAIN);
  // The secrets are public: no reason to pay for constant time.
  const vetkey = message.multiplyUnsafe(key.secret);
  return concatBytes(
    G1_GENERATOR.multiplyUnsafe(randomness).toBytes(true),
    G2_GENERATOR.multiplyUnsafe(randomness).toBytes(true),
    transport.multiplyUnsafe(randomness).add(vetkey).toBytes(true)
  );
}

function deriveChild(parent: VetkdKey, domain: string, name: Uint8Array): VetkdKey {
  const offset = hashToScalar(domain, concatBytes(withLength(parent.publicKey), withLength(name)));
  return keyOf(fields.Fr.add(parent.secret, offset));
}

function keyOf(secret: bigint): VetkdKey {
  return { secret, publicKey: G2_GENERATOR.multiplyUnsafe(secret).toBytes(true) };
}

function hashToScalar(domain: string, message: Uint8Array): bigint {
  const bytes = expandMessage(message, utf8ToBytes(domain), SCALAR_BYTES, sha256);
  return fields.Fr.create(BigInt(`0x${bytesToHex(bytes)}`));
}

/** The bytes with their length before them, 8 bytes big endian. */
function withLength(bytes: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(8 + bytes.length);
  new DataView(prefixed.buffer).setBigUint64(0, BigInt(bytes.length));
  prefixed.set(bytes, 8);
  return prefixed;
}

function readTransportKey(bytes: Uint8Array): G1Point | undefined {
  if (bytes.length !== TRANSPORT_KEY_BYTES) return undefined;
  try {
    const point = G1.Point.fromHex(bytes);
    point.assertValidity();
    return point.is0() || !point.isTorsionFree() ? undefined : point;
  } catch {
    return undefined;
  }
}

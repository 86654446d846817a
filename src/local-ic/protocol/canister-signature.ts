/**
 * Signatures that a canister makes by certifying data (interface specification, "Canister signatures"): what Internet
 * Identity signs its delegations with.
 */
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { equalBytes } from './byte-order';
import { CborError, type CborMap, decodeCbor } from './cbor-decoding';
import { CertificateError, type CertificateVerifier } from './certificate-verification';
import {
  hashTreeFromWire,
  HashTreeError,
  isWellFormed,
  lookupPath,
  TREE_CBOR_DEPTH_MAX
} from './hash-tree-decoding';
import { type HashTree } from './hash-tree';
import { PRINCIPAL_BYTES_MAX } from './principal';

/** A canister signature, or its key, that does not hold or cannot be read. */
export class CanisterSignatureError extends Error {
  override readonly name = 'CanisterSignatureError';
}

/** The signing canister, and the seed that tells its keys from each other. */
export type CanisterKey = { readonly canisterId: Uint8Array; readonly seed: Uint8Array };

const SELF_DESCRIBED = Uint8Array.of(0xd9, 0xd9, 0xf7);

/** The key that `length of canister id ‖ canister id ‖ seed` names. @throws {CanisterSignatureError} */
export function parseCanisterKey(bytes: Uint8Array): CanisterKey {
  const [length] = bytes;
  if (length === undefined || length > PRINCIPAL_BYTES_MAX || bytes.length < 1 + length)
    throw new CanisterSignatureError('the public key names no canister');
  return { canisterId: bytes.slice(1, 1 + length), seed: bytes.slice(1 + length) };
}

/**
 * Checks that the canister of `key` has certified a tree that holds `payload` under the key's seed.
 *
 * @throws {CanisterSignatureError}
 */
export function assertCanisterSignature(
  key: CanisterKey,
  signed: { readonly payload: Uint8Array; readonly signature: Uint8Array },
  certificates: CertificateVerifier
): void {
  const { certificate, tree } = parseSignature(signed.signature);
  assertCertified(key.canisterId, { certificate, digest: tree.hash }, certificates);
  const seedHash = sha256(key.seed);
  const payloadHash = sha256(signed.payload);
  const entry = lookupPath(tree, [utf8ToBytes('sig'), seedHash, payloadHash]);
  if (entry.status === 'found' && entry.value.length === 0) return;
  const path = `sig/${bytesToHex(seedHash)}/${bytesToHex(payloadHash)}`;
  throw new CanisterSignatureError(`the signature tree doesn't contain ${path} with an empty value`);
}

function assertCertified(
  canisterId: Uint8Array,
  signed: { readonly certificate: Uint8Array; readonly digest: Uint8Array },
  certificates: CertificateVerifier
): void {
  const { tree, subnet } = verifyCertificate(signed.certificate, canisterId, certificates);
  if (subnet !== undefined) {
    const type = lookupPath(subnet.tree, [utf8ToBytes('subnet'), subnet.id, utf8ToBytes('type')]);
    if (type.status !== 'found' || equalBytes(type.value, utf8ToBytes('cloud_engine')))
      throw new CanisterSignatureError('the subnet of the signing canister may not certify signatures');
  }
  const data = lookupPath(tree, [utf8ToBytes('canister'), canisterId, utf8ToBytes('certified_data')]);
  if (data.status !== 'found' || !equalBytes(data.value, signed.digest))
    throw new CanisterSignatureError('the certified data is not the root hash of the signature tree');
}

function verifyCertificate(
  certificate: Uint8Array,
  canisterId: Uint8Array,
  certificates: CertificateVerifier
): ReturnType<CertificateVerifier['verify']> {
  try {
    return certificates.verify(certificate, canisterId);
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause;
    throw new CanisterSignatureError(`certificate verification failed: ${cause.message}`, { cause });
  }
}

function parseSignature(signature: Uint8Array): {
  readonly certificate: Uint8Array;
  readonly tree: HashTree;
} {
  if (!equalBytes(signature.subarray(0, SELF_DESCRIBED.length), SELF_DESCRIBED))
    throw new CanisterSignatureError("signature CBOR doesn't have a self-describing tag");
  const map = decodeMap(signature);
  const certificate = map.get('certificate');
  if (!(certificate instanceof Uint8Array))
    throw new CanisterSignatureError('failed to parse signature CBOR: `certificate` is not a byte string');
  try {
    const tree = hashTreeFromWire(map.get('tree'));
    if (isWellFormed(tree)) return { certificate, tree };
  } catch (cause) {
    if (!(cause instanceof HashTreeError)) throw cause;
    throw new CanisterSignatureError(`failed to parse signature CBOR: ${cause.message}`, { cause });
  }
  throw new CanisterSignatureError('labels of the signature tree are not in order');
}

function decodeMap(signature: Uint8Array): CborMap {
  try {
    const value = decodeCbor(signature, TREE_CBOR_DEPTH_MAX);
    if (value instanceof Map) return value;
  } catch (cause) {
    if (!(cause instanceof CborError)) throw cause;
    throw new CanisterSignatureError(`failed to parse signature CBOR: ${cause.message}`, { cause });
  }
  throw new CanisterSignatureError('failed to parse signature CBOR: not a map');
}

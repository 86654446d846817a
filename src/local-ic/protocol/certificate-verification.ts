/** Certificates that come from outside, verified against the root key (interface specification, "Certification"). */
import { bls12_381 } from '@noble/curves/bls12-381';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils';
import { compareBytes } from './byte-order';
import { CborError, type CborMap, type CborValue, decodeCbor, isCborArray } from './cbor-decoding';
import { signedPayload } from './domain-separator';
import { type HashTree } from './hash-tree';
import {
  hashTreeFromWire,
  HashTreeError,
  isWellFormed,
  leafValues,
  lookupPath,
  lookupSubtree,
  TREE_CBOR_DEPTH_MAX
} from './hash-tree-decoding';
import { BLS_DER_HEADER, BLS_SIGNATURE_DOMAIN } from './subnet-keys';

/** A certificate that is malformed, or does not hold. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/** What a certificate shows, and of a certificate by a subnet the part of the root's state that made it one. */
export type VerifiedCertificate = {
  readonly tree: HashTree;
  readonly subnet?: { readonly id: Uint8Array; readonly tree: HashTree };
};

type Certificate = {
  readonly tree: HashTree;
  readonly signature: Uint8Array;
  readonly delegation?: { readonly subnetId: Uint8Array; readonly certificate: Uint8Array };
};

const BLS_KEY_BYTES = 96;
const BLS_SIGNATURE_BYTES = 48;
/** Pairings take 20 ms: signatures found valid are remembered, as the same ones come with every request. */
const REMEMBERED_MAX = 1000;

export class CertificateVerifier {
  private readonly verified = new Set<string>();

  constructor(private readonly rootKeyDer: Uint8Array) {}

  /**
   * What a certificate shows about a canister, signed by the root key, or by a subnet that the root key gave this
   * canister to.
   *
   * @throws {CertificateError}
   */
  verify(bytes: Uint8Array, canisterId: Uint8Array): VerifiedCertificate {
    const certificate = parseCertificate(bytes);
    if (certificate.delegation === undefined) {
      this.assertSigned(certificate, this.rootKeyDer);
      return { tree: certificate.tree };
    }
    const { subnetId, certificate: inner } = certificate.delegation;
    const delegation = parseCertificate(inner);
    if (delegation.delegation !== undefined)
      throw new CertificateError('a delegation may not contain another delegation');
    this.assertSigned(delegation, this.rootKeyDer);
    const key = lookupPath(delegation.tree, [utf8ToBytes('subnet'), subnetId, utf8ToBytes('public_key')]);
    if (key.status !== 'found')
      throw new CertificateError('the delegation shows no public key of the subnet');
    if (!isInRanges(canisterId, rangesOf(delegation.tree, subnetId)))
      throw new CertificateError('the canister id is not in the canister ranges of the delegation');
    this.assertSigned(certificate, key.value);
    return { tree: certificate.tree, subnet: { id: subnetId, tree: delegation.tree } };
  }

  private assertSigned({ tree, signature }: Certificate, publicKeyDer: Uint8Array): void {
    const payload = signedPayload('ic-state-root', tree.hash);
    const key = bytesToHex(sha256(concatBytes(sha256(publicKeyDer), sha256(signature), payload)));
    if (this.verified.has(key)) return;
    if (!verifyBls(publicKeyDer, payload, signature))
      throw new CertificateError('the signature of the certificate does not hold');
    if (this.verified.size >= REMEMBERED_MAX) this.verified.clear();
    this.verified.add(key);
  }
}

function verifyBls(publicKeyDer: Uint8Array, payload: Uint8Array, signature: Uint8Array): boolean {
  const header = publicKeyDer.subarray(0, BLS_DER_HEADER.length);
  const key = publicKeyDer.subarray(BLS_DER_HEADER.length);
  if (compareBytes(header, BLS_DER_HEADER) !== 0 || key.length !== BLS_KEY_BYTES)
    throw new CertificateError('the public key of the subnet is not a BLS key');
  if (signature.length !== BLS_SIGNATURE_BYTES) return false;
  const { shortSignatures } = bls12_381;
  try {
    return shortSignatures.verify(signature, shortSignatures.hash(payload, BLS_SIGNATURE_DOMAIN), key);
  } catch {
    // Bytes that are no point of the group.
    return false;
  }
}

/** The map that `bytes` encode. @throws {CertificateError} */
function decodeMap(bytes: Uint8Array): CborMap {
  try {
    const value = decodeCbor(bytes, TREE_CBOR_DEPTH_MAX);
    if (value instanceof Map) return value;
  } catch (cause) {
    if (!(cause instanceof CborError)) throw cause;
    throw new CertificateError(`malformed certificate: ${cause.message}`, { cause });
  }
  throw new CertificateError('malformed certificate: not a map');
}

function bytesOf(value: CborValue | undefined, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new CertificateError(`malformed certificate: \`${name}\` is not a byte string`);
}

function parseCertificate(bytes: Uint8Array): Certificate {
  const map = decodeMap(bytes);
  const delegation = map.get('delegation');
  return {
    tree: parseTree(map.get('tree')),
    signature: bytesOf(map.get('signature'), 'signature'),
    ...(delegation !== undefined && { delegation: parseDelegation(delegation) })
  };
}

function parseDelegation(value: CborValue): NonNullable<Certificate['delegation']> {
  if (!(value instanceof Map)) throw new CertificateError('malformed certificate: `delegation` is not a map');
  const map: CborMap = value;
  return {
    subnetId: bytesOf(map.get('subnet_id'), 'subnet_id'),
    certificate: bytesOf(map.get('certificate'), 'certificate')
  };
}

/** @throws {CertificateError} for a tree that is malformed, or not well-formed. */
function parseTree(value: CborValue | undefined): HashTree {
  try {
    const tree = hashTreeFromWire(value);
    if (isWellFormed(tree)) return tree;
  } catch (cause) {
    if (!(cause instanceof HashTreeError)) throw cause;
    throw new CertificateError(`malformed certificate: ${cause.message}`, { cause });
  }
  throw new CertificateError('malformed certificate: labels of the tree are not in order');
}

/** Encoded lists of canister ranges of a subnet: all in one, and in shards. */
function rangesOf(tree: HashTree, subnetId: Uint8Array): readonly Uint8Array[] {
  const flat = lookupPath(tree, [utf8ToBytes('subnet'), subnetId, utf8ToBytes('canister_ranges')]);
  const shards = lookupSubtree(tree, [utf8ToBytes('canister_ranges'), subnetId]);
  return [
    ...(flat.status === 'found' ? [flat.value] : []),
    ...(typeof shards === 'string' ? [] : leafValues(shards))
  ];
}

function isInRanges(canisterId: Uint8Array, lists: readonly Uint8Array[]): boolean {
  return lists.flatMap(decodeRanges).some((range) => {
    if (!isCborArray(range)) return false;
    const [first, last] = range.map((bound) => bytesOf(bound, 'canister_ranges'));
    if (first === undefined || last === undefined) return false;
    return compareBytes(first, canisterId) <= 0 && compareBytes(canisterId, last) <= 0;
  });
}

function decodeRanges(bytes: Uint8Array): readonly CborValue[] {
  try {
    const ranges = decodeCbor(bytes);
    return isCborArray(ranges) ? ranges : [];
  } catch (cause) {
    if (!(cause instanceof CborError)) throw cause;
    throw new CertificateError('malformed canister ranges', { cause });
  }
}

/** The `IC-Certificate` header of a response (HTTP gateway protocol, "The Certificate Header"). */
import { CborError, type CborValue, decodeCbor, isCborArray } from '../../protocol/cbor-decoding';
import { type HashTree } from '../../protocol/hash-tree';
import {
  hashTreeFromWire,
  HashTreeError,
  isWellFormed,
  TREE_CBOR_DEPTH_MAX
} from '../../protocol/hash-tree-decoding';
import { VerificationError } from './verification-error';

export type CertificateHeader = {
  readonly certificate: Uint8Array;
  readonly tree: HashTree;
  readonly version: number;
  /** Where in the tree the expression is; version 2 only. */
  readonly expressionPath?: readonly string[];
};

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** @throws {VerificationError} when a field is missing or malformed. */
export function parseCertificateHeader(header: string): CertificateHeader {
  const fields = readFields(header);
  const certificate = fields.get('certificate');
  const tree = fields.get('tree');
  if (certificate === undefined)
    throw new VerificationError('Certificate not found in the certificate header');
  if (tree === undefined) throw new VerificationError('Tree not found in the certificate header');
  const expressionPath = fields.get('expr_path');
  return {
    certificate: decodeBase64(certificate),
    tree: parseTree(decodeBase64(tree)),
    version: parseVersion(fields.get('version') ?? '1'),
    ...(expressionPath !== undefined && { expressionPath: parsePath(decodeBase64(expressionPath)) })
  };
}

/** `name=:value:` or `name=value`, separated by commas; of a repeated field the first counts. */
function readFields(header: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const field of header.split(',')) {
    const [, name, value] = /^([^=]+)=:?([^:]+):?$/.exec(field.trim()) ?? [];
    if (name !== undefined && value !== undefined && !fields.has(name)) fields.set(name, value);
  }
  return fields;
}

function parseVersion(text: string): number {
  if (!/^\d{1,3}$/.test(text))
    throw new VerificationError(`Malformed version in the certificate header: ${text}`);
  return Number(text);
}

function decodeBase64(text: string): Uint8Array {
  if (!BASE64.test(text)) throw new VerificationError('Malformed base64 in the certificate header');
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

function decodeField(bytes: Uint8Array): CborValue {
  try {
    return decodeCbor(bytes, TREE_CBOR_DEPTH_MAX);
  } catch (cause) {
    if (!(cause instanceof CborError)) throw cause;
    throw new VerificationError(`Malformed CBOR in the certificate header: ${cause.message}`, { cause });
  }
}

function parseTree(bytes: Uint8Array): HashTree {
  try {
    const tree = hashTreeFromWire(decodeField(bytes));
    if (isWellFormed(tree)) return tree;
  } catch (cause) {
    if (!(cause instanceof HashTreeError)) throw cause;
    throw new VerificationError(`Malformed tree in the certificate header: ${cause.message}`, { cause });
  }
  throw new VerificationError('Malformed tree in the certificate header: labels are not in order');
}

function parsePath(bytes: Uint8Array): readonly string[] {
  const value = decodeField(bytes);
  if (!isCborArray(value)) throw new VerificationError('The expression path is not an array');
  return value.map((segment) => {
    if (typeof segment !== 'string')
      throw new VerificationError('The expression path is not an array of text');
    return segment;
  });
}

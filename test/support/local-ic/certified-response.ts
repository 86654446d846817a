/** Responses as canisters certify them, on the test's own network: trees and headers; DFINITY's verifier is the judge. */
import { createHash } from 'node:crypto';
import { encodeWithSelfDescribedTag } from '@dfinity/cbor';
import {
  type CanisterHttpRequest,
  type CanisterHttpResponse,
  type HeaderField
} from '../../../src/local-ic/http/response-verification/http-message';
import { type HashTree, hashTreeToWire, leaf } from '../../../src/local-ic/protocol/hash-tree';
import { buildLevel } from '../../../src/local-ic/protocol/label-map';
import { fakeCanisterId } from './fake-replica';
import {
  createTestCertificate,
  rootHash,
  treeAt,
  type TestSubnetKey,
  type WireTree
} from './test-certificate';

export const CERTIFYING_CANISTER = fakeCanisterId(4);
export const NOW_NS = 1_800_000_000_000_000_000n;

const sha256 = (bytes: Uint8Array | string): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(bytes).digest());
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

type Entries = readonly (readonly [path: readonly (string | Uint8Array)[], value: Uint8Array])[];

/** The tree that has all these values. */
export function treeOf(entries: Entries): WireTree {
  return hashTreeToWire(levelOf(entries)) as WireTree;
}

function levelOf(entries: Entries): HashTree {
  const [first] = entries;
  if (first !== undefined && first[0].length === 0) return leaf(first[1]);
  const groups = new Map<
    string,
    { label: Uint8Array; below: [readonly (string | Uint8Array)[], Uint8Array][] }
  >();
  for (const [[head = '', ...rest], value] of entries) {
    const label = typeof head === 'string' ? utf8(head) : head;
    const key = Buffer.from(label).toString('hex');
    const group = groups.get(key) ?? { label, below: [] };
    group.below.push([rest, value]);
    groups.set(key, group);
  }
  return buildLevel([...groups.values()].map(({ label, below }) => [label, levelOf(below)]));
}

function leb128(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
  return Uint8Array.from(bytes);
}

export type CertificateChange = {
  readonly key?: TestSubnetKey;
  readonly timeNs?: bigint;
  readonly canisterId?: Uint8Array;
  /** What the canister certified, when it is not the tree of the header. */
  readonly certified?: WireTree;
};

/** The `IC-Certificate` header over `tree`. */
export function certificateHeader(
  tree: WireTree,
  fields: { readonly version?: string; readonly expr_path?: readonly string[] } = {},
  { key, timeNs = NOW_NS, canisterId = CERTIFYING_CANISTER, certified = tree }: CertificateChange = {}
): HeaderField {
  const state: WireTree = [
    1,
    treeAt(['canister', canisterId, 'certified_data'], rootHash(certified)),
    treeAt(['time'], leb128(timeNs))
  ];
  const base64 = (bytes: Uint8Array): string => `:${Buffer.from(bytes).toString('base64')}:`;
  const parts = [
    `certificate=${base64(createTestCertificate(state, key))}`,
    `tree=${base64(encodeWithSelfDescribedTag(tree as never))}`,
    ...(fields.version === undefined ? [] : [`version=${fields.version}`]),
    ...(fields.expr_path === undefined
      ? []
      : [`expr_path=${base64(encodeWithSelfDescribedTag(fields.expr_path as never))}`])
  ];
  return ['IC-Certificate', parts.join(', ')];
}

/** SHA-256 of sorted pairs of hashes, as the specification hashes maps. */
function hashOfFields(fields: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const pairs = fields.map(([name, hash]) => Buffer.concat([sha256(name), hash]));
  return sha256(Buffer.concat(pairs.sort((a, b) => Buffer.compare(a, b))));
}

/** The request's hash with these headers and this part of the query certified. */
export const requestHashOf = (
  request: CanisterHttpRequest,
  headers: readonly HeaderField[],
  query?: string
): Uint8Array =>
  sha256(
    Buffer.concat([
      hashOfFields([
        ...headers.map(([name, value]) => [name, sha256(value)] as const),
        [':ic-cert-method', sha256(request.method)],
        ...(query === undefined ? [] : [[':ic-cert-query', sha256(query)] as const])
      ]),
      sha256(request.body)
    ])
  );

/** The response's hash with these headers certified. */
export const responseHashOf = (response: CanisterHttpResponse, headers: readonly HeaderField[]): Uint8Array =>
  sha256(
    Buffer.concat([
      hashOfFields([
        ...headers.map(([name, value]) => [name, sha256(value)] as const),
        [':ic-cert-status', sha256(leb128(BigInt(response.statusCode)))]
      ]),
      sha256(response.body)
    ])
  );

export const hashOfExpression = (expression: string): Uint8Array => sha256(expression);

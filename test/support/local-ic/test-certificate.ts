/** Hash trees and certificates of a network of the test's own, made apart from the code that verifies them. */
import { createHash } from 'node:crypto';
import { encodeWithSelfDescribedTag } from '@dfinity/cbor';
import { bls12_381 } from '@noble/curves/bls12-381';

/** A hash tree as certificates encode it. */
export type WireTree =
  | readonly [0]
  | readonly [1, WireTree, WireTree]
  | readonly [2, Uint8Array, WireTree]
  | readonly [3, Uint8Array]
  | readonly [4, Uint8Array];

export type TestSubnetKey = {
  readonly publicKeyDer: Uint8Array;
  readonly sign: (payload: Uint8Array) => Uint8Array;
};

const { shortSignatures } = bls12_381;
const DER_HEADER = '308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100';
const CIPHERSUITE = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export function createTestSubnetKey(secret: number): TestSubnetKey {
  const secretKey = new Uint8Array(32).fill(secret, 31);
  const publicKey = shortSignatures.getPublicKey(secretKey).toBytes(true);
  return {
    publicKeyDer: Uint8Array.from([...Buffer.from(DER_HEADER, 'hex'), ...publicKey]),
    sign: (payload) =>
      shortSignatures.sign(shortSignatures.hash(payload, CIPHERSUITE), secretKey).toBytes(true)
  };
}

/** The root key of the test's network. */
export const testRootKey = createTestSubnetKey(7);

/** The tree with one value, at `path`. */
export function treeAt(path: readonly (string | Uint8Array)[], value: Uint8Array): WireTree {
  const [label, ...rest] = path;
  if (label === undefined) return [3, value];
  return [2, typeof label === 'string' ? utf8(label) : label, treeAt(rest, value)];
}

/** Root hash by the text of the interface specification. */
export function rootHash(tree: WireTree): Uint8Array {
  const hash = (domain: string, ...parts: readonly Uint8Array[]): Uint8Array => {
    const separator = utf8(`ic-hashtree-${domain}`);
    return Uint8Array.from(
      createHash('sha256')
        .update(Buffer.concat([Uint8Array.of(separator.length), separator, ...parts]))
        .digest()
    );
  };
  switch (tree[0]) {
    case 0:
      return hash('empty');
    case 1:
      return hash('fork', rootHash(tree[1]), rootHash(tree[2]));
    case 2:
      return hash('labeled', tree[1], rootHash(tree[2]));
    case 3:
      return hash('leaf', tree[1]);
    case 4:
      return tree[1];
  }
}

/** A certificate of `tree` by `key`, the root's by default, with a delegation when one is given. */
export function createTestCertificate(
  tree: WireTree,
  key: TestSubnetKey = testRootKey,
  delegation?: { readonly subnet_id: Uint8Array; readonly certificate: Uint8Array }
): Uint8Array {
  const signature = key.sign(Uint8Array.from([13, ...utf8('ic-state-root'), ...rootHash(tree)]));
  return encodeWithSelfDescribedTag({ tree, signature, ...(delegation && { delegation }) } as never);
}

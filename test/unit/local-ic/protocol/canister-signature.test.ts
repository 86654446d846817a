/** Canister signatures as identities: the texts of the interface specification, "Canister signatures" and sender_info. */
import { encodeWithSelfDescribedTag } from '@dfinity/cbor';
import { Principal } from '@dfinity/principal';
import { authenticateEnvelope } from '../../../../src/local-ic/protocol/authentication';
import { CertificateVerifier } from '../../../../src/local-ic/protocol/certificate-verification';
import { parseEnvelope } from '../../../../src/local-ic/protocol/envelope';
import { RequestError } from '../../../../src/local-ic/protocol/request-error';
import { fakeCanisterId } from '../../../support/local-ic/fake-replica';
import {
  ANONYMOUS,
  type Content,
  delegate,
  encodeEnvelope,
  type EnvelopeFields,
  payloadOf,
  signContent
} from '../../../support/local-ic/signed-envelope';
import {
  createTestCertificate,
  createTestSubnetKey,
  testRootKey,
  treeAt,
  type WireTree
} from '../../../support/local-ic/test-certificate';
import {
  createCanisterSigner,
  createTestSigner,
  type TestSigner
} from '../../../support/local-ic/test-signer';

const NOW_NS = 1_800_000_000_000_000_000n;
const expiration = NOW_NS + 60_000_000_000n;
const SIGNING_CANISTER = fakeCanisterId(9);
const SEED = Uint8Array.of(1, 2, 3);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const certificates = new CertificateVerifier(testRootKey.publicKeyDer);
const canister = createCanisterSigner({ canisterId: SIGNING_CANISTER, seed: SEED });
const session = createTestSigner('ed25519');

const contentOf = (sender: Uint8Array, fields: Content = {}): Content => ({
  request_type: 'call',
  canister_id: fakeCanisterId(1),
  method_name: 'greet',
  arg: Uint8Array.of(1, 2, 3),
  sender,
  ingress_expiry: expiration,
  ...fields
});

/** 'believed', or why not. */
function verdictOn(fields: EnvelopeFields, type: 'call' | 'query' = 'call'): string {
  try {
    authenticateEnvelope(parseEnvelope(encodeEnvelope(fields), type), { timeNs: NOW_NS, certificates });
    return 'believed';
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    expect(error.status).toBe(400);
    return error.message;
  }
}

const signedBy = (signer: TestSigner): EnvelopeFields => signContent(contentOf(signer.sender), signer);

const brokenBy = (change: Parameters<typeof createCanisterSigner>[0]['change']): EnvelopeFields =>
  signedBy(createCanisterSigner({ canisterId: SIGNING_CANISTER, seed: SEED, ...(change && { change }) }));

const certifiedBy = (certify: (tree: WireTree) => Uint8Array): EnvelopeFields =>
  signedBy(createCanisterSigner({ canisterId: SIGNING_CANISTER, seed: SEED, certify }));

describe('a canister signature', () => {
  it.each([
    ['no seed', SIGNING_CANISTER, new Uint8Array(0)],
    ['a seed of 300 bytes', SIGNING_CANISTER, new Uint8Array(300)],
    ['an id of 29 bytes', new Uint8Array(29).fill(5), SEED]
  ])('is believed with %s', (_name, canisterId, seed) => {
    expect(verdictOn(signedBy(createCanisterSigner({ canisterId, seed })))).toBe('believed');
  });

  it('is believed inside a larger tree, with the rest pruned', () => {
    const other: WireTree = [4, new Uint8Array(32).fill(1)];
    const signer = createCanisterSigner({
      canisterId: SIGNING_CANISTER,
      seed: SEED,
      around: (tree) => [1, other, tree]
    });
    expect(verdictOn(signedBy(signer))).toBe('believed');
  });

  it.each([
    ['of another canister', { canisterId: fakeCanisterId(8), seed: SEED }],
    ['under another seed', { canisterId: SIGNING_CANISTER, seed: Uint8Array.of(1, 2) }]
  ])('is refused when it is one %s', (_name, other) => {
    const signed = signedBy(canister);
    const stranger = signContent(signed.content, createCanisterSigner(other));
    const forged = { ...signed, sender_sig: stranger.sender_sig ?? new Uint8Array(0) };
    expect(verdictOn(forged)).toMatch(/^Invalid signature: Invalid canister signature: /);
  });

  it.each<readonly [string, EnvelopeFields, RegExp]>([
    [
      'the leaf is not empty',
      signedBy(createCanisterSigner({ canisterId: SIGNING_CANISTER, seed: SEED, leaf: Uint8Array.of(0) })),
      /signature tree doesn't contain sig\//
    ],
    [
      'the tree holds another tree than certified',
      brokenBy(({ certificate }) => ({ certificate, tree: treeAt(['sig'], SEED) })),
      /certified data is not the root hash/
    ],
    [
      'the tree is malformed',
      brokenBy(({ certificate }) => ({ certificate, tree: [5] as never })),
      /malformed hash tree node/
    ],
    [
      'a pruned hash is too short',
      brokenBy(({ certificate, tree }) => ({ certificate, tree: [1, tree, [4, SEED]] })),
      /malformed hash tree node/
    ],
    [
      'the labels of the tree are out of order',
      signedBy(
        createCanisterSigner({
          canisterId: SIGNING_CANISTER,
          seed: SEED,
          around: (tree) => [1, tree, treeAt(['a'], SEED)]
        })
      ),
      /not in order/
    ],
    [
      'the certificate is none',
      brokenBy(({ tree }) => ({ tree, certificate: SEED })),
      /certificate verification failed: malformed certificate/
    ],
    [
      'the certificate is of another root key',
      certifiedBy((tree) => createTestCertificate(tree, createTestSubnetKey(8))),
      /signature of the certificate does not hold/
    ],
    [
      'the certificate lacks its signature',
      certifiedBy((tree) => encodeWithSelfDescribedTag({ tree } as never)),
      /`signature` is not a byte string/
    ],
    [
      'the certificate has a signature that is no point',
      certifiedBy((tree) => encodeWithSelfDescribedTag({ tree, signature: new Uint8Array(48) } as never)),
      /signature of the certificate does not hold/
    ],
    [
      'the certificate prunes the certified data',
      certifiedBy(() => createTestCertificate([4, new Uint8Array(32)])),
      /certified data is not the root hash/
    ]
  ])('is refused when %s', (_name, signed, reason) => {
    const verdict = verdictOn(signed);
    expect(verdict).toMatch(/^Invalid signature: Invalid canister signature: /);
    expect(verdict).toMatch(reason);
  });

  it('is refused without the self-describing tag', () => {
    const signed = signedBy(canister);
    expect(verdictOn({ ...signed, sender_sig: (signed.sender_sig ?? SEED).slice(3) })).toMatch(
      /doesn't have a self-describing tag$/
    );
  });

  it('signs the first link of a chain, and one in its middle', () => {
    const first = delegate(canister, session, { expiration });
    const content = contentOf(canister.sender);
    expect(verdictOn(signContent(content, session, { from: canister, delegations: [first] }))).toBe(
      'believed'
    );

    const root = createTestSigner('p256');
    const delegations = [delegate(root, canister, { expiration }), first];
    const chain = signContent(contentOf(root.sender), session, { from: root, delegations });
    expect(verdictOn(chain)).toBe('believed');
  });

  it('does not sign a link of other content', () => {
    const link = delegate(canister, session, { expiration });
    const delegations = [{ ...link, delegation: { ...link.delegation, expiration: expiration + 1n } }];
    const signed = signContent(contentOf(canister.sender), session, { from: canister, delegations });
    expect(verdictOn(signed)).toMatch(/^Invalid delegation: Invalid canister signature: /);
  });
});

describe('a certificate by a subnet', () => {
  const subnetKey = createTestSubnetKey(9);
  const subnetId = Principal.selfAuthenticating(subnetKey.publicKeyDer).toUint8Array();
  const range = (first: number, last: number): Uint8Array =>
    encodeWithSelfDescribedTag([[fakeCanisterId(first), fakeCanisterId(last)]] as never);

  type Subnet = { key: Uint8Array; type: Uint8Array | undefined; ranges: WireTree };
  const subnetTree = ({ key, type, ranges }: Subnet): WireTree => {
    const keyLeaf: WireTree = [2, utf8('public_key'), [3, key]];
    const level: WireTree = type === undefined ? keyLeaf : [1, keyLeaf, [2, utf8('type'), [3, type]]];
    return [1, ranges, [2, utf8('subnet'), [2, subnetId, level]]];
  };
  const sharded = (value: Uint8Array): WireTree =>
    treeAt(['canister_ranges', subnetId, fakeCanisterId(0)], value);
  const usual: Subnet = {
    key: subnetKey.publicKeyDer,
    type: utf8('application'),
    ranges: sharded(range(0, 9))
  };

  const verdictWith = (
    change: Partial<Subnet>,
    by: { readonly root?: typeof subnetKey; readonly signer?: typeof subnetKey } = {}
  ): string => {
    const certificate = createTestCertificate(subnetTree({ ...usual, ...change }), by.root);
    const delegation = { subnet_id: subnetId, certificate };
    return verdictOn(certifiedBy((tree) => createTestCertificate(tree, by.signer ?? subnetKey, delegation)));
  };

  it('is believed when the root gave the subnet this canister', () => {
    expect(verdictWith({})).toBe('believed');
  });

  it.each<readonly [string, () => string, RegExp]>([
    [
      'the root did not sign the delegation',
      () => verdictWith({}, { root: createTestSubnetKey(8) }),
      /does not hold/
    ],
    ['the subnet did not sign', () => verdictWith({}, { signer: testRootKey }), /does not hold/],
    [
      'the canister is in no range',
      () => verdictWith({ ranges: sharded(range(10, 20)) }),
      /not in the canister ranges/
    ],
    [
      'the ranges are pruned',
      () => verdictWith({ ranges: [4, new Uint8Array(32)] }),
      /not in the canister ranges/
    ],
    [
      'the ranges are no CBOR',
      () => verdictWith({ ranges: sharded(SEED) }),
      /malformed|not in the canister ranges/
    ],
    ['the type is missing', () => verdictWith({ type: undefined }), /may not certify signatures/],
    [
      'the type is cloud_engine',
      () => verdictWith({ type: utf8('cloud_engine') }),
      /may not certify signatures/
    ],
    ['the key is none', () => verdictWith({ key: SEED }), /not a BLS key/]
  ])('is refused when %s', (_name, verdict, reason) => {
    expect(verdict()).toMatch(reason);
  });

  it('is refused when its delegation is delegated', () => {
    const inner = { subnet_id: subnetId, certificate: createTestCertificate(subnetTree(usual)) };
    const certificate = createTestCertificate(subnetTree(usual), subnetKey, inner);
    const signed = certifiedBy((tree) => createTestCertificate(tree, subnetKey, { ...inner, certificate }));
    expect(verdictOn(signed)).toMatch(/may not contain another delegation/);
  });
});

describe('sender_info', () => {
  const info = utf8('{"name":"Ada"}');
  const infoBy = (signer: TestSigner, fields: Content = {}): Content => ({
    info,
    signer: SIGNING_CANISTER,
    sig: signer.sign(payloadOf('ic-sender-info', info)),
    ...fields
  });
  const request = (senderInfo: unknown, type: 'call' | 'query' = 'call'): string => {
    const content = contentOf(canister.sender, { request_type: type, sender_info: senderInfo });
    const delegations = [delegate(canister, session, { expiration })];
    return verdictOn(signContent(content, session, { from: canister, delegations }), type);
  };

  it.each(['call', 'query'] as const)(
    'of the canister that signs for the sender is believed in a %s',
    (type) => {
      expect(request(infoBy(canister), type)).toBe('believed');
    }
  );

  it.each<readonly [string, () => string]>([
    ['another info', () => request(infoBy(canister, { info: utf8('{"name":"Eve"}') }))],
    ['another signer', () => request(infoBy(canister, { signer: fakeCanisterId(8) }))],
    ['a signature of the session key', () => request(infoBy(session))],
    [
      'a signature in another domain',
      () => request(infoBy(canister, { sig: canister.sign(payloadOf('ic-request', info)) }))
    ],
    [
      'a key that is no canister',
      () =>
        verdictOn(
          signContent(
            contentOf(session.sender, { sender_info: infoBy(session, { signer: session.sender }) }),
            session
          )
        )
    ],
    [
      'the anonymous sender',
      () => verdictOn({ content: contentOf(ANONYMOUS, { sender_info: infoBy(canister) }) })
    ]
  ])('with %s is refused', (_name, verdict) => {
    expect(verdict()).toMatch(/^Invalid sender info: /);
  });

  it.each(['info', 'signer', 'sig'])('without %s is malformed', (field) => {
    const partial = Object.fromEntries(Object.entries(infoBy(canister)).filter(([name]) => name !== field));
    expect(request(partial)).toBe(`Could not parse body as sender_info: missing field \`${field}\``);
  });
});

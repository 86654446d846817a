/** Endpoints over a fake replica with one canister, requests to them, and readers of their answers. */
import { Certificate, type HashTree, lookup_path, lookupResultToBuffer } from '@dfinity/agent';
import { decode } from '@dfinity/cbor';
import { Principal } from '@dfinity/principal';
import { Endpoints } from '../../../src/local-ic/protocol/endpoints';
import { RequestError } from '../../../src/local-ic/protocol/request-error';
import { createNodeKey, createRootKey } from '../../../src/local-ic/protocol/subnet-keys';
import { fakeCanisterId, FakeReplica } from './fake-replica';
import { ANONYMOUS, type Content, encodeEnvelope, signContent } from './signed-envelope';
import { createTestSigner } from './test-signer';

export const rootKey = createRootKey();
export const nodeKey = createNodeKey();
export const CANISTER = fakeCanisterId(1);
export const MANAGEMENT = new Uint8Array(0);
export const SECOND_NS = 1_000_000_000n;
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const signer = createTestSigner('ed25519');
export const stranger = createTestSigner('ed25519');

export type Fixture = { readonly replica: FakeReplica; readonly endpoints: Endpoints };

export function createFixture(): Fixture {
  const replica = new FakeReplica();
  replica.nowNs = BigInt(Date.now()) * 1_000_000n;
  replica.setCanister({
    id: CANISTER,
    controllers: [signer.sender],
    moduleHash: new Uint8Array(32).fill(7),
    certifiedData: Uint8Array.of(1, 2, 3),
    metadata: new Map([
      ['candid:service', { isPublic: true, content: utf8('service : {}') }],
      ['secret', { isPublic: false, content: utf8('hidden') }]
    ])
  });
  return { replica, endpoints: new Endpoints(replica, { root: rootKey, node: nodeKey }) };
}

export const callContent = (replica: FakeReplica, fields: Content = {}): Content => ({
  request_type: 'call',
  canister_id: CANISTER,
  method_name: 'greet',
  arg: Uint8Array.of(1),
  sender: ANONYMOUS,
  ingress_expiry: replica.nowNs + 60n * SECOND_NS,
  ...fields
});

export const queryContent = (replica: FakeReplica, fields: Content = {}): Content =>
  callContent(replica, { request_type: 'query', ...fields });

export const readContent = (
  replica: FakeReplica,
  paths: readonly unknown[],
  fields: Content = {}
): Content => ({
  request_type: 'read_state',
  paths,
  sender: ANONYMOUS,
  ingress_expiry: replica.nowNs + 60n * SECOND_NS,
  ...fields
});

export const anonymously = (content: Content): Uint8Array => encodeEnvelope({ content });
export const signed = (content: Content, by = signer): Uint8Array =>
  encodeEnvelope(signContent({ ...content, sender: by.sender }, by));

export async function refusalOf(
  action: () => unknown
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { status: error.status, text: error.message };
  }
  throw new Error('expected a refusal');
}

export function bodyOf(answer: {
  readonly status: number;
  readonly body?: Uint8Array;
}): Record<string, unknown> {
  if (answer.status !== 200) throw new Error(`expected 200, got ${answer.status}`);
  return decode<Record<string, unknown>>(answer.body ?? new Uint8Array(0));
}

/** The tree of a certificate that @dfinity/agent believes. */
export async function verifiedTree(
  certificate: unknown,
  rootKeyDer = rootKey.publicKeyDer
): Promise<HashTree> {
  const verified = await Certificate.create({
    certificate: certificate as Uint8Array,
    rootKey: rootKeyDer,
    canisterId: Principal.fromUint8Array(CANISTER)
  });
  return verified.cert.tree;
}

export const textAt = (tree: HashTree, path: readonly (string | Uint8Array)[]): string | undefined => {
  const value = lookupResultToBuffer(lookup_path([...path], tree));
  return value && new TextDecoder().decode(value);
};

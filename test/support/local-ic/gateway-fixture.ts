/** The HTTP gateway on a port, in front of a fake replica with one canister that answers as the test says. */
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { Gateway } from '../../../src/local-ic/http/gateway/gateway';
import { type HeaderField } from '../../../src/local-ic/http/response-verification/http-message';
import { type RunningServer, startServer } from '../../../src/local-ic/http/server';
import { CertificateVerifier } from '../../../src/local-ic/protocol/certificate-verification';
import { Endpoints } from '../../../src/local-ic/protocol/endpoints';
import { createNodeKey, createRootKey } from '../../../src/local-ic/protocol/subnet-keys';
import { type Outcome, type QueryMessage } from '../../../src/local-ic/replica/replica-port';
import {
  certificateHeader,
  CERTIFYING_CANISTER,
  hashOfExpression,
  NOW_NS,
  treeOf
} from './certified-response';
import { FakeReplica } from './fake-replica';
import { type Reply, sendHttp, type SendOptions } from './http-client';
import { testRootKey } from './test-certificate';

export const canisterText = Principal.fromUint8Array(CERTIFYING_CANISTER).toText();
/** Host names under which answers are verified, and not. */
export const VERIFIED = `${canisterText}.localhost:4943`;
export const RAW = `${canisterText}.raw.localhost:4943`;

const Field = IDL.Tuple(IDL.Text, IDL.Text);
export const HttpRequestType = IDL.Record({
  method: IDL.Text,
  url: IDL.Text,
  headers: IDL.Vec(Field),
  body: IDL.Vec(IDL.Nat8),
  certificate_version: IDL.Opt(IDL.Nat16)
});
const responseTypeWith = (token: IDL.Type): IDL.RecordClass => {
  const callback = IDL.Func([token], [], ['query']);
  return IDL.Record({
    status_code: IDL.Nat16,
    headers: IDL.Vec(Field),
    body: IDL.Vec(IDL.Nat8),
    upgrade: IDL.Opt(IDL.Bool),
    streaming_strategy: IDL.Opt(IDL.Variant({ Callback: IDL.Record({ callback, token }) }))
  });
};

export type TestResponse = {
  readonly status_code: number;
  readonly headers: readonly HeaderField[];
  readonly body: Uint8Array;
  readonly upgrade?: readonly [] | readonly [boolean];
};

export const replied = (reply: Uint8Array): Outcome => ({ kind: 'replied', reply: Uint8Array.from(reply) });

/** Candid of an answer to `http_request`, its body continued by a callback when there is one. */
export function encodeResponse(
  response: TestResponse,
  stream?: { readonly token: IDL.Type; readonly value: unknown; readonly by?: Uint8Array }
): Uint8Array {
  const canister = Principal.fromUint8Array(stream?.by ?? CERTIFYING_CANISTER);
  const streaming_strategy =
    stream === undefined ? [] : [{ Callback: { callback: [canister, 'more'], token: stream.value } }];
  const record = { upgrade: [], ...response, streaming_strategy };
  return new Uint8Array(IDL.encode([responseTypeWith(stream?.token ?? IDL.Null)], [record]));
}

const NONE = 'default_certification(ValidationArgs{no_certification:Empty{}})';
const nonePath = ['http_expr', '<*>'];
/** Headers of an answer whose canister certified that nothing of it is certified. */
export const certifiedNothing: readonly HeaderField[] = [
  ['IC-CertificateExpression', NONE],
  certificateHeader(treeOf([[[...nonePath, hashOfExpression(NONE)], new Uint8Array(0)]]), {
    version: '2',
    expr_path: nonePath
  })
];

type SeenQuery = QueryMessage & { readonly request?: Record<string, unknown> };

export class GatewayFixture {
  readonly queries: SeenQuery[] = [];

  private constructor(
    readonly replica: FakeReplica,
    private readonly server: RunningServer,
    private readonly internalErrors: readonly unknown[]
  ) {}

  static async start(): Promise<GatewayFixture> {
    const replica = new FakeReplica();
    replica.nowNs = NOW_NS;
    replica.setCanister({ id: CERTIFYING_CANISTER, controllers: [], metadata: new Map() });
    const internalErrors: unknown[] = [];
    let requestCount = 0;
    const server = await startServer({
      endpoints: new Endpoints(replica, { root: createRootKey(), node: createNodeKey() }),
      gateway: new Gateway({
        replica,
        certificates: new CertificateVerifier(testRootKey.publicKeyDer),
        randomBytes: (length) => new Uint8Array(length).fill((requestCount += 1))
      }),
      onInternalError: (error) => internalErrors.push(error)
    });
    return new GatewayFixture(replica, server, internalErrors);
  }

  get port(): number {
    return this.server.port;
  }

  send(path: string, host = RAW, options: SendOptions & { readonly method?: string } = {}): Promise<Reply> {
    const headers = { host, ...options.headers };
    return sendHttp(this.port, options.method ?? 'GET', path, { ...options, headers });
  }

  /** The canister answers every query so. */
  answerWith(answer: (message: QueryMessage) => Outcome): void {
    this.replica.onQuery = (message) => {
      const [request] =
        message.methodName === 'http_request' ? IDL.decode([HttpRequestType], message.arg) : [];
      const seen = request === undefined ? {} : { request: request as Record<string, unknown> };
      this.queries.push({ ...message, ...seen });
      return Promise.resolve(answer(message));
    };
  }

  /** The canister answers with 200 and `hello`, but for what is given. */
  respond(response: Partial<TestResponse> = {}): void {
    const body = new TextEncoder().encode('hello');
    this.answerWith(() => replied(encodeResponse({ status_code: 200, headers: [], body, ...response })));
  }

  /** @throws when the gateway had a fault of its own. */
  async close(): Promise<void> {
    await this.server.close();
    expect(this.internalErrors).toEqual([]);
  }
}

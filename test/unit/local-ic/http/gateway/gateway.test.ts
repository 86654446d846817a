/** The HTTP gateway in front of a canister that answers as the test says. */
import { gzipSync } from 'node:zlib';
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { type HeaderField } from '../../../../../src/local-ic/http/response-verification/http-message';
import {
  certificateHeader,
  CERTIFYING_CANISTER,
  hashOfExpression,
  responseHashOf,
  treeOf
} from '../../../../support/local-ic/certified-response';
import { fakeCanisterId, type FakeReplica } from '../../../../support/local-ic/fake-replica';
import {
  canisterText,
  certifiedNothing,
  encodeResponse,
  GatewayFixture,
  HttpRequestType,
  RAW,
  replied,
  type TestResponse,
  VERIFIED
} from '../../../../support/local-ic/gateway-fixture';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const EMPTY = new Uint8Array(0);

let gateway: GatewayFixture;
let replica: FakeReplica;

beforeEach(async () => {
  gateway = await GatewayFixture.start();
  ({ replica } = gateway);
});

afterEach(() => gateway.close());

describe('the canister', () => {
  it.each<[string, string, Record<string, string>]>([
    ['the host name', '/page?x=1', { host: VERIFIED }],
    ['a prefixed host name', '/page?x=1', { host: `preview--${VERIFIED}` }],
    ['the raw host name', '/page?x=1', { host: RAW }],
    ['the query', `/page?x=1&canisterId=${canisterText}`, { host: 'localhost' }],
    ["the referring page's host", '/page?x=1', { host: 'localhost', referer: `http://${VERIFIED}/a` }],
    [
      "the referring page's query",
      '/page',
      { host: '127.0.0.1', referer: `http://localhost/?canisterId=${canisterText}` }
    ]
  ])('is found by %s', async (_name, path, headers) => {
    gateway.respond({ headers: certifiedNothing });
    const reply = await gateway.send(path, '', { headers });
    expect([reply.status, reply.body.toString()]).toEqual([200, 'hello']);
    expect(reply.headers['x-ic-canister-id']).toBe(canisterText);
    expect(gateway.queries).toMatchObject([
      { methodName: 'http_request', request: { method: 'GET', url: path } }
    ]);
  });

  it.each([
    ['no canister', '/', 'localhost', 400],
    ['no principal', '/?canisterId=nobody', 'localhost', 400],
    ['an unknown canister', '/?canisterId=aaaaa-aa', 'localhost', 404],
    [
      'an unknown canister in the host',
      '/',
      `${Principal.fromUint8Array(fakeCanisterId(9)).toText()}.localhost`,
      404
    ]
  ])('is not found: %s', async (_name, path, host, status) => {
    expect((await gateway.send(path, host)).status).toBe(status);
  });
});

describe('the request', () => {
  it('reaches the canister as it was sent', async () => {
    gateway.respond();
    const body = utf8('payload');
    const headers = { 'X-Key': ['a', 'b'], 'Accept-Encoding': 'gzip, br', 'X-Request-Id': '1' };
    await gateway.send('/a/../b%20c?x=1&y', RAW, { method: 'PATCH', body, headers });
    const [query] = gateway.queries;
    expect(query?.request).toMatchObject({
      method: 'PATCH',
      url: '/a/../b%20c?x=1&y',
      body,
      certificate_version: [2]
    });
    const sent = query?.request?.['headers'] as readonly HeaderField[];
    expect(
      sent.filter(([name]) => ['host', 'x-key', 'accept-encoding', 'x-request-id'].includes(name))
    ).toEqual([
      ['host', RAW],
      ['x-key', 'a'],
      ['x-key', 'b'],
      ['accept-encoding', 'gzip, br, identity']
    ]);
  });

  it('is refused with a header that is not ASCII', async () => {
    gateway.respond();
    expect((await gateway.send('/', RAW, { headers: { 'x-key': 'ü' } })).status).toBe(400);
    expect(gateway.queries).toEqual([]);
  });

  it('is refused above 5 MiB', async () => {
    gateway.respond();
    expect(
      (await gateway.send('/', RAW, { method: 'POST', body: new Uint8Array(5 * 1024 * 1024 + 1) })).status
    ).toBe(413);
  });
});

describe('an upgrade to an update', () => {
  const wantUpgrade = (): void => gateway.respond({ upgrade: [true], status_code: 500 });

  it('gives the answer of http_request_update, which is not verified', async () => {
    wantUpgrade();
    const reply = encodeResponse({ status_code: 201, headers: [], body: utf8('done'), upgrade: [true] });
    replica.settleWith = { status: 'replied', reply };
    const answer = await gateway.send('/', VERIFIED, { method: 'POST', body: utf8('x') });
    expect([answer.status, answer.body.toString()]).toEqual([201, 'done']);
    expect(replica.submitted).toMatchObject([
      { methodName: 'http_request_update', canisterId: CERTIFYING_CANISTER }
    ]);
    const [update] = IDL.decode([HttpRequestType], replica.submitted[0]?.arg ?? EMPTY);
    expect(update).toMatchObject({ method: 'POST', body: utf8('x'), certificate_version: [] });
  });

  it('says why there is none', async () => {
    wantUpgrade();
    replica.refusal = { rejectCode: 4, rejectMessage: 'not you', errorCode: 'IC0406' };
    expect((await gateway.send('/')).body.toString()).toBe('IC0406: not you');
    replica.refusal = undefined;
    replica.settleWith = { status: 'rejected', rejectCode: 5, rejectMessage: 'trapped', errorCode: 'IC0503' };
    expect(await gateway.send('/')).toMatchObject({ status: 503, body: Buffer.from('IC0503: trapped') });
    replica.settleWith = undefined;
    expect((await gateway.send('/')).status).toBe(503);
  });
});

it.each([
  [3, 404],
  [5, 503],
  [4, 503],
  [2, 503]
])('answers a rejection with code %i with %i', async (rejectCode, status) => {
  gateway.answerWith(() => ({ kind: 'rejected', rejectCode, rejectMessage: 'no', errorCode: 'IC0503' }));
  expect(await gateway.send('/')).toMatchObject({ status, body: Buffer.from('IC0503: no') });
});

it.each<[string, Uint8Array]>([
  ['no Candid', utf8('no Candid')],
  ['other Candid', new Uint8Array(IDL.encode([IDL.Text], ['hello']))],
  ['a status below 200', encodeResponse({ status_code: 99, headers: [], body: EMPTY })],
  ['a status above 599', encodeResponse({ status_code: 600, headers: [], body: EMPTY })],
  ['a header that is none', encodeResponse({ status_code: 200, headers: [['a b', 'c']], body: EMPTY })],
  ['a header without a name', encodeResponse({ status_code: 200, headers: [['', 'c']], body: EMPTY })],
  [
    'a header with a line break',
    encodeResponse({ status_code: 200, headers: [['a', 'b\r\nSet-Cookie: c']], body: EMPTY })
  ],
  ['a header beyond Latin-1', encodeResponse({ status_code: 200, headers: [['a', '€']], body: EMPTY })]
])('answers 502 when the canister answers with %s', async (_name, reply) => {
  gateway.answerWith(() => replied(reply));
  expect((await gateway.send('/')).status).toBe(502);
});

describe('the answer', () => {
  it('has the headers of the canister, but for those of the connection', async () => {
    gateway.respond({
      status_code: 418,
      headers: [
        ['X-Tea', 'green'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['Content-Length', '999'],
        ['Transfer-Encoding', 'chunked'],
        ['Connection', 'upgrade'],
        ['Keep-Alive', 'timeout=1']
      ]
    });
    const { status, headers, body } = await gateway.send('/');
    expect([status, body.toString()]).toEqual([418, 'hello']);
    expect(headers).toMatchObject({ 'x-tea': 'green', 'set-cookie': ['a=1', 'b=2'], 'content-length': '5' });
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(headers['connection']).not.toBe('upgrade');
  });

  it('may be read by any origin, unless the canister says otherwise', async () => {
    gateway.respond();
    expect((await gateway.send('/')).headers['access-control-allow-origin']).toBe('*');
    gateway.respond({ headers: [['Access-Control-Allow-Origin', 'http://a.example']] });
    expect((await gateway.send('/')).headers['access-control-allow-origin']).toBe('http://a.example');
  });

  it("to a preflight request is the canister's, or the gateway's when the canister gives none", async () => {
    const preflight = () => gateway.send('/', RAW, { method: 'OPTIONS' });
    const own: readonly HeaderField[] = [['Access-Control-Allow-Methods', 'PUT']];
    gateway.respond({ status_code: 204, headers: own, body: EMPTY });
    const answered = await preflight();
    expect([answered.status, answered.headers['access-control-allow-methods']]).toEqual([204, 'PUT']);
    expect(answered.headers['access-control-allow-origin']).toBe('*');
    for (const change of [{ headers: [] }, { status_code: 404 }, { body: utf8('x') }]) {
      gateway.respond({ status_code: 204, headers: own, body: EMPTY, ...change });
      const { status, headers } = await preflight();
      expect([status, headers['access-control-allow-origin']]).toEqual([200, '*']);
      expect(headers['access-control-allow-methods']).toContain('DELETE');
    }
    expect((await gateway.send('/', 'localhost', { method: 'OPTIONS' })).status).toBe(200);
  });

  it.each([204, 304])('with status %i has no body', async (status_code) => {
    gateway.respond({ status_code });
    const reply = await gateway.send('/');
    expect([reply.status, reply.body.length]).toEqual([status_code, 0]);
  });

  it('to HEAD has the length of the body and not the body', async () => {
    gateway.respond();
    const reply = await gateway.send('/', RAW, { method: 'HEAD' });
    expect([reply.headers['content-length'], reply.body.length]).toEqual(['5', 0]);
    gateway.respond({ body: EMPTY });
    expect((await gateway.send('/', RAW, { method: 'HEAD' })).headers).not.toHaveProperty('content-length');
  });
});

describe('verification', () => {
  const expression =
    'default_certification(ValidationArgs{certification:Certification{no_request_certification:Empty{},response_certification:ResponseCertification{certified_response_headers:ResponseHeaderList{headers:["x-tea"]}}}})';
  const path = ['http_expr', 'page', '<$>'];

  function certified(response: TestResponse): TestResponse {
    const headers: readonly HeaderField[] = [
      ['x-tea', 'green'],
      ['ic-certificateexpression', expression]
    ];
    const hash = responseHashOf({ ...response, statusCode: response.status_code }, headers);
    const tree = treeOf([[[...path, hashOfExpression(expression), '', hash], EMPTY]]);
    return {
      ...response,
      headers: [
        ['X-Tea', 'green'],
        ['X-Other', 'uncertified'],
        ['IC-CertificateExpression', expression],
        certificateHeader(tree, { version: '2', expr_path: path })
      ]
    };
  }
  const page = certified({ status_code: 200, headers: [], body: utf8('hello') });
  const certifiedBody = (body: Uint8Array, headers: readonly HeaderField[] = []): readonly HeaderField[] => [
    ...headers,
    certificateHeader(treeOf([[['http_assets', '/page'], hashOfExpression(Buffer.from(body).toString())]]))
  ];

  it('passes on what was certified, and nothing else', async () => {
    gateway.respond(page);
    const { status, headers, body } = await gateway.send('/page', VERIFIED);
    expect([status, body.toString(), headers['x-tea']]).toEqual([200, 'hello', 'green']);
    expect(headers).not.toHaveProperty('x-other');
    expect(headers).toHaveProperty('ic-certificate');
  });

  it.each<[string, Partial<TestResponse>, string]>([
    ['no certificate', { headers: [] }, '/page'],
    ['another body', { body: utf8('hullo') }, '/page'],
    ['another status', { status_code: 404 }, '/page'],
    ['another path', {}, '/other']
  ])('refuses %s with 503 and the way out, which is the raw domain', async (_name, change, url) => {
    gateway.respond({ ...page, ...change });
    const refused = await gateway.send(url, VERIFIED);
    expect(refused.status).toBe(503);
    expect(refused.body.toString()).toMatch(/^Response Verification Error: .*raw\.localhost/);
    const raw = await gateway.send(url);
    expect([raw.status, raw.body.toString()]).toEqual([
      change.status_code ?? 200,
      Buffer.from(change.body ?? page.body).toString()
    ]);
  });

  it('refuses a certificate when the time has passed', async () => {
    gateway.respond(page);
    replica.nowNs += 301_000_000_000n;
    expect((await gateway.send('/page', VERIFIED)).status).toBe(503);
  });

  it('of version 1 keeps what it does not certify from doing harm', async () => {
    const headers = certifiedBody(utf8('hello'), [
      ['Cache-Control', 'max-age=9'],
      ['Content-Type', 'text/html']
    ]);
    gateway.respond({ headers });
    const reply = await gateway.send('/page', VERIFIED);
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'text/html']);
    expect(reply.headers).not.toHaveProperty('cache-control');
    gateway.respond({ headers, status_code: 302 });
    expect((await gateway.send('/page', VERIFIED)).status).toBe(500);
  });

  it('of version 1 takes a compressed body', async () => {
    const headers = certifiedBody(utf8('hello'), [['Content-Encoding', 'gzip']]);
    gateway.respond({ headers, body: Uint8Array.from(gzipSync('hello')) });
    const reply = await gateway.send('/page', VERIFIED);
    expect([reply.status, reply.headers['content-encoding']]).toEqual([200, 'gzip']);
  });
});

/** Response verification beside DFINITY's own verifier: what it takes is taken, what it refuses refused. */
import { deflateRawSync, gzipSync } from 'node:zlib';
import { ResponseVerificationError, verifyRequestResponsePair } from '@dfinity/response-verification';
import fc from 'fast-check';
import {
  type CanisterHttpRequest,
  type CanisterHttpResponse,
  type HeaderField
} from '../../../../../src/local-ic/http/response-verification/http-message';
import { VerificationError } from '../../../../../src/local-ic/http/response-verification/verification-error';
import {
  type VerifiedResponse,
  verifyResponse
} from '../../../../../src/local-ic/http/response-verification/verify-response';
import { CertificateVerifier } from '../../../../../src/local-ic/protocol/certificate-verification';
import {
  type CertificateChange,
  certificateHeader,
  CERTIFYING_CANISTER,
  hashOfExpression,
  NOW_NS,
  requestHashOf,
  responseHashOf,
  treeOf
} from '../../../../support/local-ic/certified-response';
import { fakeCanisterId } from '../../../../support/local-ic/fake-replica';
import {
  createTestSubnetKey,
  testRootKey,
  type WireTree
} from '../../../../support/local-ic/test-certificate';

const MINUTE_NS = 60_000_000_000n;
const EMPTY = new Uint8Array(0);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha256 = hashOfExpression;
const certificates = new CertificateVerifier(testRootKey.publicKeyDer);

type Exchange = { readonly request: CanisterHttpRequest; readonly response: CanisterHttpResponse };

function ourVerdict({ request, response }: Exchange): VerifiedResponse | 'refused' {
  try {
    const context = { canisterId: CERTIFYING_CANISTER, certificates, timeNs: NOW_NS };
    return verifyResponse({ request, response }, context);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return 'refused';
  }
}

function dfinityAccepts({ request, response }: Exchange): boolean {
  const asPairs = (headers: readonly HeaderField[]) =>
    headers.map(([name, value]): [string, string] => [name, value]);
  try {
    verifyRequestResponsePair(
      { ...request, headers: asPairs(request.headers), certificate_version: [2] },
      { status_code: response.statusCode, body: response.body, headers: asPairs(response.headers) },
      CERTIFYING_CANISTER,
      NOW_NS,
      5n * MINUTE_NS,
      testRootKey.publicKeyDer,
      1
    );
    return true;
  } catch (error) {
    if (!(error instanceof ResponseVerificationError)) throw error;
    return false;
  }
}

function expectBoth(exchange: Exchange, verdict: 'accepted' | 'refused'): void {
  const ours = ourVerdict(exchange) === 'refused' ? 'refused' : 'accepted';
  expect({ ours, dfinity: dfinityAccepts(exchange) ? 'accepted' : 'refused' }).toEqual({
    ours: verdict,
    dfinity: verdict
  });
}

const request: CanisterHttpRequest = {
  method: 'GET',
  url: '/app/page?lang=en&page=2&lang=de',
  headers: [
    ['Host', 'localhost'],
    ['X-Key', 'a'],
    ['x-key', 'b']
  ],
  body: EMPTY
};

const plainResponse: CanisterHttpResponse = {
  statusCode: 200,
  headers: [
    ['Content-Type', 'text/html'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
    ['X-Uncertified', 'anything']
  ],
  body: utf8('<h1>Hello</h1>')
};

describe('version 1', () => {
  const certifiedAt = (
    path: string,
    body: Uint8Array,
    headers: readonly HeaderField[] = [],
    change: CertificateChange = {}
  ): CanisterHttpResponse => {
    const tree = treeOf([[['http_assets', path], sha256(Buffer.from(body).toString('latin1'))]]);
    return { ...plainResponse, body, headers: [...headers, certificateHeader(tree, {}, change)] };
  };
  const body = utf8('plain ascii');
  const get = (url: string): CanisterHttpRequest => ({ ...request, url });

  it('takes a body certified under its path, whatever the query', () => {
    const response = certifiedAt('/a b/ü', body);
    expectBoth({ request: get('/a%20b/%C3%BC?x=1'), response }, 'accepted');
    expect(ourVerdict({ request: get('/a%20b/%C3%BC'), response })).toEqual({ version: 1 });
    expectBoth({ request: get('/other'), response }, 'refused');
    expectBoth({ request: get('/a%20b/%FF'), response }, 'refused');
  });

  it('takes the index page for a path that is not there', () => {
    expectBoth({ request: get('/app/route'), response: certifiedAt('/index.html', body) }, 'accepted');
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateRawSync]
  ] as const)('takes a body compressed with %s', (encoding, compress) => {
    const response = { ...certifiedAt('/x', body, [['Content-Encoding', encoding]]), body: compress(body) };
    expectBoth(
      { request: get('/x'), response: { ...response, body: Uint8Array.from(response.body) } },
      'accepted'
    );
    expectBoth({ request: get('/x'), response: { ...response, body } }, 'refused');
  });

  it.each<[string, (response: CanisterHttpResponse) => CanisterHttpResponse]>([
    ['another body', (response) => ({ ...response, body: utf8('plain ascij') })],
    ['no certificate', (response) => ({ ...response, headers: [] })]
  ])('refuses %s', (_name, change) => {
    expectBoth({ request: get('/x'), response: change(certifiedAt('/x', body)) }, 'refused');
  });

  it.each<[string, CertificateChange, 'accepted' | 'refused']>([
    ['five minutes old', { timeNs: NOW_NS - 5n * MINUTE_NS }, 'accepted'],
    ['older than five minutes', { timeNs: NOW_NS - 5n * MINUTE_NS - 1n }, 'refused'],
    ['more than five minutes ahead', { timeNs: NOW_NS + 5n * MINUTE_NS + 1n }, 'refused'],
    ['of another network', { key: createTestSubnetKey(9) }, 'refused'],
    ['of another canister', { canisterId: fakeCanisterId(5) }, 'refused'],
    ['of another tree', { certified: treeOf([[['http_assets'], EMPTY]]) }, 'refused']
  ])('with a certificate %s: %o', (_name, change, verdict) => {
    expectBoth({ request: get('/x'), response: certifiedAt('/x', body, [], change) }, verdict);
  });
});

const EXPRESSION_NONE = 'default_certification(ValidationArgs{no_certification:Empty{}})';
const expressionOf = (requestPart: string, responsePart: string): string =>
  `default_certification(ValidationArgs{certification:Certification{${requestPart},response_certification:ResponseCertification{${responsePart}}}})`;
const NO_REQUEST = 'no_request_certification:Empty{}';
const ONLY_TYPE = 'certified_response_headers:ResponseHeaderList{headers:["content-type"]}';
const ALL_BUT = 'response_header_exclusions:ResponseHeaderList{headers:["x-uncertified"]}';
const FULL_REQUEST =
  'request_certification:RequestCertification{certified_request_headers:["X-Key"],certified_query_parameters:["lang"]}';
const EXACT_PATH = ['http_expr', 'app', 'page', '<$>'];

type Scenario = {
  readonly expression: string;
  readonly certifiedHeaders: readonly HeaderField[];
  readonly requestHash: Uint8Array | undefined;
  readonly path?: readonly string[];
  readonly version?: string;
  readonly leaf?: Uint8Array;
  readonly around?: (tree: WireTree) => WireTree;
};

/** A version 2 response; `requestHash` undefined means that nothing of it is certified. */
function respond({
  expression,
  certifiedHeaders,
  requestHash,
  path = EXACT_PATH,
  ...rest
}: Scenario): CanisterHttpResponse {
  const headers: readonly HeaderField[] = [['ic-certificateexpression', expression], ...certifiedHeaders];
  const hashes = requestHash === undefined ? [] : [requestHash, responseHashOf(plainResponse, headers)];
  const tree = treeOf([[[...path, sha256(expression), ...hashes], rest.leaf ?? EMPTY]]);
  const fields = { version: rest.version ?? '2', expr_path: path };
  return {
    ...plainResponse,
    headers: [
      ...plainResponse.headers,
      ['IC-CertificateExpression', expression],
      certificateHeader(tree, fields)
    ]
  };
}

const certifiedType: readonly HeaderField[] = [['content-type', 'text/html']];
const certifiedAll: readonly HeaderField[] = [...certifiedType, ['set-cookie', 'a=1'], ['set-cookie', 'b=2']];
const fullRequestHash = requestHashOf(
  request,
  [
    ['x-key', 'a'],
    ['x-key', 'b']
  ],
  'lang=en&lang=de'
);
const full: Scenario = {
  expression: expressionOf(FULL_REQUEST, ALL_BUT),
  certifiedHeaders: certifiedAll,
  requestHash: fullRequestHash
};

describe('version 2', () => {
  it('gives no headers where the canister certified that nothing is', () => {
    const response = respond({ expression: EXPRESSION_NONE, certifiedHeaders: [], requestHash: undefined });
    expectBoth({ request, response }, 'accepted');
    expect(ourVerdict({ request, response })).toEqual({ version: 2 });
    expectBoth({ request, response: { ...response, body: utf8('anything') } }, 'accepted');
  });

  it('gives the headers that were certified', () => {
    const expression = expressionOf(NO_REQUEST, ONLY_TYPE);
    const response = respond({ expression, certifiedHeaders: certifiedType, requestHash: EMPTY });
    expectBoth({ request, response }, 'accepted');
    const names = ['content-type', 'ic-certificateexpression', 'ic-certificate'];
    expect(ourVerdict({ request, response })).toEqual({
      version: 2,
      headers: names.map((name) => [name, expect.any(String) as string])
    });
    expectBoth({ request: { ...request, method: 'PUT' }, response }, 'accepted');
  });

  it('gives all headers but those excluded', () => {
    const response = respond(full);
    expectBoth({ request, response }, 'accepted');
    const verdict = ourVerdict({ request, response });
    if (verdict === 'refused' || verdict.version === 1) throw new Error('expected version 2');
    expect(verdict.headers?.filter(([name]) => !name.startsWith('ic-'))).toEqual(certifiedAll);
  });

  it('takes white space in the expression', () => {
    const expression = EXPRESSION_NONE.replaceAll(/[({:]/g, '$& \n');
    expectBoth(
      { request, response: respond({ expression, certifiedHeaders: [], requestHash: undefined }) },
      'accepted'
    );
  });

  const replaceHeader = (name: string, value: string) => (response: CanisterHttpResponse) => ({
    ...response,
    headers: response.headers.map((field): HeaderField => (field[0] === name ? [name, value] : field))
  });
  const dropHeader = (name: string) => (response: CanisterHttpResponse) => ({
    ...response,
    headers: response.headers.filter((field) => field[0] !== name)
  });

  it.each<[string, (response: CanisterHttpResponse) => CanisterHttpResponse]>([
    ['another status', (response) => ({ ...response, statusCode: 201 })],
    ['another body', (response) => ({ ...response, body: utf8('other') })],
    ['a certified header changed', replaceHeader('Content-Type', 'text/plain')],
    ['a certified header left out', dropHeader('Content-Type')],
    [
      'one of two cookies left out',
      (response) => ({ ...response, headers: response.headers.filter((field) => field[1] !== 'a=1') })
    ],
    ['a header more', (response) => ({ ...response, headers: [...response.headers, ['X-More', '1']] })],
    ['another expression', replaceHeader('IC-CertificateExpression', EXPRESSION_NONE)],
    ['no expression', dropHeader('IC-CertificateExpression')],
    ['no certificate', dropHeader('IC-Certificate')]
  ])('refuses a response with %s', (_name, change) => {
    expectBoth({ request, response: change(respond(full)) }, 'refused');
  });

  it('takes a response with an uncertified header changed', () => {
    expectBoth({ request, response: replaceHeader('X-Uncertified', 'other')(respond(full)) }, 'accepted');
  });

  it.each<[string, Partial<CanisterHttpRequest>, 'accepted' | 'refused']>([
    ['another method', { method: 'POST' }, 'refused'],
    ['another body', { body: utf8('x') }, 'refused'],
    ['another path', { url: '/app/other?lang=en&lang=de' }, 'refused'],
    ['a directory instead of a file', { url: '/app/page/?lang=en&lang=de' }, 'refused'],
    ['another certified parameter', { url: '/app/page?lang=fr&lang=de' }, 'refused'],
    ['certified parameters in another order', { url: '/app/page?lang=de&lang=en' }, 'refused'],
    ['no query', { url: '/app/page' }, 'refused'],
    ['another uncertified parameter', { url: '/app/page?lang=en&page=3&lang=de' }, 'accepted'],
    ['another certified header', { headers: [['X-Key', 'a']] }, 'refused'],
    [
      'another uncertified header',
      {
        headers: [
          ['x-key', 'b'],
          ['X-KEY', 'a']
        ]
      },
      'accepted'
    ],
    ['an escaped path', { url: '/%61pp/page?lang=en&lang=de' }, 'accepted']
  ])('with a request of %s: %o', (_name, change, verdict) => {
    expectBoth({ request: { ...request, ...change }, response: respond(full) }, verdict);
  });

  it.each<[string, Partial<Scenario>]>([
    ['the leaf not empty', { leaf: Uint8Array.of(1) }],
    ['the hash of another request', { requestHash: new Uint8Array(32) }],
    ['no request hash where one was certified', { requestHash: EMPTY }],
    ['version 3', { version: '3' }],
    ['version 0', { version: '0' }],
    ['a version that is no number', { version: 'two' }],
    ['a path with another prefix', { path: ['http_assets', 'app', 'page', '<$>'] }],
    ['a path without an end', { path: ['http_expr', 'app', 'page'] }],
    ['the exact path of another request', { path: ['http_expr', 'app', '<$>'] }],
    ['a wildcard of another path', { path: ['http_expr', 'b', '<*>'] }]
  ])('refuses %s', (_name, change) => {
    expectBoth({ request, response: respond({ ...full, ...change }) }, 'refused');
  });

  it.each([
    'default_certification(ValidationArgs{})',
    'default_certification(ValidationArgs{no_certification:Empty{},certification:Certification{}})',
    'default_certification()',
    'other_certification(ValidationArgs{no_certification:Empty{}})',
    'default_certification(Args{no_certification:Empty{}})',
    'default_certification(ValidationArgs{no_certification:Empty{}}',
    'default_certification(ValidationArgs{no_certification:Empty{},})',
    '"text"',
    '',
    expressionOf(`${NO_REQUEST},${FULL_REQUEST}`, ONLY_TYPE),
    expressionOf('other:Empty{}', ONLY_TYPE),
    expressionOf(NO_REQUEST, ''),
    expressionOf(NO_REQUEST, `${ONLY_TYPE},${ALL_BUT}`),
    expressionOf(NO_REQUEST, 'certified_response_headers:["content-type"]'),
    expressionOf(NO_REQUEST, 'certified_response_headers:ResponseHeaderList{headers:[Empty{}]}'),
    expressionOf(NO_REQUEST, 'certified_response_headers:ResponseHeaderList{headers:["a b"]}'),
    expressionOf('request_certification:RequestCertification{certified_request_headers:[]}', ONLY_TYPE)
  ])('refuses the expression %s', (expression) => {
    expectBoth({ request, response: respond({ ...full, expression }) }, 'refused');
  });

  it('refuses an expression nested without end', () => {
    const expression = '['.repeat(100_000);
    expect(ourVerdict({ request, response: respond({ ...full, expression }) })).toBe('refused');
  });

  it.each([
    ['no certificate', 'tree=:2dn3gwA=:'],
    ['no tree', 'certificate=:2dn3oA==:'],
    ['no base64', 'certificate=:###:, tree=:###:'],
    ['no CBOR', 'certificate=:////:, tree=:////:'],
    ['nothing', '']
  ])('refuses a certificate header with %s', (_name, value) => {
    expectBoth({ request, response: replaceHeader('IC-Certificate', value)(respond(full)) }, 'refused');
  });
});

it('finds the most specific path that DFINITY does, in any tree', () => {
  const segment = fc.constantFrom('a', 'b', '');
  const pathEnd = fc.constantFrom('<$>', '<*>');
  const treePath = fc
    .tuple(fc.array(segment, { maxLength: 3 }), pathEnd)
    .map(([segments, end]) => ['http_expr', ...segments, end]);
  const url = fc
    .tuple(fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }), fc.constantFrom('', '/'))
    .map(([segments, end]) => `/${segments.join('/')}${end}`);
  const hash = sha256(EXPRESSION_NONE);
  let acceptedCount = 0;
  fc.assert(
    fc.property(fc.array(treePath, { minLength: 1, maxLength: 4 }), url, (paths, requestUrl) => {
      const tree = treeOf(paths.map((path) => [[...path, hash], EMPTY]));
      for (const path of paths) {
        const certificate = certificateHeader(tree, { version: '2', expr_path: path });
        const response = {
          ...plainResponse,
          headers: [certificate, ['IC-CertificateExpression', EXPRESSION_NONE]] as const
        };
        const exchange = { request: { ...request, url: requestUrl }, response };
        const isAccepted = ourVerdict(exchange) !== 'refused';
        expect(isAccepted).toBe(dfinityAccepts(exchange));
        if (isAccepted) acceptedCount += 1;
      }
    }),
    { numRuns: 60, seed: 1 }
  );
  expect(acceptedCount).toBeGreaterThan(10);
});

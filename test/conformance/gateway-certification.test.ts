import { createHash } from 'node:crypto';
import { Cbor, hashOfMap, type HashTree, reconstruct } from '@icp-sdk/core/agent';
import { replyOf } from './client';
import { ask, GATEWAY_METHODS, type Page, pageOf } from './gateway-client';
import { type Probe } from './network';
import { FREE_SLOT } from './probe/probe-module';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();
const SECTION = 'HTTP gateway protocol, Response verification';

const NO_CERTIFICATION = 'default_certification(ValidationArgs{no_certification:Empty{}})';
const CERTIFIED =
  'default_certification(ValidationArgs{certification:Certification{no_request_certification:Empty{},' +
  'response_certification:ResponseCertification{certified_response_headers:' +
  'ResponseHeaderList{headers:["content-type"]}}}})';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha256 = (...parts: Uint8Array[]): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(Buffer.concat(parts)).digest());
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const PAGE: Page = { status_code: 200, headers: [['content-type', 'text/plain']], body: utf8('a page') };

/** Hash of a response by the certification of its `content-type`. */
function responseHash({ status_code, headers, body }: Page, expression: string): Uint8Array {
  const certified = {
    ...Object.fromEntries(headers.filter(([name]) => name === 'content-type')),
    'ic-certificateexpression': expression,
    ':ic-cert-status': status_code
  };
  return sha256(Uint8Array.from(hashOfMap(certified)), sha256(body));
}

const labeled = (label: Uint8Array, tree: unknown): unknown => [2, label, tree];

/** A tree that certifies every path of the canister by `expression` and this response. */
function expressionTree(expression: string, page: Page): unknown {
  const response = expression === NO_CERTIFICATION ? new Uint8Array(0) : responseHash(page, expression);
  const leaf = labeled(new Uint8Array(0), labeled(response, [3, new Uint8Array(0)]));
  return labeled(utf8('http_expr'), labeled(utf8('<*>'), labeled(sha256(utf8(expression)), leaf)));
}

/** A canister that certifies `certified` and serves `served` with that certificate. */
async function serving(expression: string, served: Page, certified = served): Promise<Probe> {
  const tree = expressionTree(expression, certified) as HashTree;
  const root = await reconstruct(tree);
  const probe = await network.probe(program().blob(root).give('certified_data_set'), {
    module: { methods: GATEWAY_METHODS }
  });
  const certificate = replyOf(await probe.query(program().read('data_certificate').reply()));
  const proof = [
    `certificate=:${base64(certificate)}:`,
    `tree=:${base64(Cbor.encode(tree))}:`,
    `expr_path=:${base64(Cbor.encode(['http_expr', '<*>']))}:`,
    'version=2'
  ];
  const headers = [
    ...served.headers,
    ['IC-Certificate', proof.join(', ')],
    ['IC-CertificateExpression', expression]
  ] as const;
  const answer = program()
    .blob(pageOf({ ...served, headers }))
    .reply();
  await probe.update(program().keep(FREE_SLOT, answer).replyText(''));
  return probe;
}

const hostOf = (probe: Probe): string => `${probe.principal.toText()}.localhost`;

row(76, SECTION, 'a certified response is served, by name and by ?canisterId=', async () => {
  const probe = await serving(CERTIFIED, PAGE);

  expect(await ask(network, hostOf(probe), '/')).toMatchObject({ status: 200, body: 'a page' });
  expect(await ask(network, hostOf(probe), '/some/path?a=b')).toMatchObject({ status: 200, body: 'a page' });
  expect(await ask(network, 'localhost', `/?canisterId=${probe.principal.toText()}`)).toMatchObject({
    status: 200
  });
});

row(76, SECTION, 'a response certified to need none is served', async () => {
  const probe = await serving(NO_CERTIFICATION, PAGE);

  expect(await ask(network, hostOf(probe), '/')).toMatchObject({ status: 200, body: 'a page' });
});

row(76, SECTION, 'body, status or header other than certified is withheld', async () => {
  const changes: Partial<Page>[] = [
    { body: utf8('another page') },
    { status_code: 201 },
    { headers: [['content-type', 'text/html']] }
  ];
  for (const change of changes) {
    const probe = await serving(CERTIFIED, { ...PAGE, ...change }, PAGE);
    const { status, body } = await ask(network, hostOf(probe), '/');
    expect(status).toBeGreaterThanOrEqual(500);
    expect(body).not.toContain('another page');
  }
});

row(76, SECTION, 'a response without certificate is withheld, except under the raw name', async () => {
  const probe = await network.probe(program().keep(FREE_SLOT, program().blob(pageOf(PAGE)).reply()), {
    module: { methods: GATEWAY_METHODS }
  });

  expect((await ask(network, hostOf(probe), '/')).status).toBeGreaterThanOrEqual(500);
  expect((await ask(network, `${probe.principal.toText()}.raw.localhost`, '/')).body).toBe('a page');
});

row(76, SECTION, "another canister's certificate is refused", async () => {
  const honest = await serving(NO_CERTIFICATION, PAGE);
  const stolen = replyOf(await network.client.query(honest.id, 'http_request', new Uint8Array(0)));
  const thief = await network.probe(program().keep(FREE_SLOT, program().blob(stolen).reply()), {
    module: { methods: GATEWAY_METHODS }
  });

  expect((await ask(network, hostOf(thief), '/')).status).toBeGreaterThanOrEqual(500);
});

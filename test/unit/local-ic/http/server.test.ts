import { request as requestHttp } from 'node:http';
import { IDL } from '@dfinity/candid';
import { decode } from '@dfinity/cbor';
import { Principal } from '@dfinity/principal';
import { Gateway } from '../../../../src/local-ic/http/gateway';
import { type RunningServer, startServer } from '../../../../src/local-ic/http/server';
import {
  anonymously,
  callContent,
  CANISTER,
  createFixture,
  type Fixture,
  queryContent,
  readContent,
  rootKey,
  utf8
} from '../../../support/local-ic/endpoints-fixture';

type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

const canisterText = Principal.fromUint8Array(CANISTER).toText();
const subnetText = Principal.selfAuthenticating(rootKey.publicKeyDer).toText();

let fixture: Fixture;
let server: RunningServer;
let internalErrors: unknown[];

beforeEach(async () => {
  fixture = createFixture();
  internalErrors = [];
  server = await startServer({
    endpoints: fixture.endpoints,
    gateway: new Gateway(fixture.replica, (length) => new Uint8Array(length).fill(1)),
    onInternalError: (error) => internalErrors.push(error)
  });
});

afterEach(() => server.close());

/** Node's client, as fetch does not let a test choose the Host header. */
function send(
  method: string,
  path: string,
  options: { readonly body?: Uint8Array; readonly headers?: Readonly<Record<string, string>> } = {}
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { ...(options.body && { 'content-type': 'application/cbor' }), ...options.headers };
    const outgoing = requestHttp({
      host: '127.0.0.1',
      port: server.port,
      method,
      path,
      headers,
      agent: false
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const chunks: Uint8Array[] = [];
      response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
      );
    });
    outgoing.end(options.body);
  });
}

const apiPath = (version: string, endpoint: string): string =>
  `/api/${version}/canister/${canisterText}/${endpoint}`;
const call = (): Uint8Array => anonymously(callContent(fixture.replica));

it('binds the loopback address and takes a free port', () => {
  expect(server.host).toBe('127.0.0.1');
  expect(server.port).toBeGreaterThan(0);
});

describe('paths', () => {
  it('serve status to GET', async () => {
    const reply = await send('GET', '/api/v2/status');
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/cbor');
    expect(decode(new Uint8Array(reply.body))).toMatchObject({ root_key: rootKey.publicKeyDer });
  });

  it.each([
    ['v2', 'call', 202],
    ['v3', 'call', 200],
    ['v4', 'call', 200],
    ['v2', 'query', 200],
    ['v3', 'query', 200],
    ['v4', 'query', 404],
    ['v2', 'read_state', 200],
    ['v3', 'read_state', 200],
    ['v4', 'read_state', 404],
    ['v1', 'call', 404],
    ['v5', 'call', 404]
  ])('answer a POST to %s/…/%s with %i', async (version, endpoint, status) => {
    const { replica } = fixture;
    const bodies: Record<string, Uint8Array> = {
      call: call(),
      query: anonymously(queryContent(replica)),
      read_state: anonymously(readContent(replica, [[utf8('time')]]))
    };
    const reply = await send('POST', apiPath(version, endpoint), {
      body: bodies[endpoint] ?? new Uint8Array(0)
    });
    expect(reply.status).toBe(status);
    if (status === 202) expect(reply.body).toHaveLength(0);
  });

  it('serve read_state of the subnet', async () => {
    const body = anonymously(readContent(fixture.replica, [[utf8('subnet')]]));
    for (const version of ['v2', 'v3']) {
      const reply = await send('POST', `/api/${version}/subnet/${subnetText}/read_state`, { body });
      expect(reply.status).toBe(200);
    }
  });

  it('serve calls and queries of the subnet, in one version each', async () => {
    const { replica } = fixture;
    const management = { canister_id: new Uint8Array(0) };
    const create = anonymously(
      callContent(replica, { ...management, method_name: 'provisional_create_canister_with_cycles' })
    );
    const list = anonymously(queryContent(replica, { ...management, method_name: 'list_canisters' }));
    const statusOf = async (path: string, body: Uint8Array, subnet = subnetText) =>
      (await send('POST', `/api/${path.replace('/', `/subnet/${subnet}/`)}`, { body })).status;
    expect(await statusOf('v4/call', create)).toBe(200);
    expect(await statusOf('v3/query', list)).toBe(200);
    expect(replica.submitted.map(({ methodName }) => methodName)).toEqual([
      'provisional_create_canister_with_cycles'
    ]);
    for (const path of ['v2/call', 'v3/call']) expect(await statusOf(path, create)).toBe(404);
    expect(await statusOf('v2/query', list)).toBe(404);
    expect(await statusOf('v4/call', create, canisterText)).toBe(400);
    expect(await statusOf('v4/call', call())).toBe(400);
    expect(await statusOf('v3/query', anonymously(queryContent(replica)))).toBe(400);
    const ofCanister = { ...management, method_name: 'start_canister' };
    expect(await statusOf('v4/call', anonymously(callContent(replica, ofCanister)))).toBe(400);
  });

  it.each([
    ['GET', apiPath('v2', 'query')],
    ['POST', '/api/v2/status'],
    ['GET', '/api/v3/status'],
    ['POST', '/api/v2/canister/query'],
    ['POST', `${apiPath('v2', 'query')}/`],
    ['PUT', apiPath('v2', 'call')],
    ['GET', '/']
  ])('answer %s %s with 404', async (method, path) => {
    expect((await send(method, path)).status).toBe(404);
  });

  it('refuse an id that is no principal', async () => {
    const reply = await send('POST', '/api/v2/canister/not-a-principal/query', { body: call() });
    expect(reply.status).toBe(400);
  });

  it('refuse another content type', async () => {
    const reply = await send('POST', apiPath('v2', 'call'), {
      body: call(),
      headers: { 'content-type': 'text/plain' }
    });
    expect(reply.status).toBe(400);
    expect(fixture.replica.submitted).toEqual([]);
  });
});

it('says why a request is refused, in plain text', async () => {
  const reply = await send('POST', apiPath('v3', 'call'), { body: Uint8Array.of(0xff) });
  expect(reply.status).toBe(400);
  expect(reply.headers['content-type']).toMatch(/^text\/plain/);
  expect(reply.body.toString()).toMatch(/^Could not parse body as call message: /);
});

it.each([
  ['a call above 2 MiB', 2 * 1024 * 1024 + 1],
  ['a body above 5 MiB', 5 * 1024 * 1024 + 1]
])('answers %s with 413', async (_name, length) => {
  const reply = await send('POST', apiPath('v3', 'call'), { body: new Uint8Array(length) });
  expect(reply.status).toBe(413);
});

it('answers 500 and reports when the replica fails, and lives on', async () => {
  const failure = new Error('broken on purpose');
  fixture.replica.onQuery = () => Promise.reject(failure);
  const reply = await send('POST', apiPath('v2', 'query'), {
    body: anonymously(queryContent(fixture.replica))
  });
  expect(reply.status).toBe(500);
  expect(reply.body.toString()).not.toContain('broken');
  expect(internalErrors).toEqual([failure]);
  expect((await send('GET', '/api/v2/status')).status).toBe(200);
});

describe('browsers', () => {
  it('get a preflight answer that allows content-type from any origin', async () => {
    const headers = { origin: 'http://example.com', 'access-control-request-method': 'POST' };
    const reply = await send('OPTIONS', apiPath('v4', 'call'), { headers });
    expect(reply.status).toBe(204);
    expect(reply.headers['access-control-allow-origin']).toBe('*');
    expect(reply.headers['access-control-allow-methods']).toContain('POST');
    expect(reply.headers['access-control-allow-headers']).toContain('content-type');
  });

  it('may read answers and refusals', async () => {
    for (const path of ['/api/v2/status', '/api/v9/nothing'])
      expect((await send('GET', path)).headers['access-control-allow-origin']).toBe('*');
  });
});

describe('the Host header', () => {
  it.each(['localhost', 'localhost:4943', '127.0.0.1:80', '[::1]:4943', 'app.localhost:4943', 'LOCALHOST'])(
    'may be %s',
    async (host) => {
      expect((await send('GET', '/api/v2/status', { headers: { host } })).status).toBe(200);
    }
  );

  it.each(['evil.example', 'evil.example:4943', 'localhost.evil.example', '10.0.0.1', 'notlocalhost'])(
    'may not be %s',
    async (host) => {
      expect((await send('GET', '/api/v2/status', { headers: { host } })).status).toBe(403);
    }
  );
});

describe('the gateway', () => {
  const header = IDL.Tuple(IDL.Text, IDL.Text);
  const responseType = IDL.Record({
    status_code: IDL.Nat16,
    headers: IDL.Vec(header),
    body: IDL.Vec(IDL.Nat8),
    upgrade: IDL.Opt(IDL.Bool)
  });
  const requestType = IDL.Record({
    method: IDL.Text,
    url: IDL.Text,
    headers: IDL.Vec(header),
    body: IDL.Vec(IDL.Nat8),
    certificate_version: IDL.Opt(IDL.Nat16)
  });
  const respond = (body: string, upgrade: [] | [boolean] = [], change = {}): Uint8Array => {
    const headers = [
      ['X-Tea', 'green'],
      ['Content-Length', '999']
    ];
    const response = { status_code: 418, headers, body: utf8(body), upgrade, ...change };
    return new Uint8Array(IDL.encode([responseType], [response]));
  };
  let queried: { readonly methodName: string; readonly request: Record<string, unknown> }[];

  beforeEach(() => {
    queried = [];
    fixture.replica.onQuery = ({ methodName, arg }) => {
      const [request] = IDL.decode([requestType], arg);
      queried.push({ methodName, request: request as Record<string, unknown> });
      return Promise.resolve({ kind: 'replied', reply: respond('from query') });
    };
  });

  it.each([
    ['host name', '/page?x=1', { host: `${canisterText}.localhost:4943` }],
    ['query', `/page?x=1&canisterId=${canisterText}`, {}],
    ['referrer', '/page?x=1', { referer: `http://localhost/?canisterId=${canisterText}` }]
  ])('finds the canister by %s and gives its answer', async (_name, path, headers) => {
    const reply = await send('GET', path, { headers });
    expect(reply.status).toBe(418);
    expect(reply.headers['x-tea']).toBe('green');
    expect(reply.body.toString()).toBe('from query');
    expect(queried).toMatchObject([{ methodName: 'http_request', request: { method: 'GET', url: path } }]);
  });

  it('passes method, headers and body on', async () => {
    const body = utf8('payload');
    await send('POST', `/?canisterId=${canisterText}`, { body, headers: { 'x-key': 'v' } });
    expect(queried[0]?.request).toMatchObject({ method: 'POST', body });
    expect(queried[0]?.request['headers']).toContainEqual(['x-key', 'v']);
  });

  it('repeats as an update when the canister asks for it', async () => {
    const { replica } = fixture;
    replica.onQuery = () => Promise.resolve({ kind: 'replied', reply: respond('', [true]) });
    replica.settleWith = { status: 'replied', reply: respond('from update') };
    const reply = await send('GET', `/?canisterId=${canisterText}`);
    expect(reply.body.toString()).toBe('from update');
    expect(replica.submitted.map(({ methodName }) => methodName)).toEqual(['http_request_update']);
  });

  it('answers 404 without a canister and 503 when it rejects', async () => {
    expect((await send('GET', '/?canisterId=aaaaa-aa')).status).toBe(404);
    fixture.replica.onQuery = () =>
      Promise.resolve({ kind: 'rejected', rejectCode: 5, rejectMessage: 'trapped', errorCode: 'IC0503' });
    const reply = await send('GET', `/?canisterId=${canisterText}`);
    expect([reply.status, reply.body.toString()]).toEqual([503, 'IC0503: trapped']);
  });

  it.each([
    ['no Candid', utf8('no Candid')],
    ['a status below 200', respond('', [], { status_code: 99 })],
    ['a header that is none', respond('', [], { headers: [['a b', 'c']] })],
    ['a header with a line break', respond('', [], { headers: [['a', 'b\r\nc']] })]
  ])('answers 502 when the canister answers with %s', async (_name, reply) => {
    fixture.replica.onQuery = () => Promise.resolve({ kind: 'replied', reply });
    expect((await send('GET', `/?canisterId=${canisterText}`)).status).toBe(502);
    expect(internalErrors).toEqual([]);
  });
});

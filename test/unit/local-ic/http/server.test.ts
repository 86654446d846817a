import { once } from 'node:events';
import { connect } from 'node:net';
import { decode } from '@dfinity/cbor';
import { Principal } from '@dfinity/principal';
import { Gateway } from '../../../../src/local-ic/http/gateway/gateway';
import { type RunningServer, startServer } from '../../../../src/local-ic/http/server';
import { StateFolderError } from '../../../../src/local-ic/state/state-folder-error';
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
import { type Reply, sendHttp, type SendOptions } from '../../../support/local-ic/http-client';

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
    gateway: new Gateway({
      replica: fixture.replica,
      certificates: fixture.endpoints.certificates,
      randomBytes: (length) => new Uint8Array(length).fill(1)
    }),
    requestTimeoutMs: 300,
    onInternalError: (error) => internalErrors.push(error)
  });
});

afterEach(() => server.close());

const send = (method: string, path: string, options: SendOptions = {}): Promise<Reply> =>
  sendHttp(server.port, method, path, {
    ...options,
    headers: { ...(options.body && { 'content-type': 'application/cbor' }), ...options.headers }
  });

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
    ['PUT', apiPath('v2', 'call')]
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

it('says what keeps it from storing anything', async () => {
  const failure = new StateFolderError('disk-refused', 'the disk is full');
  fixture.replica.onQuery = () => Promise.reject(failure);
  const reply = await send('POST', apiPath('v2', 'query'), {
    body: anonymously(queryContent(fixture.replica))
  });
  expect([reply.status, reply.body.toString()]).toEqual([500, 'Internal error: the disk is full']);
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

describe('a client that takes its time', () => {
  const head = (path: string) => `POST ${path} HTTP/1.1\r\nHost: localhost\r\n`;

  it.each([
    ['its headers', head(apiPath('v2', 'call'))],
    [
      'its body',
      `${head(apiPath('v2', 'call'))}Content-Type: application/cbor\r\nContent-Length: 1000\r\n\r\nshort`
    ],
    [
      'the body of a request to a canister',
      `${head(`/?canisterId=${canisterText}`)}Content-Length: 9\r\n\r\nx`
    ]
  ])('with %s is not waited for', async (_name, start) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(start);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1.1 408 /);
    expect(fixture.replica.submitted).toEqual([]);
    expect(internalErrors).toEqual([]);
    expect((await send('GET', '/api/v2/status')).status).toBe(200);
  });

  it('that leaves in the midst of its body is forgotten', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      `${head(apiPath('v2', 'call'))}Content-Type: application/cbor\r\nContent-Length: 9\r\n\r\nx`
    );
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    expect((await send('GET', '/api/v2/status')).status).toBe(200);
    expect(internalErrors).toEqual([]);
  });
});

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import {
  HttpOutcalls,
  OutcallRouteError,
  type OutcallRequest
} from '../../../../src/local-ic/management/http-outcalls';
import { RejectionError } from '../../../../src/local-ic/management/rejection-error';

const ORIGIN = 'https://rpc-1.localhost';
const get: OutcallRequest = { url: `${ORIGIN}/`, method: 'get', isReplicated: true, headers: [] };

let server: Server;
let listener: RequestListener;
let target: string;

beforeAll(async () => {
  server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const outcalls = (timeoutMs = 5_000): HttpOutcalls =>
  new HttpOutcalls({ routes: { [ORIGIN]: target }, timeoutMs });

async function rejectionOf(
  promise: Promise<unknown>
): Promise<{ readonly code: number; readonly text: string }> {
  const error = await promise.then(
    () => new Error('expected a rejection'),
    (reason: unknown) => reason
  );
  if (!(error instanceof RejectionError)) throw error;
  return { code: error.rejection.rejectCode, text: error.rejection.rejectMessage };
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: string[] = [];
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) chunks.push(chunk);
  return chunks.join('');
}

describe('a routed outcall', () => {
  it('carries method, path, query, headers and body to the target, and status, headers and body back', async () => {
    const seen: Record<string, unknown> = {};
    listener = (request, response) => {
      void readAll(request).then((body) => {
        Object.assign(seen, {
          method: request.method,
          url: request.url,
          body,
          header: request.headers['x-key']
        });
        response.writeHead(201, { 'X-Answer': 'yes' }).end(Buffer.from([0, 255, 7]));
      });
    };

    const answer = await outcalls().perform({
      url: `${ORIGIN}/v1/rpc?q=1%202`,
      method: 'post',
      isReplicated: true,
      headers: [{ name: 'X-Key', value: 'abc' }],
      body: new TextEncoder().encode('{"id":1}')
    });

    expect(seen).toEqual({ method: 'POST', url: '/v1/rpc?q=1%202', body: '{"id":1}', header: 'abc' });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual(Uint8Array.of(0, 255, 7));
    expect(answer.headers).toContainEqual({ name: 'x-answer', value: 'yes' });
  });

  it('does not follow redirects', async () => {
    listener = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    expect((await outcalls().perform(get)).status).toBe(302);
  });

  it('accepts a response of exactly max_response_bytes and refuses one byte more', async () => {
    listener = (_request, response) => {
      response.sendDate = false;
      response.writeHead(200, { 'content-length': '500', connection: 'close' }).end(new Uint8Array(500));
    };
    const headersLength = (await outcalls().perform(get)).headers.reduce(
      (sum, { name, value }) => sum + name.length + value.length,
      0
    );
    const limit = BigInt(headersLength + 500);

    expect((await outcalls().perform({ ...get, maxResponseBytes: limit })).body).toHaveLength(500);
    expect(await rejectionOf(outcalls().perform({ ...get, maxResponseBytes: limit - 1n }))).toEqual({
      code: 1,
      text: `Http body exceeds size limit of ${limit - 1n} bytes.`
    });
  });

  it('refuses headers beyond max_response_bytes', async () => {
    listener = (_request, response) => response.writeHead(200, { 'x-long': 'a'.repeat(500) }).end();
    expect(await rejectionOf(outcalls().perform({ ...get, maxResponseBytes: 100n }))).toEqual({
      code: 1,
      text: 'Header size exceeds specified response size limit 100'
    });
  });

  it('is refused as transient when the server does not answer in time', async () => {
    listener = () => undefined;
    expect(await rejectionOf(outcalls(50).perform(get))).toEqual({
      code: 2,
      text: 'Canister http request timed out'
    });
  });

  it('is refused as transient when nothing listens', async () => {
    const nobody = new HttpOutcalls({ routes: { [ORIGIN]: 'http://127.0.0.1:1' } });
    const { code, text } = await rejectionOf(nobody.perform(get));
    expect(code).toBe(2);
    expect(text).toMatch(/^Connecting to rpc-1\.localhost failed: /);
  });
});

describe('an outcall that is not replicated', () => {
  it.each(['put', 'delete', 'patch'] as const)('may %s', async (method) => {
    let seen: string | undefined;
    listener = (request, response) => {
      seen = request.method;
      response.writeHead(200).end();
    };

    await outcalls().perform({ ...get, method, isReplicated: false });

    expect(seen).toBe(method.toUpperCase());
  });
});

describe('the headers of a response', () => {
  it.each<[what: string, headers: Record<string, string>, text: string]>([
    [
      'too many',
      Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`x-${index}`, 'y'])),
      'number of all http headers '
    ],
    [
      'one too long',
      { x: 'a'.repeat(8193) },
      'number of bytes to represent some http header value 8193 exceeds 8192'
    ]
  ])('are refused: %s', async (_what, headers, text) => {
    listener = (_request, response) => response.writeHead(200, headers).end();

    const rejection = await rejectionOf(outcalls().perform(get));

    expect(rejection.code).toBe(1);
    expect(rejection.text).toContain(text);
  });

  it('have names in lower case, and come as often as they were sent', async () => {
    listener = (_request, response) => {
      response.setHeader('Set-Cookie', ['a=1', 'B=2']);
      response.writeHead(200).end();
    };

    const { headers } = await outcalls().perform(get);

    expect(headers.filter(({ name }) => name === 'set-cookie').map(({ value }) => value)).toEqual([
      'a=1',
      'B=2'
    ]);
    expect(headers.every(({ name }) => name === name.toLowerCase())).toBe(true);
  });
});

describe('what is refused before any connection', () => {
  beforeEach(() => {
    listener = () => {
      throw new Error('no connection expected');
    };
  });

  it.each<[what: string, change: Partial<OutcallRequest>, code: number, text: string]>([
    ['plain http', { url: 'http://rpc-1.localhost/' }, 1, 'Url need to specify https scheme'],
    ['a file URL', { url: 'file:///etc/passwd' }, 1, 'Url need to specify https scheme'],
    ['no URL', { url: 'rpc-1' }, 1, 'Failed to parse URL: rpc-1'],
    ['a URL of 8193 bytes', { url: `${ORIGIN}/`.padEnd(8193, 'a') }, 4, 'url size 8193 exceeds 8192'],
    [
      'a max_response_bytes above 2,000,000',
      { maxResponseBytes: 2_000_001n },
      4,
      'max_response_bytes expected to be in the range [0..2000000], got 2000001'
    ],
    [
      '65 headers',
      { headers: Array.from({ length: 65 }, (_, index) => ({ name: `x-${index}`, value: '' })) },
      4,
      'number of all http headers 65 exceeds 64'
    ],
    [
      'a header value of 8193 bytes',
      { headers: [{ name: 'x', value: 'a'.repeat(8193) }] },
      4,
      'number of bytes to represent some http header value 8193 exceeds 8192'
    ],
    [
      'a header name of 8193 bytes',
      { headers: [{ name: 'a'.repeat(8193), value: '' }] },
      4,
      'number of bytes to represent some http header name 8193 exceeds 8192'
    ],
    [
      'headers of more than 48 KiB together',
      { headers: Array.from({ length: 7 }, (_, index) => ({ name: `x-${index}`, value: 'a'.repeat(8000) })) },
      4,
      'total number of bytes to represent all http header names and values 56021 exceeds 49152'
    ],
    [
      'headers and body of more than 2 MB together',
      { headers: [{ name: 'x', value: 'y' }], body: new Uint8Array(1_999_999) },
      4,
      'total number of bytes to represent all http header names and values and http body 2000001 exceeds 2000000'
    ],
    ...(['put', 'delete', 'patch'] as const).map(
      (method): [string, Partial<OutcallRequest>, number, string] => [
        `${method} by all replicas`,
        { method },
        4,
        'The requested HTTP method is only allowed for non-replicated requests.'
      ]
    ),
    [
      'a header name with a space',
      { headers: [{ name: 'a b', value: '' }] },
      1,
      'Failed to parse headers: a b'
    ]
  ])('%s', async (_name, change, code, text) => {
    expect(await rejectionOf(outcalls().perform({ ...get, ...change }))).toEqual({ code, text });
  });
});

describe('routes', () => {
  it.each([
    ['from http', 'http://rpc.localhost', 'http://127.0.0.1:1'],
    ['to another machine', 'https://rpc.localhost', 'http://example.com'],
    ['to https', 'https://rpc.localhost', 'https://127.0.0.1'],
    ['from a URL with a path', 'https://rpc.localhost/v1', 'http://127.0.0.1:1'],
    ['from no URL', 'rpc', 'http://127.0.0.1:1']
  ])('refuses a route %s', (_name, from, to) => {
    expect(() => new HttpOutcalls({ routes: { [from]: to } })).toThrow(OutcallRouteError);
  });

  it('are replaced by setRoutes', async () => {
    listener = (_request, response) => response.writeHead(204).end();
    const changed = new HttpOutcalls();
    changed.setRoutes({ [`${ORIGIN}:8443`]: target });
    expect((await changed.perform({ ...get, url: `${ORIGIN}:8443/` })).status).toBe(204);
  });
});

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { IDL } from '@dfinity/candid';
import { type Outcome, rejectionOf, replyOf } from './client';
import { decodeResult, manageFrom, type Value } from './management';
import { HttpResponse, TransformArgument } from './management-types';
import { lacking, type Probe } from './network';
import { FREE_SLOT } from './probe/probe-module';
import { type Program, program } from './probe/program';
import { needing, row, useNetwork } from './row';

const network = useNetwork();
let server: Server;
let seen: { readonly request: IncomingMessage; readonly body: string }[] = [];

const HOST = 'https://outcalls.example';
const CYCLES = 100_000_000_000n;
const TRANSFORM = { methods: { 'canister_query transform': FREE_SLOT } };

beforeAll(async () => {
  if (lacking('outcall routes')) return;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({ request, body: Buffer.concat(chunks).toString() });
      const size = Number(new URL(request.url ?? '/', 'http://x').searchParams.get('size') ?? 5);
      const status = request.url?.startsWith('/missing') ? 404 : 200;
      response.writeHead(status, { 'x-answer': 'yes' }).end(Buffer.alloc(size, 0x61));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  network.localIc.setOutcallRoutes({ [HOST]: `http://127.0.0.1:${port}` });
});

afterAll(() => {
  if (!lacking('outcall routes')) server.close();
});

beforeEach(() => {
  seen = [];
});

const request = (change: Value = {}): Value => ({
  url: `${HOST}/path?size=5`,
  method: { get: null },
  headers: [],
  max_response_bytes: [10_000n],
  ...change
});

const outcall = (probe: Probe, change: Value = {}, cycles = CYCLES): Promise<Outcome> =>
  manageFrom(probe, 'http_request', request(change), cycles);

type Response = {
  readonly status: bigint;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: Uint8Array;
};

const responseOf = (outcome: Outcome): Response => decodeResult('http_request', replyOf(outcome)) as Response;

async function expectRefused(probe: Probe, change: Value): Promise<void> {
  expect({ change, kind: (await outcall(probe, change)).kind }).toEqual({ change, kind: 'rejected' });
  expect(seen).toEqual([]);
}

const SECTION = 'Management canister, http_request';

row(
  71,
  SECTION,
  'asks the server and hands on status, headers and body',
  needing('outcall routes', async () => {
    const probe = await network.probe();
    const response = responseOf(await outcall(probe));

    expect(response.status).toBe(200n);
    expect(Buffer.from(response.body).toString()).toBe('aaaaa');
    expect(response.headers).toContainEqual({ name: 'x-answer', value: 'yes' });
    expect(responseOf(await outcall(probe, { url: `${HOST}/missing` })).status).toBe(404n);
  })
);

row(
  71,
  SECTION,
  'sends method, headers and body as given, and a user-agent if there is none',
  needing('outcall routes', async () => {
    const probe = await network.probe();
    const headers = [{ name: 'X-Asked', value: 'so' }];
    await outcall(probe, { method: { post: null }, headers, body: [new TextEncoder().encode('sent')] });
    await outcall(probe, { method: { head: null }, headers: [{ name: 'User-Agent', value: 'mine' }] });

    expect(seen.map(({ request: { method }, body }) => [method, body])).toEqual([
      ['POST', 'sent'],
      ['HEAD', '']
    ]);
    expect(seen[0]?.request.headers).toMatchObject({ 'x-asked': 'so', 'user-agent': 'ic/1.0' });
    expect(seen[1]?.request.headers['user-agent']).toBe('mine');
  })
);

row(71, SECTION, 'only https URLs of at most 8192 bytes', async () => {
  const probe = await network.probe();
  for (const url of ['http://outcalls.example/', 'ftp://outcalls.example/', 'no url', ''])
    await expectRefused(probe, { url });
  await expectRefused(probe, { url: `${HOST}/${'a'.repeat(8192)}` });
});

row(71, SECTION, 'at most 64 headers, 8 KiB each, 48 KiB together', async () => {
  const probe = await network.probe();
  const headers = (count: number, size: number): Value[] =>
    Array.from({ length: count }, (_, index) => ({ name: `n${index}`, value: 'v'.repeat(size) }));

  await expectRefused(probe, { headers: headers(65, 1) });
  await expectRefused(probe, { headers: headers(1, 8193) });
  await expectRefused(probe, { headers: [{ name: 'n'.repeat(8193), value: 'v' }] });
  await expectRefused(probe, { headers: headers(7, 7100) });
});

row(
  71,
  SECTION,
  'headers within the limits are sent',
  needing('outcall routes', async () => {
    const probe = await network.probe();
    const headers = Array.from({ length: 64 }, (_, index) => ({ name: `n${index}`, value: 'v' }));

    expect(responseOf(await outcall(probe, { headers })).status).toBe(200n);
    expect(seen[0]?.request.headers.n63).toBe('v');
  })
);

row(71, SECTION, 'max_response_bytes is at most 2,000,000', async () => {
  const probe = await network.probe();
  await expectRefused(probe, { max_response_bytes: [2_000_001n] });
});

row(
  71,
  SECTION,
  'a response larger than max_response_bytes is an error',
  needing('outcall routes', async () => {
    const probe = await network.probe();

    expect((await outcall(probe, { url: `${HOST}/?size=9000` })).kind).toBe('replied');
    expect((await outcall(probe, { url: `${HOST}/?size=10001` })).kind).toBe('rejected');
    expect((await outcall(probe, { max_response_bytes: [4n] })).kind).toBe('rejected');
  })
);

row(71, SECTION, 'too few cycles are refused before anything is sent', async () => {
  const probe = await network.probe();

  expect(rejectionOf(await outcall(probe, {}, 1000n))).toMatch(/cycles/);
  expect(seen).toEqual([]);
});

const transformed = (status: bigint, body: string): Uint8Array =>
  Uint8Array.from(
    IDL.encode([HttpResponse], [{ status, headers: [], body: new TextEncoder().encode(body) }])
  );

const withTransform = (probe: Probe, name = 'transform'): Value => ({
  transform: [{ function: [probe.principal, name], context: new TextEncoder().encode('context') }]
});

const transforming = (transform: Program): Promise<Probe> =>
  network.probe(program().keep(FREE_SLOT, transform), { module: TRANSFORM });

row(
  71,
  SECTION,
  'a transform sees response and context, is called by the management canister, and decides',
  needing('outcall routes', async () => {
    // Traps unless the caller is aaaaa-aa; answers with its argument as body, by way of a trap's message where it is wrong.
    const callerIsManagement = program().ic0('msg_caller_size').when(program().trap('another caller'));
    const probe = await transforming(callerIsManagement.blob(transformed(418n, 'tea')).reply());

    const response = responseOf(await outcall(probe, withTransform(probe)));

    expect(response.status).toBe(418n);
    expect(Buffer.from(response.body).toString()).toBe('tea');
  })
);

row(
  71,
  SECTION,
  'the argument of a transform is a record of response and context',
  needing('outcall routes', async () => {
    const probe = await transforming(program().argData().give('trap'));
    const message = rejectionOf(await outcall(probe, withTransform(probe)));
    const expected = IDL.encode(
      [TransformArgument],
      [{ response: { status: 200n, headers: [], body: new Uint8Array(0) }, context: new Uint8Array(0) }]
    );

    expect(message).toContain(new TextDecoder().decode(expected.subarray(0, 4)));
    expect(message).toContain('context');
    expect(message).toContain('aaaaa');
  })
);

row(
  71,
  SECTION,
  'a transform that traps, answers nonsense or is missing makes the call fail',
  needing('outcall routes', async () => {
    for (const transform of [program().trap('oh no'), program().replyText('nonsense'), program()]) {
      const probe = await transforming(transform);
      expect((await outcall(probe, withTransform(probe))).kind).toBe('rejected');
    }
    const probe = await network.probe();
    expect((await outcall(probe, withTransform(probe, 'no_such_method'))).kind).toBe('rejected');
  })
);

row(
  71,
  SECTION,
  'a transform of another canister is refused',
  needing('outcall routes', async () => {
    const other = await transforming(program().blob(transformed(418n, 'tea')).reply());

    expect((await outcall(await network.probe(), withTransform(other))).kind).toBe('rejected');
  })
);

row(
  71,
  SECTION,
  'a server that does not answer is an error, and what was paid too much comes back',
  needing('outcall routes', async () => {
    const probe = await network.probe();
    network.localIc.setOutcallRoutes({ [HOST]: 'http://127.0.0.1:1' });
    const before = (await probe.status()).cycles;

    expect((await outcall(probe, {}, 10n ** 13n)).kind).toBe('rejected');
    expect(before - (await probe.status()).cycles).toBeLessThan(10n ** 12n);
  })
);

import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { ask, GATEWAY_METHODS, pageOf, STREAM_SLOT, StreamResponse, UPDATE_SLOT } from './gateway-client';
import { type Probe } from './network';
import { FREE_SLOT } from './probe/probe-module';
import { type Program, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();
const SECTION = 'HTTP gateway protocol';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const page = (change: object = {}): Uint8Array =>
  pageOf({ status_code: 200, headers: [['content-type', 'text/plain']], body: utf8('a page'), ...change });

const answering = (response: Uint8Array, more: Program = program()): Promise<Probe> =>
  network.probe(program().keep(FREE_SLOT, program().blob(response).reply()).then(more), {
    module: { methods: GATEWAY_METHODS }
  });

/** The name under which responses are not verified. */
const rawHost = (probe: Probe): string => `${probe.principal.toText()}.raw.localhost`;

row(76, SECTION, "a canister's http_request answers under its raw name, unverified", async () => {
  const probe = await answering(page());

  expect(await ask(network, rawHost(probe), '/')).toMatchObject({
    status: 200,
    headers: { 'content-type': 'text/plain' },
    body: 'a page'
  });
});

row(76, SECTION, 'the request reaches the canister: method, path with query, headers, body', async () => {
  const probe = await network.probe(program().keep(FREE_SLOT, program().argData().give('trap')), {
    module: { methods: GATEWAY_METHODS }
  });

  const { body } = await ask(network, rawHost(probe), '/some/path?a=b', {
    method: 'POST',
    body: 'sent along'
  });

  for (const part of ['POST', '/some/path?a=b', 'sent along']) expect(body).toContain(part);
});

row(76, SECTION, 'status and headers are those of the canister', async () => {
  const headers = [
    ['x-one', '1'],
    ['x-two', '2']
  ];
  const probe = await answering(page({ status_code: 404, headers }));

  expect(await ask(network, rawHost(probe), '/')).toMatchObject({
    status: 404,
    headers: { 'x-one': '1', 'x-two': '2' }
  });
});

row(76, SECTION, 'upgrade = true repeats the request as an update', async () => {
  const update = program()
    .increment(0)
    .blob(page({ body: utf8('by update') }))
    .reply();
  const probe = await answering(page({ upgrade: [true] }), program().keep(UPDATE_SLOT, update));

  expect((await ask(network, rawHost(probe), '/')).body).toBe('by update');
  const count = await probe.query(program().register(0).replyInt());
  expect(count).toMatchObject({ kind: 'replied', reply: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0) });
});

row(76, SECTION, 'streaming asks the callback until there is no token', async () => {
  const streamed = (text: string, next: [] | [object]): Uint8Array =>
    Uint8Array.from(IDL.encode([StreamResponse], [{ body: utf8(text), token: next }]));
  // The token is the last field of the argument: its low byte is the last but one.
  const last = program()
    .argData()
    .op('split')
    .op('add')
    .int(2)
    .op('subtract')
    .op('load_byte')
    .int(2)
    .op('equal');
  const stream = last
    .when(program().blob(streamed(' third', [])).reply())
    .then(program().argData().op('split').op('add').int(2).op('subtract').op('load_byte').int(1).op('equal'))
    .when(
      program()
        .blob(streamed(' second', [{ next: 2 }]))
        .reply()
    );
  const probe = await network.probe(program().keep(STREAM_SLOT, stream), {
    module: { methods: GATEWAY_METHODS }
  });
  const first = page({
    body: utf8('first'),
    streaming_strategy: [{ Callback: { callback: [probe.principal, 'stream'], token: { next: 1 } } }]
  });
  await probe.update(program().keep(FREE_SLOT, program().blob(first).reply()).replyText(''));

  expect((await ask(network, rawHost(probe), '/')).body).toBe('first second third');
});

row(76, SECTION, 'a name of no canister is not found', async () => {
  const gone = Principal.fromUint8Array(
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0, 1, 1)
  ).toText();

  for (const host of [`${gone}.localhost`, 'nobody.localhost', 'localhost']) {
    const { status } = await ask(network, host, '/');
    expect(Math.floor(status / 100)).toBe(4);
  }
});

row(76, SECTION, 'what is no HTTP response is a fault of the canister', async () => {
  for (const run of [program().replyText('nonsense'), program().trap('oh no'), program()]) {
    const probe = await network.probe(program().keep(FREE_SLOT, run), {
      module: { methods: GATEWAY_METHODS }
    });
    expect((await ask(network, rawHost(probe), '/')).status).toBeGreaterThanOrEqual(500);
  }
});

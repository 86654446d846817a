import { decode } from '@dfinity/cbor';
import { createHash } from 'node:crypto';
import { expectRefusal } from './client-error';
import { decodeLeb128, HttpError, lookUp, type Path, valueAt } from './client';
import { type Fields, requestId } from './envelopes';
import { ANONYMOUS, createIdentity, type Identity } from './identities';
import { type Created, type Probe } from './network';
import { program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();
let probe: Probe;
let empty: Created;

beforeAll(async () => {
  probe = await network.probe();
  empty = await network.create();
});

const SECTION = 'HTTPS interface, Read state';
const hello = program().replyText('hello').toBytes();
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Sends a call and gives its request id. */
async function called(identity: Identity, fields: Fields = {}): Promise<Uint8Array> {
  const call = network.client.content('call', probe.id, 'update', hello);
  const content = { ...call, sender: identity.sender, ...fields };
  expect((await network.client.send('v4 canister call', probe.id, content, { identity })).status).toBe(200);
  return requestId(content);
}

async function expectDenied(
  paths: readonly Path[],
  identity: Identity = ANONYMOUS,
  id = probe.id
): Promise<void> {
  for (const endpoint of ['v2 canister read_state', 'v3 canister read_state']) {
    expectRefusal(
      await network.client.send(endpoint, id, network.client.readStateContent(paths), { identity })
    );
  }
}

row(22, SECTION, 'only the sender of a call reads its status', async () => {
  const identity = createIdentity();
  const id = await called(identity);

  for (const path of [
    ['request_status', id],
    ['request_status', id, 'status'],
    ['request_status', id, 'reply']
  ]) {
    const certificate = await network.client.readState(probe.id, [path], { identity });
    expect(valueAt(certificate, ['request_status', id, path[2] ?? 'status'] as Path)).toBeDefined();
    await expectDenied([path]);
    await expectDenied([path], createIdentity());
  }
});

row(22, SECTION, "an anonymous call's status is anyone's who is anonymous", async () => {
  const id = await called(ANONYMOUS);

  await network.client.readState(probe.id, [['request_status', id]]);
  await expectDenied([['request_status', id]], createIdentity());
});

row(22, SECTION, 'the status of a call is read through the canister it went to', async () => {
  const id = await called(ANONYMOUS);

  await expectDenied([['request_status', id]], ANONYMOUS, empty.id);
});

row(25, SECTION, 'a request that never was is absent, not unknown', async () => {
  for (const id of [
    new Uint8Array(32),
    new Uint8Array(32).fill(0xff),
    createHash('sha256').update('x').digest()
  ]) {
    const path = ['request_status', Uint8Array.from(id)];
    const certificate = await network.client.readState(probe.id, [path], { identity: createIdentity() });
    expect(lookUp(certificate, path).status).toBe('Absent');
    expect(lookUp(certificate, [...path, 'status']).status).toBe('Absent');
  }
});

row(25, SECTION, 'a field that a request does not have is absent', async () => {
  const id = await called(ANONYMOUS);
  const certificate = await network.client.readState(probe.id, [['request_status', id]]);

  expect(lookUp(certificate, ['request_status', id, 'reject_code']).status).toBe('Absent');
  expect(lookUp(certificate, ['request_status', id, 'reply']).status).toBe('Found');
});

row('+', SECTION, 'what was not asked for is not revealed', async () => {
  const id = await called(ANONYMOUS);
  const certificate = await network.client.readState(probe.id, [['time']]);

  expect(lookUp(certificate, ['request_status', id, 'status']).status).toBe('Unknown');
  expect(lookUp(certificate, ['canister', probe.id, 'module_hash']).status).toBe('Unknown');
});

row(
  '+',
  'System state tree, Request status',
  'a rejected call shows code, message and error code',
  async () => {
    const content = network.client.content('call', probe.id, 'update', program().trap('oh no').toBytes());
    await network.client.send('v4 canister call', probe.id, content);
    const id = requestId(content);
    const certificate = await network.client.readState(probe.id, [['request_status', id]]);
    const at = (field: string): Uint8Array =>
      valueAt(certificate, ['request_status', id, field]) ?? new Uint8Array();

    expect(Buffer.from(at('status')).toString()).toBe('rejected');
    expect(decodeLeb128(at('reject_code'))).toBe(5n);
    expect(Buffer.from(at('reject_message')).toString()).toContain('oh no');
    expect(Buffer.from(at('error_code')).toString()).toBe('IC0503');
    expect(lookUp(certificate, ['request_status', id, 'reply']).status).toBe('Absent');
  }
);

row(26, SECTION, 'at most 1000 paths of at most 127 labels', async () => {
  const paths = (count: number): Path[] => Array.from({ length: count }, () => ['time']);

  await network.client.readState(probe.id, paths(1000));
  await expectDenied(paths(1001));
  await expectDenied([['request_status', ...Array.from({ length: 127 }, () => new Uint8Array(32))]]);
});

row(26, SECTION, 'one request id per request', async () => {
  const [first, second] = [await called(ANONYMOUS), await called(ANONYMOUS)];

  await network.client.readState(probe.id, [
    ['request_status', first, 'status'],
    ['request_status', first, 'reply']
  ]);
  await expectDenied([
    ['request_status', first],
    ['request_status', second]
  ]);
});

row(
  27,
  'System state tree, Canister information',
  'an empty canister has controllers and no module hash',
  async () => {
    const certificate = await network.client.readState(empty.id, [
      ['canister', empty.id, 'controllers'],
      ['canister', empty.id, 'module_hash']
    ]);

    const controllers = valueAt(certificate, ['canister', empty.id, 'controllers']) ?? new Uint8Array();
    expect([...controllers.subarray(0, 3)]).toEqual([0xd9, 0xd9, 0xf7]);
    expect(decode(controllers)).toEqual([network.controller.sender]);
    expect(lookUp(certificate, ['canister', empty.id, 'module_hash']).status).toBe('Absent');
  }
);

row(27, 'System state tree, Canister information', 'module_hash is the SHA-256 of the module', async () => {
  const path = ['canister', probe.id, 'module_hash'];
  const certificate = await network.client.readState(probe.id, [path]);

  const expected = createHash('sha256')
    .update(await network.probeModule())
    .digest('hex');
  expect(Buffer.from(valueAt(certificate, path) ?? []).toString('hex')).toBe(expected);
});

row(
  27,
  'System state tree, Canister information',
  'of a canister that does not exist everything is absent',
  async () => {
    const gone = await network.create();
    await network.manage('stop_canister', { canister_id: gone.principal });
    await network.manage('delete_canister', { canister_id: gone.principal });
    const paths = ['controllers', 'module_hash'].map((name) => ['canister', gone.id, name]);
    const certificate = await network.client.readState(gone.id, paths);

    for (const path of paths) expect(lookUp(certificate, path).status).toBe('Absent');
  }
);

async function withSections(...customSections: (readonly [string, Uint8Array])[]): Promise<Probe> {
  return network.probe(program(), { module: { customSections } });
}

row(
  28,
  'System state tree, Canister information',
  'public metadata is for all, private for controllers',
  async () => {
    const canister = await withSections(
      ['icp:public open', utf8('seen')],
      ['icp:private shut', utf8('hidden')]
    );
    const open: Path = ['canister', canister.id, 'metadata', 'open'];
    const shut: Path = ['canister', canister.id, 'metadata', 'shut'];
    const asController = { identity: network.controller };

    expect(valueAt(await network.client.readState(canister.id, [open]), open)).toEqual(utf8('seen'));
    expect(valueAt(await network.client.readState(canister.id, [shut], asController), shut)).toEqual(
      utf8('hidden')
    );
    await expectDenied([shut], ANONYMOUS, canister.id);
    await expectDenied([shut], createIdentity(), canister.id);
  }
);

row(28, 'System state tree, Canister information', 'metadata that is not there is absent', async () => {
  const canister = await withSections(['icp:public open', utf8('seen')], ['other', utf8('no metadata')]);
  for (const name of ['missing', 'other', '']) {
    const path: Path = ['canister', canister.id, 'metadata', name];
    const certificate = await network.client.readState(canister.id, [path]);
    expect(lookUp(certificate, path).status).toBe('Absent');
  }
  for (const path of [['canister', empty.id, 'metadata', 'any']]) {
    expect(lookUp(await network.client.readState(empty.id, [path]), path).status).toBe('Absent');
  }
});

row(
  28,
  'Canister interface, Custom sections',
  'one name both public and private cannot be installed',
  async () => {
    const canister = await network.create();
    const names = ['icp:public same', 'icp:private same'];
    const module = await network.probeModule({
      customSections: names.map((name) => [name, utf8('x')] as const)
    });

    expect(await network.install(canister, module)).toMatchObject({
      kind: 'rejected',
      code: 5,
      errorCode: 'IC0505'
    });
  }
);

row('+', SECTION, 'a metadata name that is no UTF-8 is refused', async () => {
  await expectDenied([['canister', probe.id, 'metadata', Uint8Array.of(0xff, 0xfe)]]);
});

row(29, SECTION, 'a request id has 32 bytes', async () => {
  for (const length of [0, 31, 33]) await expectDenied([['request_status', new Uint8Array(length)]]);
});

row('+', SECTION, 'paths that are not listed are refused', async () => {
  const paths: Path[] = [
    [],
    ['unheard_of'],
    ['canister'],
    ['canister', probe.id],
    ['canister', probe.id, 'certified_data'],
    ['canister', probe.id, 'metadata'],
    ['canister', probe.id, 'unheard_of'],
    ['request_status']
  ];
  for (const path of paths) await expectDenied([path]);
});

row('+', SECTION, 'one path that may not be read spoils the request', async () => {
  await expect(
    network.client.readState(probe.id, [['time'], ['canister', probe.id, 'certified_data']])
  ).rejects.toThrow(HttpError);
});

/**
 * `@dfinity/assets` against an asset canister, and browsers' view of it through the gateway. With
 * `ASSET_CANISTER_WASM=/path/to/assetstorage.wasm.gz` it is the asset canister of the DFINITY SDK; else a fixture with
 * the part of its interface that the library uses.
 */
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { gzipSync } from 'node:zlib';
import { Actor, HttpAgent } from '@dfinity/agent';
import { AssetManager } from '@dfinity/assets';
import { IDL } from '@dfinity/candid';
import { Ed25519KeyIdentity } from '@dfinity/identity';
import { Principal } from '@dfinity/principal';
import { ResponseVerificationError, verifyRequestResponsePair } from '@dfinity/response-verification';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { buildAzleCanister } from '../../fixtures/local-ic/build-azle-canister';
import { managementInterface, type ManagementService } from '../../support/local-ic/management-interface';

const REAL_WASM = process.env['ASSET_CANISTER_WASM'];
const MIB = 2 ** 20;
const MAX_CERTIFICATE_AGE_NS = 300_000_000_000n;

let localIc: LocalIc;
let agent: HttpAgent;
let canisterId: Principal;
let assets: AssetManager;

/** Bytes in which every position tells itself apart from its neighbours. */
const content = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) * 7 + seed) & 0xff);

const SMALL = content(1000, 1);
const LARGE = content(5 * MIB + 3, 2);

async function installAssetCanister(): Promise<Principal> {
  const management = Actor.createActor<ManagementService>(managementInterface, {
    agent,
    canisterId: Principal.managementCanister(),
    callTransform: (_method: string, [arg]: unknown[]) => ({
      effectiveCanisterId: (arg as { canister_id?: Principal }).canister_id ?? Principal.managementCanister()
    })
  });
  const created = await management.provisional_create_canister_with_cycles({
    amount: [],
    settings: [],
    specified_id: [],
    sender_canister_version: []
  });
  await management.install_code({
    mode: { install: null },
    canister_id: created.canister_id,
    wasm_module:
      REAL_WASM === undefined
        ? new Uint8Array(gzipSync(await buildAzleCanister('certified-assets-fixture.ts')))
        : new Uint8Array(readFileSync(REAL_WASM)),
    arg: new Uint8Array(IDL.encode([], [])),
    sender_canister_version: []
  });
  return created.canister_id;
}

/** A path of the canister as a browser gets it. */
const browse = (path: string): Promise<Response> =>
  fetch(`${localIc.url}${path}?canisterId=${canisterId.toText()}`);

/** The body at `<canister>.localhost`, a name that browsers resolve by themselves. */
function browseByName(path: string): Promise<Uint8Array> {
  const { hostname, port } = new URL(localIc.url);
  const headers = { host: `${canisterId.toText()}.localhost:${port}` };
  return new Promise((resolve, reject) => {
    get({ hostname, port, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve(new Uint8Array(Buffer.concat(chunks)));
      });
    }).on('error', reject);
  });
}

const bytesOf = async (response: Response): Promise<Uint8Array> =>
  new Uint8Array(await response.arrayBuffer());

const keys = async (): Promise<string[]> => (await assets.list()).map(({ key }) => key).sort();

beforeAll(async () => {
  localIc = await LocalIc.start();
  agent = await HttpAgent.create({
    host: localIc.url,
    shouldFetchRootKey: true,
    identity: Ed25519KeyIdentity.generate()
  });
  canisterId = await installAssetCanister();
  assets = new AssetManager({ canisterId, agent });
}, 180_000);

afterAll(() => localIc.stop());

describe(`AssetManager on ${REAL_WASM === undefined ? 'the fixture' : 'the asset canister'}`, () => {
  it('stores a small asset in one call', async () => {
    expect(await assets.store(SMALL, { fileName: 'small.bin' })).toBe('/small.bin');

    const asset = await assets.get('/small.bin');
    expect(asset).toMatchObject({ length: SMALL.length, contentEncoding: 'identity' });
    expect(await asset.toUint8Array()).toEqual(SMALL);
  });

  it('stores an asset of 5 MiB in chunks and gets it in chunks', async () => {
    const seen: number[] = [];
    await assets.store(LARGE, {
      fileName: 'large.bin',
      path: '/deep/path',
      onProgress: ({ current }) => seen.push(current)
    });

    expect(seen.at(-1)).toBe(LARGE.length);
    const asset = await assets.get('/deep/path/large.bin');
    expect(asset.length).toBe(LARGE.length);
    expect(Buffer.compare(await asset.toUint8Array(), LARGE)).toBe(0);
  });

  it('stores and deletes in one batch', async () => {
    await assets.store(SMALL, { fileName: 'doomed.bin' });
    const batch = assets.batch();
    await batch.store(new TextEncoder().encode('<h1>one</h1>'), { fileName: 'page.html' });
    await batch.store(content(10, 9), { fileName: 'ten.bin' });
    batch.delete('/doomed.bin');
    await batch.commit();

    expect(await keys()).toEqual(['/deep/path/large.bin', '/page.html', '/small.bin', '/ten.bin']);
  });

  it('deletes one', async () => {
    await assets.delete('/ten.bin');

    expect(await keys()).not.toContain('/ten.bin');
    await expect(assets.get('/ten.bin')).rejects.toThrow(/not found/i);
  });

  it('lets nobody else store', async () => {
    const stranger = await HttpAgent.create({
      host: localIc.url,
      shouldFetchRootKey: true,
      identity: Ed25519KeyIdentity.generate()
    });
    const others = new AssetManager({ canisterId, agent: stranger });
    await expect(others.store(SMALL, { fileName: 'intruder.bin' })).rejects.toThrow();
    expect(await keys()).not.toContain('/intruder.bin');
  });

  it('sees that an asset is certified', async () => {
    expect(await (await assets.get('/small.bin')).isCertified()).toBe(true);
  });
});

describe('the gateway', () => {
  it('serves an asset with its type', async () => {
    const response = await browse('/page.html');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toBe('<h1>one</h1>');
  });

  it('streams an asset of 5 MiB', async () => {
    const response = await browse('/deep/path/large.bin');
    expect(response.status).toBe(200);
    expect(Buffer.compare(await bytesOf(response), LARGE)).toBe(0);
  });

  it('serves at the name of the canister', async () => {
    expect(await browseByName('/small.bin')).toEqual(SMALL);
  });

  it('answers 404 for what there is not', async () => {
    expect((await browse('/nothing-here.bin')).status).toBe(404);
  });
});

describe('the certificate of a response', () => {
  const HttpRequest = IDL.Record({
    url: IDL.Text,
    method: IDL.Text,
    body: IDL.Vec(IDL.Nat8),
    headers: IDL.Vec(IDL.Tuple(IDL.Text, IDL.Text)),
    certificate_version: IDL.Opt(IDL.Nat16)
  });
  const HttpResponse = IDL.Record({
    body: IDL.Vec(IDL.Nat8),
    headers: IDL.Vec(IDL.Tuple(IDL.Text, IDL.Text)),
    status_code: IDL.Nat16
  });
  type ResponseWire = { body: Uint8Array; headers: [string, string][]; status_code: number };
  type HttpService = { readonly http_request: (request: object) => Promise<ResponseWire> };

  /** Whether `@dfinity/response-verification` accepts the response, altered by `alter`. */
  async function verify(
    path: string,
    alter: (response: ResponseWire) => ResponseWire
  ): Promise<number | undefined> {
    const client = Actor.createActor<HttpService>(
      () => IDL.Service({ http_request: IDL.Func([HttpRequest], [HttpResponse], ['query']) }),
      { agent, canisterId }
    );
    const request = {
      url: path,
      method: 'GET',
      headers: [],
      body: new Uint8Array(0),
      certificate_version: [2] as [number]
    };
    const { body, headers, status_code } = alter(await client.http_request(request));
    const verified = verifyRequestResponsePair(
      request,
      { status_code, headers, body: new Uint8Array(body) },
      canisterId.toUint8Array(),
      BigInt(Date.now()) * 1_000_000n,
      MAX_CERTIFICATE_AGE_NS,
      new Uint8Array(localIc.rootKey),
      2
    );
    return verified.response?.statusCode;
  }

  it('holds for an asset, and for one that is not there', async () => {
    expect(await verify('/small.bin', (response) => response)).toBe(200);
    expect(await verify('/nothing-here.bin', (response) => response)).toBe(404);
  });

  it.each<[string, (response: ResponseWire) => ResponseWire]>([
    [
      'body',
      (response) => ({ ...response, body: SMALL.map((byte, index) => (index === 0 ? byte ^ 1 : byte)) })
    ],
    ['status', (response) => ({ ...response, status_code: 201 })]
  ])('does not hold for another %s', async (_what, alter) => {
    await expect(verify('/small.bin', alter)).rejects.toBeInstanceOf(ResponseVerificationError);
  });
});

/** The command line of the local IC, as a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Actor, type ApiQueryResponse, HttpAgent } from '@dfinity/agent';
import { Principal } from '@dfinity/principal';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { assemble } from '../../fixtures/local-ic/wat-canister';
import { createCanisterCall, createdCanister, installCall } from '../../support/local-ic/management-calls';
import { RawClient } from '../../support/local-ic/raw-client';
import { managementInterface, type ManagementService } from '../../support/local-ic/management-interface';

const projectRoot = join(__dirname, '../../..');
const children: ChildProcess[] = [];
const DEFAULT_CANISTER = Principal.fromText('tqzl2-p7777-77776-aaaaa-cai');

/** Recurses 150,000 levels deep, some 7 MiB of stack, or without end. */
const RECURSION = `(module
  (import "ic0" "msg_reply" (func $msg_reply))
  (func $down (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
      (else (i32.const 0))))
  (func (export "canister_query deep") (drop (call $down (i32.const 150000))) (call $msg_reply))
  (func (export "canister_query endless") (drop (call $down (i32.const -1)))))`;

const SPINNER = '(module (func (export "canister_update spin") (loop $on (br $on))))';

type Run = {
  readonly child: ChildProcess;
  readonly firstLine: Promise<string>;
  readonly ended: Promise<Ended>;
};
type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function run(...argv: readonly string[]): Run {
  const tsNode = join(projectRoot, 'node_modules/ts-node/dist/bin.js');
  const child = spawn(process.execPath, [tsNode, 'src/local-ic/main.ts', ...argv], { cwd: projectRoot });
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('\n')) resolve(stdout.split('\n')[0] ?? '');
    });
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, firstLine, ended };
}

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

it('prints its URL, a warning and where its state is, serves, and ends on SIGINT', async () => {
  const { child, firstLine, ended } = run(
    '--port',
    '0',
    '--outcall-route',
    'https://rpc.localhost=http://127.0.0.1:1'
  );
  const line = await firstLine;
  expect(line).toMatch(
    /^Local Internet Computer at http:\/\/127\.0\.0\.1:\d+: a development network, its keys are public test keys$/
  );
  const host = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';
  const agent = await HttpAgent.create({ host, shouldFetchRootKey: true });
  expect(agent.rootKey).toHaveLength(133);

  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  const kept = 'Nothing is kept: its state ends with it (--state-dir keeps it)';
  expect([code, stdout, stderr]).toEqual([0, `${line}\n${kept}\n`, '']);
});

it('gives canisters a deep stack, and outlives one that recurses without end', async () => {
  const { child, firstLine, ended } = run('--port', '0');
  const host = /http:\/\/127\.0\.0\.1:\d+/.exec(await firstLine)?.[0] ?? '';
  const agent = await HttpAgent.create({ host, shouldFetchRootKey: true });
  const management = Actor.createActor<ManagementService>(managementInterface, {
    agent,
    canisterId: 'aaaaa-aa',
    callTransform: (_method, [argument]) => ({
      effectiveCanisterId: (argument as { canister_id?: Principal }).canister_id ?? DEFAULT_CANISTER
    })
  });
  const { canister_id } = await management.provisional_create_canister_with_cycles({
    amount: [],
    settings: [],
    specified_id: [],
    sender_canister_version: []
  });
  await management.install_code({
    mode: { install: null },
    canister_id,
    wasm_module: await assemble(RECURSION),
    arg: new Uint8Array(0),
    sender_canister_version: []
  });
  const query = (methodName: string): Promise<ApiQueryResponse> =>
    agent.query(canister_id, { methodName, arg: new Uint8Array(0) });

  expect(await query('deep')).toMatchObject({ status: 'replied' });
  expect(await query('endless')).toMatchObject({ status: 'rejected', error_code: 'IC0502' });
  expect(await query('deep')).toMatchObject({ status: 'replied' });

  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
});

it('ends soon although a canister would go on for long', async () => {
  const { child, firstLine, ended } = run('--port', '0');
  const client = new RawClient(/http:\/\/127\.0\.0\.1:\d+/.exec(await firstLine)?.[0] ?? '');
  const canisterId = await createCanister(client);
  const spinner = await assemble(SPINNER);
  expect(await client.call(installCall(canisterId, spinner, { install: null })).outcome).toMatchObject({
    kind: 'replied'
  });
  const call = { canisterId, methodName: 'spin', arg: new Uint8Array(0) };
  expect(await client.call({ ...call, version: 'v2' }).outcome).toEqual({ kind: 'accepted' });
  const begin = Date.now();
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
  expect(Date.now() - begin).toBeLessThan(6000);
});

it('ends with the npm that ran it', async () => {
  const child = spawn('npm', ['run', '--silent', 'local-ic', '--', '--port', '0'], { cwd: projectRoot });
  children.push(child);
  const output = new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
  });
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await output)?.[0] ?? '';
  expect((await fetch(`${url}/api/v2/status`)).status).toBe(200);

  // The pipe closes when the last of npm, its shell and the program has ended.
  const closed = once(child.stdout, 'close');
  child.kill('SIGTERM');
  await closed;
  await expect(fetch(`${url}/api/v2/status`)).rejects.toThrow();
});

it('names the option that helps when its port is taken', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await run('--port', String(port)).ended;
  other.close();
  expect(code).toBe(1);
  expect(stderr).toMatch(/EADDRINUSE.*\nUse another --port; 0 takes a free one\n$/);
});

it.each([
  ['a port that is none', ['--port', 'x'], 'expected a port from 0 to 65535, got "x"'],
  ['a port out of range', ['--port', '65536'], 'expected a port from 0 to 65535, got "65536"'],
  ['an unknown option', ['--nonsense'], "Unknown option '--nonsense'"],
  [
    'a route without target',
    ['--outcall-route', 'https://a'],
    'expected <https origin>=<http origin>, got "https://a"'
  ],
  [
    'a route from http',
    ['--outcall-route', 'http://a=http://localhost'],
    'expected an https origin, got "http://a"'
  ],
  ['a reset of nothing', ['--reset'], '--reset needs --state-dir'],
  ['a state folder without a name', ['--state-dir', ''], '--state-dir needs a folder']
])('refuses %s with usage and exit code 1', async (_name, argv, text) => {
  const { code, stdout, stderr } = await run(...argv).ended;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(`local-ic: ${text}`);
  expect(stderr).toContain('Usage: ');
});

describe('--state-dir', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'local-ic-main-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs with the folder, lets `work` use it, ends it with `signal`, and gives what it wrote to standard error. */
  async function during<T>(
    { signal, options = [] }: { readonly signal: NodeJS.Signals; readonly options?: readonly string[] },
    work: (client: RawClient) => Promise<T>
  ): Promise<T> {
    const { child, firstLine, ended } = run('--port', '0', '--state-dir', folder, ...options);
    const host = /http:\/\/127\.0\.0\.1:\d+/.exec(await firstLine)?.[0] ?? '';
    const result = await work(new RawClient(host));
    child.kill(signal);
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: signal === 'SIGKILL' ? null : 0, stderr: '' });
    return result;
  }

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('keeps everything through %s', async (signal) => {
    const id = await during({ signal }, createCanister);
    expect(await during({ signal }, (client) => client.hasCanister(id))).toBe(true);
  });

  it('is empty after a reset', async () => {
    const id = await during({ signal: 'SIGTERM' }, createCanister);
    const options = ['--reset'];
    expect(await during({ signal: 'SIGTERM', options }, (client) => client.hasCanister(id))).toBe(false);
  });

  it.each([
    ['', []],
    [', also by a reset', ['--reset']]
  ])('of something else is refused without usage and left alone%s', async (_name, more) => {
    writeFileSync(join(folder, 'thesis.txt'), 'years of work');
    const { code, stdout, stderr } = await run('--port', '0', '--state-dir', folder, ...more).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^local-ic: .* is not a state folder: it has 'thesis\.txt' in it[^\n]*\n$/);
    expect(readdirSync(folder)).toEqual(['thesis.txt']);
  });

  it('in use is refused, and served on', async () => {
    await during({ signal: 'SIGTERM' }, async (client) => {
      const { code, stderr } = await run('--port', '0', '--state-dir', folder).ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/^local-ic: The state folder .* is in use by process \d+/);
      await createCanister(client);
    });
    expect(existsSync(join(folder, 'data.mdb'))).toBe(true);
  });
});

async function createCanister(client: RawClient): Promise<Uint8Array> {
  const outcome = await client.call(createCanisterCall()).outcome;
  if (outcome.kind !== 'replied') throw new Error(`no canister was created: ${JSON.stringify(outcome)}`);
  return createdCanister(outcome.reply);
}

describe('LocalIc', () => {
  it('has the same root key at every start', async () => {
    const first = await LocalIc.start();
    const second = await LocalIc.start();
    expect(second.rootKey).toEqual(first.rootKey);
    expect(second.url).not.toBe(first.url);
    await Promise.all([first.stop(), second.stop()]);
  });

  it('rejects when its port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(LocalIc.start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    other.close();
  });

  it('listens no more after stop', async () => {
    const localIc = await LocalIc.start();
    const { url } = localIc;
    await localIc.stop();
    await expect(fetch(`${url}/api/v2/status`)).rejects.toThrow();
  });
});

/** The relayer as a program between anvil and the built canisters. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProxyBehaviour } from '../../support/faulty-rpc-proxy';
import { type Holder, RelayNetwork } from './relay-network';
import { type RelayerLine, RelayerProcess } from './relayer-process';

jest.setTimeout(60_000);

let network: RelayNetwork;
let alice: Holder;
let bob: Holder;
const folder = mkdtempSync(join(tmpdir(), 'hypha-relayer-'));
const running: RelayerProcess[] = [];

function start(journal: string, ...more: string[]): RelayerProcess {
  const relayer = new RelayerProcess([...network.relayerArgs(join(folder, journal)), ...more]);
  running.push(relayer);
  return relayer;
}

const isEvent = (event: string) => (line: RelayerLine) => line.event === event;
const textOf = (value: { toText(): string }): string => value.toText();

async function ownersAndEpochs(): Promise<[string, bigint][]> {
  const views = await Promise.all([alice, bob].map((holder) => network.account(holder)));
  return views.map(({ owner, epoch }) => [owner.toText(), epoch]);
}

/** The account's log blocks that speak of its resource. */
async function headBlocks(): Promise<string[]> {
  const { blocks } = await alice.signer.icrc3_get_blocks([{ start: 0n, length: 100n }]);
  const types = blocks.map(({ block }) => new Map('Map' in block ? block.Map : []).get('btype'));
  return types.flatMap((type) => (type !== undefined && 'Text' in type ? [type.Text] : []));
}

beforeAll(async () => {
  network = await RelayNetwork.start();
  alice = await network.createHolder('alice');
  bob = await network.createHolder('bob');
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((relayer) => relayer.end('SIGKILL')));
  network.proxy.behave({ kind: 'honest' });
});

afterAll(async () => {
  await network.stop();
  rmSync(folder, { recursive: true });
});

it('binds two accounts and carries their swap, killed with SIGKILL at every stage of both', async () => {
  await network.bind(alice);
  await network.bind(bob);
  for (const stage of ['ready', 'followed', 'job-observed', 'job-checkpointed']) {
    const relayer = start('main');
    await relayer.waitFor(isEvent(stage === 'job-observed' ? 'ready' : stage));
    await relayer.end('SIGKILL');
  }
  const binder = start('main');
  await expectEventually(async () => (await network.account(bob)).head.length === 1, binder);
  expect((await network.account(alice)).head).toHaveLength(1);
  await binder.end('SIGKILL');

  await network.swap(alice, bob);
  const killed = start('main');
  await killed.waitFor(isEvent('job-observed'));
  await killed.end('SIGKILL');
  const again = start('main');
  await again.waitFor(isEvent('job-checkpointed'));
  await again.end('SIGKILL');
  const last = start('main');
  await expectEventually(async () => (await network.account(alice)).epoch === 1n, last);

  expect(await ownersAndEpochs()).toEqual([
    [textOf(bob.identity.getPrincipal()), 1n],
    [textOf(alice.identity.getPrincipal()), 1n]
  ]);
  const { status } = await network.account(alice);
  expect(status).toEqual({ active: null });
  expect((await headBlocks()).filter((type) => type.includes('transition'))).toHaveLength(2);
  expect((await headBlocks()).filter((type) => type.includes('bind'))).toHaveLength(2);
  expect(await last.end('SIGTERM')).toEqual({ code: 0, signal: null });
});

it('with an empty journal finds all of it applied, and changes nothing', async () => {
  const before = [await ownersAndEpochs(), await headBlocks()];
  const relayer = start('late');

  await expectEventually(() => Promise.resolve(jobsDone(relayer) === 3), relayer);

  expect(relayer.lines.filter(isEvent('job-done')).map(({ by }) => by)).toEqual(Array(3).fill('earlier'));
  expect([await ownersAndEpochs(), await headBlocks()]).toEqual(before);
});

it('with a full journal sends nothing at all', async () => {
  const relayer = start('main');
  await relayer.waitFor(isEvent('ready'));
  await network.bind(await network.createHolder('carol'));

  await relayer.waitFor(isEvent('job-done'));

  expect(relayer.lines.filter(isEvent('job-observed'))).toHaveLength(1);
  expect(await relayer.end('SIGTERM')).toEqual({ code: 0, signal: null });
});

it.each<[string, ProxyBehaviour, string]>([
  ['is down', { kind: 'down' }, 'chain/rpc'],
  ['limits the rate', { kind: 'status', status: 429 }, 'chain/rpc'],
  [
    'knows no blocks',
    { kind: 'rewrite', rewrite: () => '{"jsonrpc":"2.0","id":1,"result":null}' },
    'chain/no-block'
  ],
  [
    'lies about a header',
    { kind: 'rewrite', rewrite: (body) => body.replace(/"stateRoot":"0x..../, '"stateRoot":"0xdead') },
    'chain/header-hash'
  ],
  [
    'hides its logs',
    {
      kind: 'rewrite',
      rewrite: (body) => (body.includes('"logIndex"') ? '{"jsonrpc":"2.0","id":1,"result":[]}' : body)
    },
    'chain/other-tree'
  ]
])('waits while the node %s, and loses nothing', async (what, behaviour, code) => {
  const relayer = start('main');
  await network.finalize();
  await relayer.waitFor(isEvent('followed'));
  network.proxy.behave(behaviour);
  const holder = await network.createHolder(what);
  await network.bind(holder);
  await relayer.waitFor((line) => line.event === 'follow-failed' && line['code'] === code);
  expect((await network.account(holder)).head).toEqual([]);

  network.proxy.behave({ kind: 'honest' });

  await expectEventually(async () => (await network.account(holder)).head.length === 1, relayer);
});

it.each([
  ['another adapter than it was told', ['--adapter', `0x${'77'.repeat(20)}`], 1, 'config/other-adapter'],
  ['settings it does not know', ['--speed', '11'], 2, undefined]
])('refuses to start with %s', async (_what, flags, code, reason) => {
  const relayer = start('refused', ...flags);

  expect(await relayer.ended).toEqual({ code, signal: null });
  expect(relayer.lines.find(isEvent('stopped'))?.['code']).toBe(reason);
});

const jobsDone = (relayer: RelayerProcess): number => relayer.lines.filter(isEvent('job-done')).length;

/** Looks again with each line the relayer writes. */
async function expectEventually(holds: () => Promise<boolean>, relayer: RelayerProcess): Promise<void> {
  for (let seen = 0; !(await holds()); seen = relayer.lines.length) {
    await relayer.waitFor((line) => relayer.lines.indexOf(line) >= seen);
  }
}

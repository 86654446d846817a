/** What a test's author has of the local IC: canisters without an agent, time, calls that are held or fail. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Actor, HttpAgent } from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { buildDiceCanister } from '../../fixtures/local-ic/dice-canister';

const projectRoot = join(__dirname, '../../..');
const HOUR_NS = 3_600_000_000_000n;

type Dice = { roll: () => Promise<string> };

let localIc: LocalIc;
let canisterId: Principal;
let dice: Dice;

async function diceOf(id: Principal): Promise<Dice> {
  const agent = await HttpAgent.create({ host: localIc.url, shouldFetchRootKey: true, retryTimes: 0 });
  return Actor.createActor<Dice>(() => IDL.Service({ roll: IDL.Func([], [IDL.Text], []) }), {
    agent,
    canisterId: id
  });
}

beforeEach(async () => {
  localIc = await LocalIc.start();
  canisterId = await localIc.installCanister({ wasmModule: await buildDiceCanister('first') });
  dice = await diceOf(canisterId);
});

afterEach(() => localIc.stop());

describe('installCanister', () => {
  it('gives the anonymous principal control and 100 T cycles', () => {
    const controllers = localIc.replica.canister(canisterId.toUint8Array())?.controllers;
    expect(controllers).toEqual([Principal.anonymous().toUint8Array()]);
    const cycles = localIc.cyclesOf(canisterId.toUint8Array()) ?? 0n;
    expect(cycles > 99_000_000_000_000n && cycles < 100_000_000_000_000n).toBe(true);
  });

  it('takes controllers and cycles', async () => {
    const controllers = ['rrkah-fqaaa-aaaaa-aaaaq-cai', Principal.anonymous()];
    const wasmModule = await buildDiceCanister('first');
    const id = await localIc.installCanister({ wasmModule, controllers, cycles: 7_000_000_000_000n });
    const { controllers: found = [] } = localIc.replica.canister(id.toUint8Array()) ?? {};
    expect(found.map((bytes) => Principal.fromUint8Array(bytes).toText()).sort()).toEqual([
      '2vxsx-fae',
      'rrkah-fqaaa-aaaaa-aaaaq-cai'
    ]);
    expect(localIc.cyclesOf(id.toUint8Array())).toBeLessThan(7_000_000_000_000n);
  });

  it('throws what the network says of a module that is none', async () => {
    await expect(localIc.installCanister({ wasmModule: Uint8Array.of(1, 2, 3) })).rejects.toThrow(/IC05\d\d/);
  });

  it('throws for a canister that is not there', async () => {
    const upgrade = localIc.upgradeCanister({ canisterId: 'aaaaa-aa', wasmModule: new Uint8Array(0) });
    await expect(upgrade).rejects.toThrow('aaaaa-aa is no canister with a controller');
  });
});

describe('a held call', () => {
  it.each(['request', 'answer'] as const)('lets the caller be upgraded before the %s', async (part) => {
    const call = localIc.holdNextCall({ isMeant: ({ methodName }) => methodName === 'raw_rand', part });
    const rolling = dice.roll();
    expect((await call.held).caller).toEqual(canisterId.toUint8Array());
    await localIc.upgradeCanister({ canisterId, wasmModule: await buildDiceCanister('second') });
    call.release();

    expect(await rolling).toBe('second');
    expect(await dice.roll()).toBe('second');
  });

  it('is the next one only, and none after release', async () => {
    const isMeant = (): boolean => true;
    const first = localIc.holdNextCall({ isMeant });
    const rolling = dice.roll();
    await first.held;
    expect(await dice.roll()).toBe('first');
    first.release();
    expect(await rolling).toBe('first');

    localIc.holdNextCall({ isMeant }).release();
    expect(await dice.roll()).toBe('first');
  });
});

it('calls are rejected until the interceptor ends', async () => {
  const end = localIc.interceptCalls(() => ({ kind: 'reject', code: 2, message: 'busy' }));
  expect(await dice.roll()).toBe('first, refused');
  end();
  expect(await dice.roll()).toBe('first');
});

it('time is moved on, never back', async () => {
  const before = localIc.timeNs();
  localIc.advanceTime(HOUR_NS);
  await localIc.tick();
  expect(localIc.timeNs() >= before + HOUR_NS).toBe(true);
  expect(() => localIc.setTime(before)).toThrow(RangeError);
});

describe('the example in its README', () => {
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'local-ic-example-'));
    for (const name of ['dice', 'dice-2'])
      writeFileSync(join(folder, `${name}.wasm`), await buildDiceCanister(name));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('runs and prints what it says', () => {
    const readme = readFileSync(join(projectRoot, 'src/local-ic/README.md'), 'utf8');
    const example = /```ts\n(import [\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const said = [...example.matchAll(/console\.log\(.*\/\/ (.*)/g)].map(([, text]) => text);
    expect(said).not.toEqual([]);

    const program = example.replaceAll(
      /'(dice.*\.wasm)'/g,
      (_match, name: string) => `'${join(folder, name)}'`
    );
    const tsNode = join(projectRoot, 'node_modules/ts-node/dist/bin.js');
    const printed = execFileSync(process.execPath, [tsNode, '-e', program], {
      cwd: projectRoot,
      encoding: 'utf8'
    });
    expect(printed.trim().split('\n')).toEqual(said);
  });
});

/** The relayer as a program, killed with SIGKILL between any two of its steps and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { openJournal } from '../../../src/relayer/journal';
import { Ledger } from '../../../src/relayer/ledger';
import { naiveRoot } from '../../support/relayer/fake-chain';
import { FakeNetwork } from '../../support/relayer/fake-network';
import { tellStory } from '../../support/relayer/story';
import { TEST_DOMAIN } from '../../support/relayer/test-relayer';

const ROOT = resolve(__dirname, '../../..');
const PROGRAM = join(ROOT, 'node_modules/.cache/hypha', `killable-relayer-${process.pid}.js`);
const AT_ONCE = 3;

type Ending = { readonly signal: string | null; readonly code: number | null; readonly points: number };

/** Runs the program to its end, or until it kills itself at `killAt`. */
function runProgram(folder: string, killAt = 0): Promise<Ending> {
  return new Promise((done, fail) => {
    const child: ChildProcess = spawn(process.execPath, [PROGRAM, folder], {
      env: { ...process.env, RELAYER_KILL_AT: String(killAt) },
      stdio: ['ignore', 'pipe', 'inherit']
    });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', fail);
    child.once('close', (code, signal) => done({ signal, code, points: Number(output) }));
  });
}

/** Every account has gone through its line of heads, each exactly once; the journal knows all, and nothing is open. */
async function expectWholeStory(folder: string): Promise<void> {
  const { chain, accounts } = tellStory();
  const network = new FakeNetwork(join(folder, 'network.jsonl'));
  for (const account of accounts) {
    expect(network.headsOf(account.id)).toEqual(
      account.commitments.map((commitment) => Buffer.from(commitment).toString('hex'))
    );
  }
  expect(network.effects).toHaveLength(accounts.flatMap(({ commitments }) => commitments).length);
  const ledger = new Ledger(openJournal({ folder: join(folder, 'journal'), domain: TEST_DOMAIN }));
  expect(ledger.openJobs()).toEqual([]);
  expect(ledger.countJobs()).toMatchObject({ refused: 1, stalled: 0 });
  expect(ledger.cursor?.height).toBe(chain.tip);
  expect(ledger.rootAt(ledger.leafCount)).toEqual(naiveRoot(chain.leaves));
  await ledger.close();
}

async function inFreshFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'hypha-relayer-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

beforeAll(() => {
  buildSync({
    entryPoints: [join(ROOT, 'test/support/relayer/killable-relayer.ts')],
    outfile: PROGRAM,
    bundle: true,
    platform: 'node',
    external: ['lmdb']
  });
});

afterAll(() => rmSync(PROGRAM));

describe('a relayer killed with SIGKILL', () => {
  it('finishes without a kill', () =>
    inFreshFolder(async (folder) => {
      expect(await runProgram(folder)).toMatchObject({ signal: null, code: 0 });

      await expectWholeStory(folder);
    }));

  it('finishes after a kill at any one point, and loses and doubles nothing', async () => {
    const { points } = await inFreshFolder((folder) => runProgram(folder));
    expect(points).toBeGreaterThan(100);

    const remaining = Array.from({ length: points }, (_, index) => index + 1).values();
    const killAtEach = async (): Promise<void> => {
      for (const killAt of remaining) {
        await inFreshFolder(async (folder) => {
          expect(await runProgram(folder, killAt)).toMatchObject({ signal: 'SIGKILL' });
          expect(await runProgram(folder)).toMatchObject({ signal: null, code: 0 });
          await expectWholeStory(folder);
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, killAtEach));
  }, 300_000);

  it('finishes although it is killed again and again', () =>
    inFreshFolder(async (folder) => {
      let kills = 0;
      while ((await runProgram(folder, 17 + ((kills * 7) % 23))).signal === 'SIGKILL') {
        kills += 1;
        expect(kills).toBeLessThan(200);
      }

      expect(kills).toBeGreaterThan(5);
      await expectWholeStory(folder);
    }));
});

/**
 * The relayer as it is, a program of its own between anvil and the canisters, killed with SIGKILL at its calls: when it
 * asks, and when it has been answered and does not know yet. Whatever it writes to its journal lies between two of these.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { projectRoot } from '../../../scripts/project-files';
import { pollUntil } from '../../../scripts/poll';
import { unwrap } from '../../../src/api/errors';
import { type Bytes32, toHex } from '../../../src/core/bytes';
import { openJournal } from '../../../src/relayer/journal';
import { type TestPerson, type TestStage, startTestStage } from '../../support/test-stage';
import { readLogOf, readView } from '../../support/transfer/account-signing';
import { executeForged } from '../../support/transfer/forged-transfer';
import {
  type LethalProxy,
  type Moment,
  nameOfIcCall,
  nameOfRpcCall,
  startLethalProxy
} from '../../support/transfer/lethal-proxy';
import { ProofCarrier } from '../../support/transfer/proof-carrier';
import {
  createBoundAccounts,
  ed25519Identity,
  joinStage,
  secp256k1Identity
} from '../../support/transfer/stage-people';

jest.setTimeout(180_000);

const PROGRAM = join(projectRoot, 'node_modules/.cache/hypha', `relayer-${process.pid}.js`);
const LOOK = 'eth_getBlockByNumber finalized';
const QUIET_LOOKS = 3;
/** Messages by which each run of the second test may outlive the one before. */
const LIFETIME_GROWTH = 1;
const MIN_KILLS = 20;
const LIMITS = { timeoutMs: 60_000, intervalMs: 20 };

let stage: TestStage;
let carrier: ProofCarrier;
let alice: TestPerson;
let bob: TestPerson;
let rpc: LethalProxy;
let ic: LethalProxy;
let child: ChildProcess | undefined;
/** Whether the relayer may live on at this point of its run. */
let mayLive: (call: string, moment: Moment) => boolean = () => true;

/** Looks at the chain in a row without anything to send. */
let quietLooks = 0;

function observe(call: string, moment: Moment): boolean {
  if (child === undefined || child.killed) return false;
  if (call.includes('apply_transitions') || call.includes('accept_evm_checkpoint')) quietLooks = 0;
  if (call === LOOK && moment === 'answered') quietLooks += 1;
  if (mayLive(call, moment)) return true;
  child.kill('SIGKILL');
  return false;
}

beforeAll(async () => {
  buildSync({
    entryPoints: [join(projectRoot, 'src/relayer/main.ts')],
    outfile: PROGRAM,
    bundle: true,
    platform: 'node',
    external: ['lmdb'],
    logLevel: 'error'
  });
  stage = await startTestStage();
  carrier = new ProofCarrier(stage);
  alice = await joinStage(stage, ed25519Identity('alice'));
  bob = await joinStage(stage, secp256k1Identity('bob'));
  rpc = await startLethalProxy({ target: stage.anvil.url, nameOf: nameOfRpcCall, observe });
  ic = await startLethalProxy({ target: stage.localIc.url, nameOf: nameOfIcCall, observe });
});

afterAll(async () => {
  child?.kill('SIGKILL');
  await Promise.all([rpc.stop(), ic.stop()]);
  await stage.stop();
  rmSync(PROGRAM);
});

/** Starts the relayer on a journal; resolves with the signal that ended it. */
function runRelayer(journal: string): Promise<string | null> {
  const started = spawn(
    process.execPath,
    [
      PROGRAM,
      ...['--ic', ic.url, '--fetch-root-key', '--rpc', rpc.url],
      ...['--signer', stage.signerId.toText(), '--domains', stage.domainsId.toText()],
      ...['--domain', toHex(stage.domainId), '--from-block', String(stage.deployment.adapterBlock)],
      ...['--journal', journal, '--poll-ms', '20', '--log-level', 'error']
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] }
  );
  child = started;
  return new Promise((resolve, reject) => {
    started.once('error', reject);
    started.once('close', (_code, signal) => resolve(signal));
  });
}

type Swap = { readonly accounts: readonly [Bytes32, Bytes32]; readonly journal: string };

/** A swap of two sealed accounts that is final on chain. */
async function settleSwap(): Promise<Swap> {
  const [first] = await createBoundAccounts(stage, carrier, { owner: alice, count: 1 });
  const [second] = await createBoundAccounts(stage, carrier, { owner: bob, count: 1 });
  if (first === undefined || second === undefined) throw new Error('two accounts');
  unwrap(await alice.signer.seal_account(first));
  unwrap(await bob.signer.seal_account(second));
  await executeForged(stage, [
    { accountId: first, owner: alice.identity, to: bob.identity },
    { accountId: second, owner: bob.identity, to: alice.identity }
  ]);
  await carrier.finalize();
  return { accounts: [first, second], journal: mkdtempSync(join(tmpdir(), 'hypha-relayer-')) };
}

/** Restarts the relayer as often as it is killed, until it looks at the chain with nothing left to send; the kills. */
async function relayToTheEnd({ accounts, journal }: Swap): Promise<number> {
  for (let kills = 0; ; kills += 1) {
    quietLooks = 0;
    const ended = runRelayer(journal);
    const ending = await pollUntil(
      'the relayer to be done or dead',
      async () => {
        if (child?.killed === true) return 'killed';
        if (quietLooks < QUIET_LOOKS) return undefined;
        return (await readView(stage, accounts[0])).epoch === 1n ? 'done' : undefined;
      },
      LIMITS
    );
    if (ending === 'done') child?.kill('SIGTERM');
    const signal = await ended;
    if (ending === 'done') return kills;
    expect(signal).toBe('SIGKILL');
  }
}

/** Both accounts have changed hands once, and the journal knows of nothing that is still to be done. */
async function expectSwapped({ accounts, journal: folder }: Swap): Promise<void> {
  for (const [account, owner] of [
    [accounts[0], bob],
    [accounts[1], alice]
  ] as const) {
    const view = await readView(stage, account);
    expect(view).toMatchObject({ epoch: 1n, status: { active: null } });
    expect(view.owner.toText()).toBe(owner.identity.getPrincipal().toText());
    expect(await readLogOf(stage, account)).toEqual([
      'hypha_create',
      'hypha_bind',
      'hypha_seal',
      'hypha_transition'
    ]);
  }
  const journal = openJournal({ folder, domain: stage.domainId });
  expect(journal.read().openJobs).toEqual([]);
  expect(new Set([...journal.closedJobs()].map(({ state }) => state.status))).toEqual(new Set(['done']));
  await journal.close();
  rmSync(folder, { recursive: true });
}

describe('a relayer', () => {
  it('is killed once at each kind of call, before and after it, and the swap happens once', async () => {
    const swap = await settleSwap();
    const points = new Set<string>();
    mayLive = (call, moment) => {
      const point = `${call}: ${moment}`;
      if (points.has(point)) return true;
      points.add(point);
      return false;
    };

    const kills = await relayToTheEnd(swap);

    expect(kills).toBe(points.size);
    for (const call of [
      'call accept_evm_checkpoint',
      'call apply_transitions',
      'eth_getLogs',
      'eth_getProof'
    ]) {
      expect([...points]).toEqual(expect.arrayContaining([`${call}: asks`, `${call}: answered`]));
    }
    await expectSwapped(swap);
  });

  it('is killed after ever more messages, and the swap happens once', async () => {
    const swap = await settleSwap();
    let lifetime = 0;
    let messages = 0;
    let current: ChildProcess | undefined;
    mayLive = () => {
      if (current !== child) {
        [current, messages] = [child, 0];
        lifetime += LIFETIME_GROWTH;
      }
      messages += 1;
      return messages < lifetime;
    };

    const kills = await relayToTheEnd(swap);

    expect(kills).toBeGreaterThan(MIN_KILLS);
    await expectSwapped(swap);
  });
});

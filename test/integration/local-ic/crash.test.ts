/**
 * The local IC's program, killed at random moments while clients keep it busy: nothing promised is lost, nothing is
 * applied by half or twice, and every call ends. CRASH_KILLS sets how often, 200 times by default.
 */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBankCanister } from '../../fixtures/local-ic/bank-canister';
import { compileLocalIc, KillableIc } from '../../support/local-ic/killable-ic';
import { auditBanks } from './bank-audit';
import { BankLoad } from './bank-load';

const KILLS = Number(process.env['CRASH_KILLS'] ?? 200);
const LONGEST_LOAD_MS = 400;
const LONGEST_START_MS = 400;
/** One kill of so many comes before the program is ready. */
const EARLY_KILLS = 5;
const TIME_LIMIT_MS = 60_000 + KILLS * 6_000;

let folder: string;
let program: string;
let ic: KillableIc | undefined;

function start(stateFolder: string): KillableIc {
  ic = new KillableIc(program, stateFolder);
  return ic;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-ic-crash-'));
  program = compileLocalIc();
});

afterAll(async () => {
  await ic?.killIn(0);
  rmSync(folder, { recursive: true, force: true });
  rmSync(program, { force: true });
});

it(
  'keeps what it promised through every kill',
  async () => {
    const load = new BankLoad(await buildBankCanister());
    const stateFolder = join(folder, 'banks');
    let running = start(stateFolder);
    await load.open(await running.url());
    let earlyKills = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      if (randomInt(EARLY_KILLS) === 0) {
        earlyKills++;
        await running.killIn(randomInt(LONGEST_START_MS));
      } else {
        const url = await running.url();
        await auditBanks(load, url);
        await Promise.all([load.runUntilLost(url), running.killIn(randomInt(LONGEST_LOAD_MS))]);
      }
      expect(running.errors).toBe('');
      running = start(stateFolder);
    }
    await auditBanks(load, await running.url());
    expect(await running.stop()).toBe(0);
    expect(running.errors).toBe('');
    report(load, earlyKills);
  },
  TIME_LIMIT_MS
);

it(
  'starts in a folder that it was killed in while it made it',
  async () => {
    const fresh = join(folder, 'fresh');
    for (let kill = 0; kill < KILLS / 10; kill++) {
      await start(fresh).killIn(randomInt(LONGEST_START_MS));
      const running = start(fresh);
      await running.url();
      expect([await running.stop(), running.errors]).toEqual([0, '']);
      rmSync(fresh, { recursive: true });
    }
  },
  TIME_LIMIT_MS
);

function report({ operations, banks, createdCanisters }: BankLoad, earlyKills: number): void {
  const count = (outcome: string): number =>
    operations.filter((operation) => operation.outcome === outcome).length;
  const upgrades = banks.reduce((sum, bank) => sum + bank.upgradesAcknowledged, 0);
  const ticks = banks.reduce((sum, bank) => sum + Number(bank.ticksSeen), 0);
  process.stdout.write(
    `${KILLS} kills, ${earlyKills} of them while starting: ${operations.length} operations, ` +
      `${count('replied')} applied, ${count('rejected')} refused, ${count('never taken on')} never taken on; ` +
      `${upgrades} upgrades, ${createdCanisters.length} canisters, ${ticks} timer ticks\n`
  );
}

/** Compares both sides of every door: noble, native in Node, and what is in the canister; a thread a door. */
import { Worker } from 'node:worker_threads';
import { join } from 'node:path';
import { DOORS, type Door } from './agreement-case';
import { type DoorReport } from './compare-door';

export type AgreementOptions = {
  readonly seed: number;
  /** Cases for noble and for native in Node. */
  readonly cases: number;
  /** The first so many of them for the canister. */
  readonly canisterCases: Readonly<Record<Door, number>>;
  /** Wasm of the fixture canister `azle-crypto.ts`. */
  readonly wasmModule: Uint8Array;
  /** Whether a single call of it always fits a query. */
  readonly inQueries: boolean;
};

/** What a thread is given. */
export type DoorOptions = Omit<AgreementOptions, 'canisterCases'> & {
  readonly door: Door;
  readonly canisterCases: number;
};

/** The reports of all doors. */
export async function runAgreement(options: AgreementOptions): Promise<Readonly<Record<Door, DoorReport>>> {
  const reports = await Promise.all(
    DOORS.map(async (door) => {
      const report = await runDoor({ ...options, door, canisterCases: options.canisterCases[door] });
      return [door, report] as const;
    })
  );
  return Object.fromEntries(reports) as Record<Door, DoorReport>;
}

function runDoor(options: DoorOptions): Promise<DoorReport> {
  const worker = new Worker(join(__dirname, 'door-worker.ts'), {
    workerData: options,
    execArgv: ['--require', 'ts-node/register']
  });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread of ${options.door} ended with ${code}`)));
  });
}

/** A thread of `run-agreement.ts`: one door through all that answers. */
import { parentPort, workerData } from 'node:worker_threads';
import { engine as noble } from '../../../src/core/crypto/noble/engine';
import { startNativeInNode } from '../native/node-engine';
import { type DoorReport, compareDoor, engineResponder } from './compare-door';
import { CryptoCanister, canisterResponder } from './crypto-canister';
import { doorCases, takeCases } from './door-cases';
import { type DoorOptions } from './run-agreement';

async function compare(options: DoorOptions): Promise<DoorReport> {
  const { door, seed, cases, canisterCases, wasmModule, inQueries } = options;
  const native = await startNativeInNode();
  const canister = new CryptoCanister(wasmModule);
  try {
    return await compareDoor(takeCases(doorCases(door, seed), cases), [
      engineResponder('noble', cases, noble),
      engineResponder('native', cases, native.engine),
      canisterResponder(canister, { limit: canisterCases, inQueries })
    ]);
  } finally {
    canister.close();
  }
}

void compare(workerData as DoorOptions).then((report) => parentPort?.postMessage(report));

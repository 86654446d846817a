/**
 * A program: the relayer on a fake chain and a fake network, which kills itself with SIGKILL at a chosen point.
 *
 * `node killable-relayer.js <folder>`; the points are before and after every journal write, chain read and canister
 * call, counted from 1. RELAYER_KILL_AT chooses one; without it the program ends by itself and prints how many there are.
 */
import { join } from 'node:path';
import { type EvmChain } from '../../../src/relayer/chains/evm-chain';
import { type Journal } from '../../../src/relayer/journal';
import { FakeNetwork } from './fake-network';
import { tellStory } from './story';
import { openTestRelayer, settleRelayer } from './test-relayer';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected a folder');
const killAt = Number(process.env['RELAYER_KILL_AT'] ?? 0);
let points = 0;

function point(): void {
  points += 1;
  if (points === killAt) process.kill(process.pid, 'SIGKILL');
}

async function between<T>(call: () => Promise<T>): Promise<T> {
  point();
  const result = await call();
  point();
  return result;
}

function killableChain(): EvmChain {
  const { chain } = tellStory();
  return {
    readChainId: () => between(() => chain.readChainId()),
    readFinalizedHeader: () => {
      // The chain grows while the relayer works, and a restarted relayer meets a node that is behind.
      if (chain.finalizedHeight < chain.tip) chain.finalizedHeight += 1n;
      return between(() => chain.readFinalizedHeader());
    },
    readHeader: (height) => between(() => chain.readHeader(height)),
    readEvents: (range) => between(() => chain.readEvents(range)),
    readSnapshot: (header) => between(() => chain.readSnapshot(header)),
    readNullifierProofs: (request) => between(() => chain.readNullifierProofs(request))
  };
}

function killableJournal(journal: Journal): Journal {
  return {
    ...journal,
    commit: (step) => {
      point();
      journal.commit(step);
      point();
    }
  };
}

async function main(folderPath: string): Promise<void> {
  const network = new FakeNetwork(join(folderPath, 'network.jsonl'));
  const relayer = openTestRelayer({
    folder: join(folderPath, 'journal'),
    chain: killableChain(),
    signer: { apply_transitions: (batch) => between(() => network.apply_transitions(batch)) },
    domains: { accept_evm_checkpoint: (evidence) => between(() => network.accept_evm_checkpoint(evidence)) },
    wrapJournal: killableJournal,
    maxRange: 3n
  });
  const { chain } = tellStory();
  while (relayer.relayer.status().cursor !== chain.tip) await settleRelayer(relayer);
  await relayer.close();
  process.stdout.write(`${points}\n`);
}

void main(folder);

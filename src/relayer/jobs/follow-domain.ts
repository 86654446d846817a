/**
 * Follows a domain's adapter up to the finalized block: rebuilds its commitment tree and finds account transitions.
 *
 * A range of blocks is taken over wholly or not at all. Its events must be complete and lead to the roots the adapter
 * announced; at the finalized block our tree must be the one in the adapter's storage. Where it is not, a node left out
 * something earlier: all since the last block where the trees were equal is read again.
 */
import { type Bytes32, equalBytes, toHex } from '../../core/bytes';
import { ProtocolError, isProtocolError } from '../../core/error';
import { type AdapterEvent, type BlockHeader, type BlockRange, type EvmChain } from '../chains/evm-chain';
import { type Job } from '../job';
import { type FollowedBlock } from '../journal-record';
import { type Ledger } from '../ledger';
import { type Log } from '../log';
import { chainError } from '../relayer-error';
import { type Execution, groupExecutions } from './execution';
import { observeTransitions } from './observe-transitions';

export type FollowOptions = {
  readonly chain: EvmChain;
  readonly ledger: Ledger;
  readonly log: Log;
  /** Block of the adapter's creation, or any before its first transaction. */
  readonly startBlock: bigint;
  /** Most blocks read in one step. */
  readonly maxRange: bigint;
};

/** Where a step ended: `behind` when there is more to read at once. */
export type FollowOutcome = { readonly finalizedHeight: bigint; readonly behind: boolean };

type BlockStretch = { readonly range: BlockRange; readonly first: BlockHeader; readonly last: BlockHeader };

/**
 * Takes over the next range of finalized blocks, if there is one.
 * @throws {ProtocolError} `chain/reorg-below-finality` (fatal): a block that was final is no longer on the chain;
 * other `chain/*`: the node failed or contradicts itself, nothing was taken over.
 */
export async function followDomain(options: FollowOptions): Promise<FollowOutcome> {
  const { chain, ledger } = options;
  const finalized = await chain.readFinalizedHeader();
  const cursor = ledger.cursor ?? (await anchor(options));
  if (finalized.height < cursor.height) {
    throw chainError(
      'node-behind',
      `expected a finalized block from ${cursor.height} on, got ${finalized.height}`,
      {
        data: { expected: cursor.height, actual: finalized.height }
      }
    );
  }
  if (finalized.height === cursor.height) {
    if (!equalBytes(finalized.hash, cursor.hash)) throw reorg(cursor, finalized.hash);
    return { finalizedHeight: finalized.height, behind: false };
  }
  const stretch = await readStretch(options, cursor, finalized);
  try {
    await takeOver(options, stretch, stretch.last === finalized);
  } catch (error) {
    ledger.discardStaged();
    rewindOnOtherTree(options, error);
    throw error;
  }
  return { finalizedHeight: finalized.height, behind: stretch.last !== finalized };
}

/** The block before the first one to be read; there the tree is empty. */
async function anchor({ chain, ledger, startBlock }: FollowOptions): Promise<FollowedBlock> {
  const { height, hash } = await chain.readHeader(startBlock > 0n ? startBlock - 1n : 0n);
  const block: FollowedBlock = { height, hash, leafCount: 0n };
  ledger.commit({ cursor: block, verified: block });
  return block;
}

async function readStretch(
  { chain, maxRange }: FollowOptions,
  cursor: FollowedBlock,
  finalized: BlockHeader
): Promise<BlockStretch> {
  const from = cursor.height + 1n;
  const end = cursor.height + maxRange;
  const last = end >= finalized.height ? finalized : await chain.readHeader(end);
  const first = from === last.height ? last : await chain.readHeader(from);
  if (!equalBytes(first.parentHash, cursor.hash)) {
    const known = await chain.readHeader(cursor.height);
    if (!equalBytes(known.hash, cursor.hash)) throw reorg(cursor, known.hash);
    throw chainError('broken-chain', `expected block ${from} to follow block ${cursor.height}`, {
      data: { height: from, expected: cursor.hash, actual: first.parentHash }
    });
  }
  return { range: { from, to: last.height }, first, last };
}

async function takeOver(options: FollowOptions, stretch: BlockStretch, isCaughtUp: boolean): Promise<void> {
  const { chain, ledger, log } = options;
  const events = await chain.readEvents(stretch.range);
  await assertOnChain(chain, events, stretch);
  const jobs = stageExecutions(options, groupExecutions(events));
  const cursor: FollowedBlock = {
    height: stretch.last.height,
    hash: stretch.last.hash,
    leafCount: ledger.leafCount
  };
  if (isCaughtUp) await assertSameTree(options, stretch.last, cursor.leafCount);
  ledger.commit({ cursor, jobs, ...(isCaughtUp ? { verified: cursor } : {}) });
  for (const job of jobs)
    log.info('job-observed', { job: job.id, height: job.height, firstLeaf: job.firstLeaf });
  log.debug('followed', { height: cursor.height, leafCount: cursor.leafCount, events: events.length });
}

/** Every event must be in a block of the chain we follow. */
async function assertOnChain(
  chain: EvmChain,
  events: readonly AdapterEvent[],
  { range, first, last }: BlockStretch
): Promise<void> {
  const hashes = new Map<bigint, Bytes32>([first, last].map(({ height, hash }) => [height, hash]));
  for (const { height, blockHash } of events) {
    if (height < range.from || height > range.to) {
      throw chainError(
        'foreign-log',
        `expected logs of blocks ${range.from} to ${range.to}, got one of ${height}`
      );
    }
    const expected = hashes.get(height) ?? (await chain.readHeader(height)).hash;
    hashes.set(height, expected);
    if (!equalBytes(blockHash, expected)) {
      throw chainError('foreign-log', `expected logs of the block that is final at ${height}`, {
        data: { height, expected, actual: blockHash }
      });
    }
  }
}

function stageExecutions({ ledger, log }: FollowOptions, executions: readonly Execution[]): Job[] {
  return executions.flatMap((execution) => {
    const firstLeaf = ledger.leafCount;
    ledger.stageLeaves(execution.commitments);
    const root = ledger.rootAt(ledger.leafCount);
    if (execution.root !== undefined && !equalBytes(execution.root, root)) {
      throw otherTree({ height: execution.height, expected: execution.root, actual: root });
    }
    return observeTransitions(execution, firstLeaf, log).filter((job) => !ledger.hasJob(job.id));
  });
}

async function assertSameTree(
  { chain, ledger }: FollowOptions,
  header: BlockHeader,
  ourLeafCount: bigint
): Promise<void> {
  const { root, leafCount } = await chain.readSnapshot(header);
  const ours = ledger.rootAt(ourLeafCount);
  if (leafCount !== ourLeafCount || !equalBytes(root, ours)) {
    throw otherTree({ height: header.height, expected: root, actual: ours });
  }
}

/** Jobs above the last verified block have never been tried, so nothing is lost or doubled by finding them again. */
function rewindOnOtherTree({ ledger, log }: FollowOptions, error: unknown): void {
  const { cursor, verified } = ledger;
  if (!isProtocolError(error, 'chain/other-tree') || verified === undefined || cursor === undefined) return;
  if (cursor.height === verified.height) return;
  log.warn('rewound', { from: cursor.height, to: verified.height });
  ledger.rewindTo(verified);
}

function otherTree(roots: {
  readonly height: bigint;
  readonly expected: Bytes32;
  readonly actual: Bytes32;
}): Error {
  const message = `expected the tree's root at block ${roots.height} to be the adapter's: logs are missing, or the start block is too late`;
  return chainError('other-tree', message, { data: roots });
}

function reorg(cursor: FollowedBlock, actual: Bytes32): Error {
  return new ProtocolError(
    'chain/reorg-below-finality',
    `block ${cursor.height} was final as ${toHex(cursor.hash)} and is now ${toHex(actual)}: ` +
      'the chain broke its finality or the node is on another chain; nothing more is relayed',
    { height: cursor.height, expected: cursor.hash, actual }
  );
}

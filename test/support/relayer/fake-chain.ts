/**
 * A fake EVM chain with a fake protocol adapter, at the relayer's chain port. Blocks are scripted; its tree is computed
 * the slow way from the definition, with Node's SHA-256.
 */
import { createHash } from 'node:crypto';
import { type Bytes32, bytes32 } from '../../../src/core/bytes';
import {
  type AdapterEvent,
  type AdapterSnapshot,
  type BlockHeader,
  type BlockRange,
  type EvmChain,
  type NullifierRequest,
  type TrieProof
} from '../../../src/relayer/chains/evm-chain';

export type FakeUnit = {
  readonly nullifier: Bytes32;
  readonly commitment: Bytes32;
  /** Application payloads on the created resource, and on the consumed one. */
  readonly payloads?: readonly Uint8Array[];
  readonly consumedPayloads?: readonly Uint8Array[];
};
/** The units of each action of one `execute` call. */
export type FakeExecution = readonly (readonly FakeUnit[])[];
type FakeBlock = {
  readonly header: BlockHeader;
  readonly events: readonly AdapterEvent[];
  readonly leafCount: number;
};

export const digest = (...parts: readonly (string | Uint8Array)[]): Bytes32 => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return bytes32(Uint8Array.from(hash.digest()), 'digest');
};

const EMPTY = digest('EMPTY');

/** Root and paths of the adapter's tree by its definition: all leaves padded to 2^depth. */
export function naiveRoot(leaves: readonly Bytes32[]): Bytes32 {
  const depth = leaves.length === 0 ? 0 : Math.floor(Math.log2(leaves.length)) + 1;
  let level: Bytes32[] = Array.from({ length: 2 ** depth }, (_, index) => leaves[index] ?? EMPTY);
  while (level.length > 1) level = pairUp(level);
  return level[0] ?? EMPTY;
}

function pairUp(level: readonly Bytes32[]): Bytes32[] {
  return Array.from({ length: level.length / 2 }, (_, index) =>
    digest(level[2 * index] ?? EMPTY, level[2 * index + 1] ?? EMPTY)
  );
}

function naiveActionRoot(tags: readonly Bytes32[]): Bytes32 {
  let level: Bytes32[] = [...tags];
  while (Math.log2(level.length) % 1 !== 0) level.push(EMPTY);
  while (level.length > 1) level = pairUp(level);
  return level[0] ?? EMPTY;
}

/** The fake proof of a nullifier: what a checker must find, without any trie. */
export const fakeNullifierProof = (nullifier: Bytes32, storageHash: Bytes32): TrieProof => [
  digest('proof', nullifier, storageHash)
];
/** Storage root of the fake adapter at a height. */
export const fakeStorageHash = (height: bigint): Bytes32 => digest('storage', String(height));

export class FakeChain implements EvmChain {
  readonly leaves: Bytes32[] = [];
  readonly nullifiers: Bytes32[] = [];
  chainId = 31337n;
  finalizedHeight = 0n;
  /** Lowest height whose state the node still has. */
  oldestState = 0n;
  private blocks: FakeBlock[] = [];
  private logCount = 0;

  constructor(private readonly branch = 'main') {
    this.addBlock();
  }

  get tip(): bigint {
    return BigInt(this.blocks.length - 1);
  }

  /** Appends a block with these `execute` calls; one transaction each. Returns its height. */
  addBlock(...executions: readonly FakeExecution[]): bigint {
    const height = BigInt(this.blocks.length);
    const parentHash = this.blocks.at(-1)?.header.hash ?? digest('genesis parent');
    const hash = digest('block', this.branch, String(height), parentHash);
    const events = executions.flatMap((execution, index) =>
      this.execute(execution, { height, blockHash: hash, txHash: digest('tx', hash, String(index)) })
    );
    const header = { height, hash, parentHash, rlp: digest('header', hash) };
    this.blocks.push({ header, events, leafCount: this.leaves.length });
    return height;
  }

  addBlocks(count: number): void {
    for (let index = 0; index < count; index += 1) this.addBlock();
  }

  finalizeAll(): void {
    this.finalizedHeight = this.tip;
  }

  /** Another branch from `height` on: the reorganisation no finality allows. */
  replaceFrom(height: bigint, branch: string): void {
    const count = this.blocks.length - Number(height);
    const fork = new FakeChain(branch);
    this.blocks = this.blocks.slice(0, Number(height));
    for (let index = 0; index < count; index += 1) {
      const parentHash = this.blocks.at(-1)?.header.hash ?? digest('genesis parent');
      const at = BigInt(this.blocks.length);
      const hash = digest('block', fork.branch, String(at), parentHash);
      this.blocks.push({
        header: { height: at, hash, parentHash, rlp: digest('header', hash) },
        events: [],
        leafCount: 0
      });
    }
  }

  readChainId(): Promise<bigint> {
    return Promise.resolve(this.chainId);
  }

  readFinalizedHeader(): Promise<BlockHeader> {
    return Promise.resolve(this.block(this.finalizedHeight).header);
  }

  readHeader(height: bigint): Promise<BlockHeader> {
    return Promise.resolve(this.block(height).header);
  }

  readEvents({ from, to }: BlockRange): Promise<AdapterEvent[]> {
    return Promise.resolve(
      this.blocks.slice(Number(from), Number(to) + 1).flatMap(({ events }) => [...events])
    );
  }

  readSnapshot({ height }: BlockHeader): Promise<AdapterSnapshot> {
    const count = this.block(height).leafCount;
    const root = naiveRoot(this.leaves.slice(0, count));
    const proof = (name: string): TrieProof => [digest(name, String(height))];
    return Promise.resolve({
      leafCount: BigInt(count),
      root,
      accountProof: proof('account'),
      leafCountProof: proof('leaf count'),
      rootCountProof: proof('root count'),
      latestRootProof: [root, digest(String(count))]
    });
  }

  readNullifierProofs({ storageHash, nullifiers }: NullifierRequest): Promise<TrieProof[]> {
    return Promise.resolve(nullifiers.map((nullifier) => fakeNullifierProof(nullifier, storageHash)));
  }

  private block(height: bigint): FakeBlock {
    const block = this.blocks[Number(height)];
    if (block === undefined) throw new Error(`the fake chain has no block ${height}`);
    return block;
  }

  private execute(
    execution: FakeExecution,
    place: Pick<AdapterEvent, 'height' | 'blockHash' | 'txHash'>
  ): AdapterEvent[] {
    const at = () => ({ ...place, logIndex: this.logCount++ });
    const tagsOf = (units: readonly FakeUnit[]) => units.flatMap((unit) => [unit.nullifier, unit.commitment]);
    const actions = execution.flatMap((units): AdapterEvent[] => [
      ...units.flatMap(({ nullifier, commitment, payloads = [], consumedPayloads = [] }) => [
        ...consumedPayloads.map((blob) => ({
          ...at(),
          type: 'ApplicationPayload' as const,
          tag: nullifier,
          blob
        })),
        ...payloads.map((blob) => ({ ...at(), type: 'ApplicationPayload' as const, tag: commitment, blob }))
      ]),
      {
        ...at(),
        type: 'ActionExecuted',
        actionTreeRoot: naiveActionRoot(tagsOf(units)),
        tagCount: 2 * units.length
      }
    ]);
    const units = execution.flat();
    this.leaves.push(...units.map(({ commitment }) => commitment));
    this.nullifiers.push(...units.map(({ nullifier }) => nullifier));
    const rootAdded: AdapterEvent[] =
      units.length === 0 ? [] : [{ ...at(), type: 'CommitmentTreeRootAdded', root: naiveRoot(this.leaves) }];
    return [...actions, ...rootAdded, { ...at(), type: 'TransactionExecuted', tags: tagsOf(units) }];
  }
}

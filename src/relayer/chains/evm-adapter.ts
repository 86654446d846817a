/** {@link EvmChain} over JSON-RPC, with the protocol adapter's storage as the domain's configuration says. */
import { type Hex, http, numberToHex } from 'viem';
import {
  type Address,
  type Bytes32,
  bytes32,
  concat,
  decodeBigEndian,
  encodeBigEndian,
  toHex
} from '../../core/bytes';
import { keccak256 } from '../../core/crypto/hash';
import { chainError } from '../relayer-error';
import { ADAPTER_TOPICS, decodeEvents } from './adapter-event';
import {
  type AdapterState,
  type BlockHeader,
  type BlockRange,
  type EvmChain,
  type TrieProof
} from './evm-chain';
import { decodeHeader } from './evm-header';
import { parseArray, parseBytes, parseObject, parseQuantity } from './rpc-value';

/** Solidity slots of the adapter: `nextLeafIndex`, `roots._values`, `nullifiers._positions`. */
export type AdapterLayout = {
  readonly leafCountSlot: bigint;
  readonly rootValuesSlot: bigint;
  readonly nullifierPositionsSlot: bigint;
};

export type EvmAdapterOptions = {
  readonly rpcUrl: string;
  readonly adapter: Address;
  readonly layout: AdapterLayout;
  /** Longest wait for one answer. */
  readonly timeoutMs?: number;
  /** Largest answer read. */
  readonly maxBodyBytes?: number;
};

type RpcCall = (method: string, params: readonly unknown[]) => Promise<unknown>;
type StorageProof = { readonly value: bigint; readonly proof: TrieProof };
type AccountProof = { readonly accountProof: TrieProof; readonly slots: readonly StorageProof[] };

const DEFAULT_TIMEOUT_MS = 15_000;
/** Room for a range full of transactions: the largest measured one has 82 kB of calldata. */
const DEFAULT_MAX_BODY_BYTES = 32 * 2 ** 20;
/** An EIP-1186 answer for one slot is about 10 kB; asked in parts, no answer grows past a few hundred. */
const SLOTS_PER_REQUEST = 16;

/** The chain behind `rpcUrl`. Asks once per call: trying again is the caller's decision. */
export function connectEvmAdapter(options: EvmAdapterOptions): EvmChain {
  const call = connectRpc(options);
  const { adapter, layout } = options;
  const block = async (tag: string): Promise<BlockHeader> => {
    const answer = await call('eth_getBlockByNumber', [tag, false]);
    if (answer === null) throw chainError('no-block', `the node has no block ${tag}`, { data: { tag } });
    return decodeHeader(answer);
  };
  const proofs = (height: bigint, slots: readonly Bytes32[]): Promise<AccountProof> =>
    readProofs(call, { adapter, height, slots });
  return {
    readChainId: async () => parseQuantity(await call('eth_chainId', []), 'chain id'),
    readFinalizedHeader: () => block('finalized'),
    readHeader: async (height) => assertHeight(await block(numberToHex(height)), height),
    readEvents: async (range) =>
      decodeEvents(await call('eth_getLogs', [logFilter(adapter, range)]), adapter),
    readAdapterState: (height) => readAdapterState(layout, (slots) => proofs(height, slots)),
    readNullifierProofs: async ({ height, nullifiers }) => {
      const slots = nullifiers.map((nullifier) => mappingSlot(nullifier, layout.nullifierPositionsSlot));
      return (await proofs(height, slots)).slots.map(({ proof }) => proof);
    }
  };
}

function connectRpc(options: EvmAdapterOptions): RpcCall {
  const { request } = http<undefined>(options.rpcUrl, {
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxResponseBodySize: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES
  })({ retryCount: 0 });
  return async (method, params) => {
    try {
      const answer: unknown = await request({ method, params });
      return answer;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
      throw chainError('rpc', `${method} failed: ${reason}`, { data: { method }, cause });
    }
  };
}

function logFilter(adapter: Address, range: BlockRange): object {
  return {
    address: `0x${toHex(adapter)}`,
    topics: [ADAPTER_TOPICS],
    fromBlock: numberToHex(range.from),
    toBlock: numberToHex(range.to)
  };
}

function assertHeight(header: BlockHeader, height: bigint): BlockHeader {
  if (header.height === height) return header;
  throw chainError('other-block', `expected block ${height}, got ${header.height}`, {
    data: { expected: height, actual: header.height }
  });
}

async function readAdapterState(
  layout: AdapterLayout,
  proofs: (slots: readonly Bytes32[]) => Promise<AccountProof>
): Promise<AdapterState> {
  const counts = [slotOf(layout.leafCountSlot), slotOf(layout.rootValuesSlot)];
  const rootCount = (await proofs(counts)).slots[1]?.value ?? 0n;
  if (rootCount === 0n) {
    throw chainError('no-roots', 'expected an adapter with a root, got none: wrong address or layout');
  }
  const latestRootSlot = decodeBigEndian(keccak256(slotOf(layout.rootValuesSlot))) + rootCount - 1n;
  const { accountProof, slots } = await proofs([...counts, slotOf(latestRootSlot % 2n ** 256n)]);
  const [leafCount, rootCountAgain, latestRoot] = slots;
  if (leafCount === undefined || rootCountAgain?.value !== rootCount || latestRoot === undefined) {
    throw chainError('unsteady-state', 'the node gave two states of one block');
  }
  return {
    leafCount: leafCount.value,
    root: slotOf(latestRoot.value),
    accountProof,
    leafCountProof: leafCount.proof,
    rootCountProof: rootCountAgain.proof,
    latestRootProof: latestRoot.proof
  };
}

async function readProofs(
  call: RpcCall,
  request: { readonly adapter: Address; readonly height: bigint; readonly slots: readonly Bytes32[] }
): Promise<AccountProof> {
  const slots: StorageProof[] = [];
  let accountProof: TrieProof = [];
  for (let start = 0; start === 0 || start < request.slots.length; start += SLOTS_PER_REQUEST) {
    const keys = request.slots.slice(start, start + SLOTS_PER_REQUEST);
    const params = [`0x${toHex(request.adapter)}`, keys.map(toKey), numberToHex(request.height)];
    const answer = parseObject(await call('eth_getProof', params), 'proof');
    accountProof = parseTrieProof(answer['accountProof'], 'account proof');
    slots.push(...parseStorageProofs(answer['storageProof'], keys));
  }
  return { accountProof, slots };
}

function parseStorageProofs(value: unknown, keys: readonly Bytes32[]): StorageProof[] {
  const proofs = parseArray(value, 'storage proofs').map((entry) => parseObject(entry, 'storage proof'));
  const isAsAsked = proofs.every(({ key }, index) => isSameKey(key, keys[index]));
  if (proofs.length !== keys.length || !isAsAsked) {
    throw chainError('malformed-answer', `expected proofs of ${keys.length} slots in order`);
  }
  return proofs.map((entry) => ({
    value: parseQuantity(entry['value'], 'storage value'),
    proof: parseTrieProof(entry['proof'], 'storage proof nodes')
  }));
}

/** Nodes disagree whether a key comes back padded. */
function isSameKey(actual: unknown, expected: Bytes32 | undefined): boolean {
  if (typeof actual !== 'string' || !/^0x[0-9a-f]{1,64}$/i.test(actual) || expected === undefined)
    return false;
  return BigInt(actual) === decodeBigEndian(expected);
}

const parseTrieProof = (value: unknown, label: string): TrieProof =>
  parseArray(value, label).map((node) => parseBytes(node, label));

const slotOf = (value: bigint): Bytes32 => bytes32(encodeBigEndian(value, 32), 'slot');
const mappingSlot = (key: Bytes32, slot: bigint): Bytes32 => keccak256(concat(key, slotOf(slot)));
const toKey = (slot: Bytes32): Hex => `0x${toHex(slot)}`;

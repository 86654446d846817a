/** {@link EvmChain} over JSON-RPC, with the protocol adapter's storage as the domain's configuration says. */
import { type Hex, http, numberToHex } from 'viem';
import {
  type Address,
  type Bytes32,
  bytes32,
  decodeBigEndian,
  encodeBigEndian,
  toHex
} from '../../core/bytes';
import { isProtocolError } from '../../core/error';
import {
  type StorageLayout,
  latestRootSlot,
  nullifierSlot,
  verifyAdapterState,
  verifyNullifierMembership
} from '../../core/proof/adapter-state';
import { decodeHeader } from '../../core/proof/ethereum-header';
import { chainError } from '../relayer-error';
import { ADAPTER_TOPICS, decodeEvents } from './adapter-event';
import {
  type AdapterSnapshot,
  type BlockHeader,
  type BlockRange,
  type EvmChain,
  type TrieProof
} from './evm-chain';
import { parseBlockHeader } from './evm-header';
import { parseArray, parseBytes, parseObject, parseQuantity } from './rpc-value';

export type EvmAdapterOptions = {
  readonly rpcUrl: string;
  readonly adapter: Address;
  readonly layout: StorageLayout;
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
    return parseBlockHeader(answer);
  };
  const proofs = (height: bigint, slots: readonly Bytes32[]): Promise<AccountProof> =>
    readProofs(call, { adapter, height, slots });
  return {
    readChainId: async () => parseQuantity(await call('eth_chainId', []), 'chain id'),
    readFinalizedHeader: () => block('finalized'),
    readHeader: async (height) => assertHeight(await block(numberToHex(height)), height),
    readEvents: async (range) =>
      decodeEvents(await call('eth_getLogs', [logFilter(adapter, range)]), adapter),
    readSnapshot: (header) => readSnapshot(options, header, (slots) => proofs(header.height, slots)),
    readNullifierProofs: async ({ height, storageHash, nullifiers }) => {
      const slots = nullifiers.map((nullifier) => nullifierSlot(nullifier, layout));
      const read = (await proofs(height, slots)).slots.map(({ proof }) => proof);
      nullifiers.forEach((nullifier, index) =>
        assertMember({ storageHash, layout, nullifier, proof: read[index] ?? [] })
      );
      return read;
    }
  };
}

function connectRpc(options: EvmAdapterOptions): RpcCall {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const { request } = http<undefined>(options.rpcUrl, {
    timeout: timeoutMs,
    maxResponseBodySize: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    // viem's own time limit ends with the headers; a node that drips its body would hold the relayer for ever.
    fetchFn: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(timeoutMs) })
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

async function readSnapshot(
  { adapter, layout }: EvmAdapterOptions,
  header: BlockHeader,
  proofs: (slots: readonly Bytes32[]) => Promise<AccountProof>
): Promise<AdapterSnapshot> {
  const counts = [toWord(layout.leafCountSlot), toWord(layout.rootValuesSlot)];
  const rootCount = (await proofs(counts)).slots[1]?.value ?? 0n;
  if (rootCount === 0n) {
    throw chainError('no-roots', 'expected an adapter with a root, got none: wrong address or layout');
  }
  const { accountProof, slots } = await proofs([...counts, latestRootSlot(rootCount, layout)]);
  const [leafCountProof = [], rootCountProof = [], latestRootProof = []] = slots.map(({ proof }) => proof);
  const evidence = { accountProof, leafCountProof, rootCountProof, latestRootProof };
  const { leafCount, root } = orBadProof(() =>
    verifyAdapterState({ header: decodeHeader(header.rlp), adapter, layout, ...evidence })
  );
  return { leafCount, root, ...evidence };
}

function assertMember(evidence: Parameters<typeof verifyNullifierMembership>[0]): void {
  if (orBadProof(() => verifyNullifierMembership(evidence))) return;
  throw chainError('nullifier-absent', "expected a consumed nullifier to be in the adapter's set", {
    data: { nullifier: evidence.nullifier }
  });
}

/** A node's proof that does not hold is the node's fault: a canister would refuse it. */
function orBadProof<T>(verify: () => T): T {
  try {
    return verify();
  } catch (cause) {
    if (!isProtocolError(cause)) throw cause;
    throw chainError('bad-proof', `the node's proof does not hold: ${cause.message}`, { cause });
  }
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

const toWord = (value: bigint): Bytes32 => bytes32(encodeBigEndian(value, 32), 'slot');
const toKey = (slot: Bytes32): Hex => `0x${toHex(slot)}`;

/**
 * Reads the evidence for a checkpoint from an EVM node with viem alone: header RLP, account and storage proofs of a
 * protocol adapter. Independent of `src`, so that what `src` says of it means something.
 */
import {
  type Hex,
  type PublicClient,
  concatHex,
  hexToBigInt,
  keccak256,
  numberToHex,
  pad,
  toRlp
} from 'viem';

/** A block of a chain with what the adapter's storage held then. `nullifierProofs` by nullifier, in hex. */
export type AdapterBlock = {
  readonly height: bigint;
  readonly blockHash: Hex;
  readonly stateRoot: Hex;
  readonly header: Hex;
  readonly storageHash: Hex;
  readonly leafCount: bigint;
  readonly root: Hex;
  readonly accountProof: readonly Hex[];
  readonly leafCountProof: readonly Hex[];
  readonly rootCountProof: readonly Hex[];
  readonly latestRootProof: readonly Hex[];
  readonly nullifierProofs: Readonly<Record<Hex, readonly Hex[]>>;
};

/** Storage slots of the adapter v1.1.0. */
export const ADAPTER_SLOTS = { leafCount: 1n, rootValues: 4n, nullifierPositions: 7n } as const;

/** What to read: an adapter's state at a block (a height or a hash), and these nullifiers' proofs. */
export type EvidenceQuery = {
  readonly adapter: Hex;
  readonly height: bigint;
  readonly nullifiers?: readonly Hex[];
};

type StorageProof = { readonly key: Hex; readonly value: Hex; readonly proof: readonly Hex[] };
type AccountProof = {
  readonly accountProof: readonly Hex[];
  readonly storageHash: Hex;
  readonly storageProof: readonly StorageProof[];
};
type RawBlock = Readonly<Record<string, Hex | undefined>>;

const slotHex = (slot: bigint): Hex => numberToHex(slot, { size: 32 });

/** Slot of element `index` of the dynamic array in `slot` (Solidity layout). */
export const arrayElementSlot = (slot: bigint, index: bigint): Hex =>
  slotHex(hexToBigInt(keccak256(slotHex(slot))) + index);

/** Slot of `key` in the mapping in `slot` (Solidity layout). */
export const mappingSlot = (slot: bigint, key: Hex): Hex =>
  keccak256(concatHex([pad(key, { size: 32 }), slotHex(slot)]));

/** The evidence. @throws when the node's header does not hash to the block hash it names. */
export async function readAdapterBlock(reader: PublicClient, query: EvidenceQuery): Promise<AdapterBlock> {
  const block = await request<RawBlock>(reader, 'eth_getBlockByNumber', [numberToHex(query.height), false]);
  const header = encodeHeader(block);
  if (keccak256(header) !== block['hash'])
    throw new Error(`header ${query.height} does not hash to ${block['hash']}`);
  const nullifiers = query.nullifiers ?? [];
  const countSlot = slotHex(ADAPTER_SLOTS.rootValues);
  const counts = await readProof(reader, query, [slotHex(ADAPTER_SLOTS.leafCount), countSlot]);
  const [leafCount, rootCount] = counts.storageProof;
  if (leafCount === undefined || rootCount === undefined) throw new Error('eth_getProof left slots out');
  const rootSlot = arrayElementSlot(ADAPTER_SLOTS.rootValues, BigInt(rootCount.value) - 1n);
  const rest = await readProof(reader, query, [
    rootSlot,
    ...nullifiers.map((nullifier) => mappingSlot(ADAPTER_SLOTS.nullifierPositions, nullifier))
  ]);
  const [root, ...nullifierProofs] = rest.storageProof;
  if (root === undefined || block['stateRoot'] === undefined) throw new Error('the node left fields out');
  return {
    height: query.height,
    blockHash: keccak256(header),
    stateRoot: block['stateRoot'],
    header,
    storageHash: counts.storageHash,
    leafCount: BigInt(leafCount.value),
    root: pad(root.value, { size: 32 }),
    accountProof: counts.accountProof,
    leafCountProof: leafCount.proof,
    rootCountProof: rootCount.proof,
    latestRootProof: root.proof,
    nullifierProofs: Object.fromEntries(
      nullifiers.map((nullifier, index) => [nullifier, nullifierProofs[index]?.proof ?? []])
    )
  };
}

/** Fields of a header in the order of their RLP (EIP-1559, 4895, 4844, 4788, 7685); later forks only append. */
export const HEADER_FIELDS = [
  ...['parentHash', 'sha3Uncles', 'miner', 'stateRoot', 'transactionsRoot', 'receiptsRoot', 'logsBloom'],
  ...['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp', 'extraData', 'mixHash', 'nonce'],
  ...[
    'baseFeePerGas',
    'withdrawalsRoot',
    'blobGasUsed',
    'excessBlobGas',
    'parentBeaconBlockRoot',
    'requestsHash'
  ]
];
/** Those that JSON has as integers without leading zeros. */
export const QUANTITIES = new Set([
  ...['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp', 'baseFeePerGas'],
  ...['blobGasUsed', 'excessBlobGas']
]);

/** RLP of a header from the JSON of `eth_getBlockBy...`. */
export function encodeHeader(block: RawBlock): Hex {
  const fields = HEADER_FIELDS.flatMap((name) => {
    const value = block[name];
    if (value === undefined) return [];
    return [QUANTITIES.has(name) ? trimQuantity(value) : value];
  });
  return toRlp(fields);
}

function trimQuantity(value: Hex): Hex {
  const digits = BigInt(value).toString(16);
  if (digits === '0') return '0x';
  return digits.length % 2 === 0 ? `0x${digits}` : `0x0${digits}`;
}

function readProof(
  reader: PublicClient,
  { adapter, height }: EvidenceQuery,
  slots: readonly Hex[]
): Promise<AccountProof> {
  return request(reader, 'eth_getProof', [adapter, slots, numberToHex(height)]);
}

async function request<T>(reader: PublicClient, method: string, params: readonly unknown[]): Promise<T> {
  const answer: unknown = await reader.transport.request({ method, params });
  return answer as T;
}

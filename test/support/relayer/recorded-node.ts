/** What an honest node answers about the recorded chain (test/fixtures/domains): blocks as JSON, and storage proofs. */
import { type Hex, bytesToHex, fromRlp, hexToBigInt, keccak256, numberToHex } from 'viem';
import { recordedAdapter, recordedBlock, recordedNullifiers } from '../../fixtures/domains/adapter-chain';
import { ADAPTER_SLOTS, HEADER_FIELDS, QUANTITIES, arrayElementSlot, mappingSlot } from '../evm-evidence';
import { type RpcAnswer, type RpcQuestion } from './rpc-server';

/** Roots in the adapter's set at these blocks (record-adapter-chain.ts). */
const ROOT_COUNTS = { untouched: 0n, early: 2n, middle: 3n, late: 4n } as const;

export type BlockJson = Record<string, unknown>;

/** `eth_getBlockByNumber` of a header in RLP, as a node prints it. */
export function blockJson(header: Hex): BlockJson {
  const items = fromRlp(header, 'hex') as Hex[];
  const fields = items.map((item, index) => {
    const name = HEADER_FIELDS[index] ?? `field ${index}`;
    return [name, QUANTITIES.has(name) ? numberToHex(item === '0x' ? 0n : hexToBigInt(item)) : item];
  });
  return {
    ...(Object.fromEntries(fields) as BlockJson),
    hash: keccak256(header),
    transactions: [],
    size: '0x1'
  };
}

/** Answers as a node whose finalized block is the recorded block `name`, and which knows no other. */
export function answerAsNode(name: keyof typeof ROOT_COUNTS): (question: RpcQuestion) => RpcAnswer {
  const block = recordedBlock(name);
  const json = blockJson(bytesToHex(block.header));
  const proofs = storageProofs(name);
  return ({ method, params }) => {
    switch (method) {
      case 'eth_chainId':
        return { result: '0x7a69' };
      case 'eth_getBlockByNumber':
        return { result: params[0] === 'finalized' || params[0] === json['number'] ? json : null };
      case 'eth_getProof': {
        const storageProof = (params[1] as Hex[]).map((key) => ({ key, ...proofs.get(key) }));
        return {
          result: {
            address: params[0],
            accountProof: block.accountProof.map((node) => bytesToHex(node)),
            storageProof
          }
        };
      }
      case 'eth_getLogs':
        return { result: [] };
      default:
        return { error: { code: -32601, message: `the method ${method} does not exist` } };
    }
  };
}

export const RECORDED_ADAPTER = bytesToHex(recordedAdapter);

function storageProofs(
  name: keyof typeof ROOT_COUNTS
): Map<Hex, { readonly value: Hex; readonly proof: Hex[] }> {
  const block = recordedBlock(name);
  const rootCount = ROOT_COUNTS[name];
  const slot = (value: bigint): Hex => numberToHex(value, { size: 32 });
  const entry = (value: bigint, proof: Uint8Array[]) => ({
    value: numberToHex(value),
    proof: proof.map((node) => bytesToHex(node))
  });
  const nullifier = (which: keyof typeof recordedNullifiers) =>
    [
      mappingSlot(ADAPTER_SLOTS.nullifierPositions, bytesToHex(recordedNullifiers[which])),
      entry(which === 'never' ? 0n : 1n, block.nullifierProofs[which])
    ] as const;
  return new Map([
    [slot(ADAPTER_SLOTS.leafCount), entry(block.leafCount, block.leafCountProof)],
    [slot(ADAPTER_SLOTS.rootValues), entry(rootCount, block.rootCountProof)],
    [
      arrayElementSlot(ADAPTER_SLOTS.rootValues, rootCount === 0n ? 0n : rootCount - 1n),
      entry(hexToBigInt(bytesToHex(block.root)), block.latestRootProof)
    ],
    nullifier('first'),
    nullifier('second'),
    nullifier('never')
  ]);
}

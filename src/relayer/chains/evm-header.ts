/**
 * The RLP encoding of a block header, put together again from what `eth_getBlockByNumber` answers and checked to hash
 * to the block's hash (Yellow Paper 4.4; EIP-1559, 4895, 4844, 4788, 7685 for the later fields).
 */
import { hexToBytes, toRlp } from 'viem';
import { encodeBigEndian, equalBytes, toHex } from '../../core/bytes';
import { keccak256 } from '../../core/crypto/hash';
import { chainError } from '../relayer-error';
import { type BlockHeader } from './evm-chain';
import { type RpcObject, parseBytes, parseBytes32, parseObject, parseQuantity } from './rpc-value';

type HeaderField = { readonly name: string; readonly form: 'bytes' | 'quantity' };

const bytes = (name: string): HeaderField => ({ name, form: 'bytes' });
const quantity = (name: string): HeaderField => ({ name, form: 'quantity' });

const FRONTIER_FIELDS: readonly HeaderField[] = [
  ...['parentHash', 'sha3Uncles', 'miner', 'stateRoot', 'transactionsRoot', 'receiptsRoot', 'logsBloom'].map(
    bytes
  ),
  ...['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp'].map(quantity),
  ...['extraData', 'mixHash', 'nonce'].map(bytes)
];
/** In the order the forks added them; a header has a prefix of these. */
const FORK_FIELDS: readonly HeaderField[] = [
  quantity('baseFeePerGas'),
  bytes('withdrawalsRoot'),
  quantity('blobGasUsed'),
  quantity('excessBlobGas'),
  bytes('parentBeaconBlockRoot'),
  bytes('requestsHash')
];

/**
 * The header in a node's block.
 * @throws {ProtocolError} `chain/header-hash` when the fields do not hash to the block's hash: the node lies, or the
 * chain has header fields this relayer does not know; `chain/malformed-answer`.
 */
export function parseBlockHeader(answer: unknown): BlockHeader {
  const block = parseObject(answer, 'block');
  const present = FORK_FIELDS.filter(({ name }) => block[name] !== undefined && block[name] !== null);
  const fields = [...FRONTIER_FIELDS, ...present].map((field) => encodeField(block, field));
  const rlp = hexToBytes(toRlp(fields.map((field): `0x${string}` => `0x${toHex(field)}`)));
  const hash = parseBytes32(block['hash'], 'block hash');
  const height = parseQuantity(block['number'], 'block number');
  if (!equalBytes(keccak256(rlp), hash)) {
    throw chainError('header-hash', `expected the header of block ${height} to hash to its block hash`, {
      data: { height, expected: hash, actual: keccak256(rlp) }
    });
  }
  return { height, hash, parentHash: parseBytes32(block['parentHash'], 'parent hash'), rlp };
}

function encodeField(block: RpcObject, field: HeaderField): Uint8Array {
  const value = block[field.name];
  return field.form === 'bytes'
    ? parseBytes(value, field.name)
    : encodeQuantity(parseQuantity(value, field.name));
}

function encodeQuantity(value: bigint): Uint8Array {
  return encodeBigEndian(value, value === 0n ? 0 : Math.ceil(value.toString(16).length / 2));
}

/**
 * Ethereum block headers: RLP lists of 15 fields and of those that later forks appended (Yellow Paper 4.4; EIP-1559,
 * EIP-4895, EIP-4844, EIP-4788, EIP-7685). The hash of a header is that of its block.
 */
import { type Bytes32, bytes32, decodeBigEndian } from '../bytes';
import { keccak256 } from '../crypto/hash';
import { ProtocolError } from '../error';
import { type RlpItem, decodeRlpList } from './rlp-item';

/** What the protocol needs of a header. */
export type EthereumHeader = {
  readonly hash: Bytes32;
  readonly parentHash: Bytes32;
  readonly stateRoot: Bytes32;
  readonly number: bigint;
  /** Seconds since 1970. */
  readonly timestamp: bigint;
};

/** About 640 bytes on mainnet; chains that keep validators in the extra data need more. */
export const MAX_HEADER_BYTES = 2_048;
const MIN_FIELDS = 15;
/** Mainnet has 21 fields in 2025; the rest is room for forks to come. */
const MAX_FIELDS = 24;
const MAX_APPENDED_FIELD_BYTES = 32;

type FieldShape = {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly integer?: true;
};
const fixed = (name: string, length: number): FieldShape => ({ name, min: length, max: length });
const integer = (name: string, max: number): FieldShape => ({ name, min: 0, max, integer: true });

const FIELDS: readonly FieldShape[] = [
  fixed('parentHash', 32),
  fixed('ommersHash', 32),
  fixed('beneficiary', 20),
  fixed('stateRoot', 32),
  fixed('transactionsRoot', 32),
  fixed('receiptsRoot', 32),
  fixed('logsBloom', 256),
  integer('difficulty', 32),
  integer('number', 8),
  integer('gasLimit', 8),
  integer('gasUsed', 8),
  integer('timestamp', 8),
  { name: 'extraData', min: 0, max: MAX_HEADER_BYTES },
  fixed('mixHash', 32),
  fixed('nonce', 8)
];

/**
 * The header of its RLP, with the block's hash computed from it.
 * @throws {ProtocolError} `header/too-large`, `header/rlp`, `header/fields`, `header/field-size`, `header/integer`.
 */
export function decodeHeader(rlp: Uint8Array): EthereumHeader {
  if (rlp.length > MAX_HEADER_BYTES)
    throw new ProtocolError(
      'header/too-large',
      `expected at most ${MAX_HEADER_BYTES} bytes, got ${rlp.length}`
    );
  const fields = readFields(rlp);
  const value = (name: string): Uint8Array => {
    const field = fields[FIELDS.findIndex((shape) => shape.name === name)];
    if (field === undefined) throw new Error(`BUG: headers have no field ${name}`);
    return field;
  };
  return {
    hash: keccak256(rlp),
    parentHash: bytes32(value('parentHash').slice(), 'parent hash'),
    stateRoot: bytes32(value('stateRoot').slice(), 'state root'),
    number: decodeBigEndian(value('number')),
    timestamp: decodeBigEndian(value('timestamp'))
  };
}

function readFields(rlp: Uint8Array): Uint8Array[] {
  const items = decodeList(rlp);
  if (items.length < MIN_FIELDS || items.length > MAX_FIELDS) {
    throw new ProtocolError(
      'header/fields',
      `expected ${MIN_FIELDS} to ${MAX_FIELDS} fields, got ${items.length}`
    );
  }
  items.forEach((item, index) => assertShape(item, FIELDS[index] ?? appendedField(index)));
  return items.map((item) => item.payload);
}

function decodeList(rlp: Uint8Array): RlpItem[] {
  try {
    return decodeRlpList(rlp);
  } catch (cause) {
    throw new ProtocolError('header/rlp', 'expected a header in RLP', {}, { cause });
  }
}

const appendedField = (index: number): FieldShape => ({
  name: `field ${index}`,
  min: 0,
  max: MAX_APPENDED_FIELD_BYTES
});

function assertShape(item: RlpItem, shape: FieldShape): void {
  const { kind, payload } = item;
  if (kind !== 'string' || payload.length < shape.min || payload.length > shape.max) {
    throw new ProtocolError(
      'header/field-size',
      `${shape.name}: expected ${shape.min} to ${shape.max} bytes, got ${kind} of ${payload.length}`
    );
  }
  if (shape.integer === true && payload[0] === 0)
    throw new ProtocolError('header/integer', `${shape.name} has a leading zero`);
}

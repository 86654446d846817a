/** Parses what a JSON-RPC node answers. Anything of another shape is `chain/malformed-answer`. */
import { type Bytes32, bytes32, fromHex } from '../../core/bytes';
import { isProtocolError } from '../../core/error';
import { chainError } from '../relayer-error';

export type RpcObject = Readonly<Record<string, unknown>>;

const QUANTITY = /^0x(0|[1-9a-f][0-9a-f]{0,63})$/i;

export function parseObject(value: unknown, label: string): RpcObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(label, 'an object');
  return value as RpcObject;
}

export function parseArray(value: unknown, label: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(label, 'an array');
  return value;
}

/** A quantity: hex without leading zeros. */
export function parseQuantity(value: unknown, label: string): bigint {
  if (typeof value !== 'string' || !QUANTITY.test(value)) throw malformed(label, 'a hex quantity');
  return BigInt(value);
}

export function parseBytes(value: unknown, label: string): Uint8Array {
  if (typeof value !== 'string' || !value.startsWith('0x')) throw malformed(label, 'hex bytes');
  return orMalformed(label, () => fromHex(value));
}

export function parseBytes32(value: unknown, label: string): Bytes32 {
  const bytes = parseBytes(value, label);
  return orMalformed(label, () => bytes32(bytes, label));
}

function orMalformed<T>(label: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw isProtocolError(error) ? malformed(label, error.message) : error;
  }
}

function malformed(label: string, expected: string): Error {
  return chainError('malformed-answer', `the node's ${label}: expected ${expected}`, { data: { label } });
}

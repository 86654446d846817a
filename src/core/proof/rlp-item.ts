/**
 * Reading RLP one level at a time (Ethereum Yellow Paper, appendix B), canonical encodings only. Nested lists stay
 * encoded: nothing recurses, however deep the input is nested.
 */
import { ProtocolError } from '../error';

/** One item: a string's bytes, or the encoded items of a list. `raw` is the item with its prefix. */
export type RlpItem = {
  readonly kind: 'string' | 'list';
  readonly payload: Uint8Array;
  readonly raw: Uint8Array;
};

type Prefix = { readonly kind: RlpItem['kind']; readonly headLength: number; readonly payloadLength: number };

const MAX_ITEMS = 32;

/** The items of a list that is the whole input, at most 32. @throws {ProtocolError} `rlp/malformed`. */
export function decodeRlpList(encoded: Uint8Array): RlpItem[] {
  const list = decodeRlpItem(encoded);
  if (list.kind !== 'list') throw malformed('expected a list, got a string');
  const items: RlpItem[] = [];
  for (let rest = list.payload; rest.length > 0;) {
    if (items.length === MAX_ITEMS) throw malformed(`expected at most ${MAX_ITEMS} items`);
    const item = readItem(rest);
    items.push(item);
    rest = rest.subarray(item.raw.length);
  }
  return items;
}

/** The item that is the whole input. @throws {ProtocolError} `rlp/malformed`. */
export function decodeRlpItem(encoded: Uint8Array): RlpItem {
  const item = readItem(encoded);
  if (item.raw.length !== encoded.length)
    throw malformed(`${encoded.length - item.raw.length} bytes after the item`);
  return item;
}

/** Splits the first item off. */
function readItem(bytes: Uint8Array): RlpItem {
  const { kind, headLength, payloadLength } = readPrefix(bytes);
  const end = headLength + payloadLength;
  if (end > bytes.length) throw malformed(`expected ${end} bytes, got ${bytes.length}`);
  const payload = bytes.subarray(headLength, end);
  if (kind === 'string' && headLength === 1 && payloadLength === 1 && (payload[0] ?? 0) < 0x80)
    throw malformed('a byte below 0x80 stands for itself');
  return { kind, payload, raw: bytes.subarray(0, end) };
}

function readPrefix(bytes: Uint8Array): Prefix {
  const first = bytes[0];
  if (first === undefined) throw malformed('expected an item, got nothing');
  if (first < 0x80) return { kind: 'string', headLength: 0, payloadLength: 1 };
  const kind = first < 0xc0 ? 'string' : 'list';
  const short = first - (kind === 'string' ? 0x80 : 0xc0);
  if (short <= 55) return { kind, headLength: 1, payloadLength: short };
  return { kind, headLength: short - 54, payloadLength: readLongLength(bytes, short - 55) };
}

/** A length of `width` bytes behind the first: above 55, without leading zero; three bytes exceed any input here. */
function readLongLength(bytes: Uint8Array, width: number): number {
  const digits = bytes.subarray(1, 1 + width);
  const length = digits.reduce((sum, digit) => sum * 256 + digit, 0);
  if (width > 3 || digits.length < width || digits[0] === 0 || length <= 55)
    throw malformed('a length is not in its shortest form, or too large');
  return length;
}

const malformed = (reason: string): ProtocolError => new ProtocolError('rlp/malformed', `RLP: ${reason}`);

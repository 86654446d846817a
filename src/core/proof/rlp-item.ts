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

/** First bytes: below `STRING` an item of one byte, from `LIST` on a list; above these the length, up to `MAX_SHORT`. */
const STRING = 0x80;
const LIST = 0xc0;
const MAX_SHORT = 55;

const MAX_ITEMS = 32;

/** A list that is whole and canonical on its first level: its items, not yet read, and where each begins in them. */
export type RlpList = { readonly payload: Uint8Array; readonly starts: readonly number[] };

/** The items of a list that is the whole input, at most 32. @throws {ProtocolError} `rlp/malformed`. */
export function decodeRlpList(encoded: Uint8Array): RlpItem[] {
  const { payload, starts } = openRlpList(encoded);
  return starts.map((start, index) => readItem(payload, { start, end: starts[index + 1] ?? payload.length }));
}

/** {@link decodeRlpList} for who needs a few items of many. @throws {ProtocolError} `rlp/malformed`. */
export function openRlpList(encoded: Uint8Array): RlpList {
  const { kind, payload } = decodeRlpItem(encoded);
  if (kind !== 'list') throw malformed('expected a list, got a string');
  const starts: number[] = [];
  for (let start = 0; start < payload.length; start = endOfItem(payload, start)) {
    if (starts.length === MAX_ITEMS) throw malformed(`expected at most ${MAX_ITEMS} items`);
    starts.push(start);
  }
  return { payload, starts };
}

/** The item at an index of the list, or undefined beyond its end. */
export function itemOf({ payload, starts }: RlpList, index: number): RlpItem | undefined {
  const start = starts[index];
  return start === undefined
    ? undefined
    : readItem(payload, { start, end: starts[index + 1] ?? payload.length });
}

/** The item that is the whole input. @throws {ProtocolError} `rlp/malformed`. */
export function decodeRlpItem(encoded: Uint8Array): RlpItem {
  const end = endOfItem(encoded, 0);
  if (end !== encoded.length) throw malformed(`${encoded.length - end} bytes after the item`);
  return readItem(encoded, { start: 0, end });
}

/** The item in a range that {@link endOfItem} has checked. */
function readItem(bytes: Uint8Array, { start, end }: { start: number; end: number }): RlpItem {
  const first = bytes[start] ?? 0;
  return {
    kind: first < LIST ? 'string' : 'list',
    payload: bytes.subarray(start + headLength(first), end),
    raw: bytes.subarray(start, end)
  };
}

/** Bytes before the payload: none before a byte that stands for itself. */
function headLength(first: number): number {
  if (first < STRING) return 0;
  const short = first < LIST ? first - STRING : first - LIST;
  return short <= MAX_SHORT ? 1 : 1 + short - MAX_SHORT;
}

/** Where the item that begins at `start` ends. All checks of an item are here, and no calls on the usual way. */
function endOfItem(bytes: Uint8Array, start: number): number {
  const first = bytes[start];
  if (first === undefined) throw malformed('expected an item, got nothing');
  if (first < STRING) return start + 1;
  const short = first < LIST ? first - STRING : first - LIST;
  const end = short <= MAX_SHORT ? start + 1 + short : endOfLongItem(bytes, start);
  if (end > bytes.length) throw malformed(`expected ${end - start} bytes, got ${bytes.length - start}`);
  if (first === STRING + 1 && (bytes[start + 1] ?? 0) < STRING)
    throw malformed('a byte below 0x80 stands for itself');
  return end;
}

/** The length is behind the first byte: above 55, without leading zero; three bytes exceed any input here. */
function endOfLongItem(bytes: Uint8Array, start: number): number {
  const head = headLength(bytes[start] ?? 0);
  const digits = bytes.subarray(start + 1, start + head);
  const length = digits.reduce((sum, digit) => sum * 256 + digit, 0);
  if (head > 4 || digits.length < head - 1 || digits[0] === 0 || length <= MAX_SHORT)
    throw malformed('a length is not in its shortest form, or too large');
  return start + head + length;
}

const malformed = (reason: string): ProtocolError => new ProtocolError('rlp/malformed', `RLP: ${reason}`);

/**
 * Lists of 32-byte ids in one stable map, each under its own key of up to 255 bytes: point look-ups only, any member
 * is found, appended or taken out in a constant number of them. Taking one out moves the last into its place.
 *
 * | key                                | value      |
 * | ---------------------------------- | ---------- |
 * | 0x00, u8 length, list              | u64 count  |
 * | 0x01, u8 length, list, u64 index   | id         |
 * | 0x02, u8 length, list, id          | u64 index  |
 */
import { type Bytes32, bytes32, concat, decodeBigEndian, encodeBigEndian } from '../../core/bytes';
import { type StableMap } from './canister-runtime';

const MAX_LIST_BYTES = 255;

export type CountedLists = {
  /** Members of the list. */
  count(list: Uint8Array): bigint;
  /** The member at an index below the count. */
  at(list: Uint8Array, index: bigint): Bytes32 | undefined;
  has(list: Uint8Array, id: Bytes32): boolean;
  append(list: Uint8Array, id: Bytes32): void;
  /** @throws when `id` is not in the list: a bug of the caller. */
  remove(list: Uint8Array, id: Bytes32): void;
};

export function createCountedLists(map: StableMap): CountedLists {
  const count = (list: Uint8Array): bigint => decodeBigEndian(map.get(countKey(list)) ?? new Uint8Array());
  const at = (list: Uint8Array, index: bigint): Bytes32 | undefined => {
    const id = map.get(memberKey(list, index));
    return id && bytes32(id, 'list member');
  };
  const put = (list: Uint8Array, index: bigint, id: Bytes32): void => {
    map.set(memberKey(list, index), id);
    map.set(indexKey(list, id), u64(index));
  };

  return {
    count,
    at,
    has: (list, id) => map.has(indexKey(list, id)),
    append(list, id) {
      const index = count(list);
      put(list, index, id);
      map.set(countKey(list), u64(index + 1n));
    },
    remove(list, id) {
      const stored = map.get(indexKey(list, id));
      const lastIndex = count(list) - 1n;
      const last = stored && at(list, lastIndex);
      if (stored === undefined || last === undefined) throw new Error('BUG: not a member of the list');
      const index = decodeBigEndian(stored);
      if (index !== lastIndex) put(list, index, last);
      map.delete(memberKey(list, lastIndex));
      map.delete(indexKey(list, id));
      if (lastIndex === 0n) map.delete(countKey(list));
      else map.set(countKey(list), u64(lastIndex));
    }
  };
}

const u64 = (value: bigint): Uint8Array => encodeBigEndian(value, 8);

function key(kind: number, list: Uint8Array, suffix: Uint8Array = new Uint8Array()): Uint8Array {
  if (list.length > MAX_LIST_BYTES) throw new Error('BUG: the key of a list is too long');
  return concat(Uint8Array.of(kind, list.length), list, suffix);
}
const countKey = (list: Uint8Array): Uint8Array => key(0, list);
const memberKey = (list: Uint8Array, index: bigint): Uint8Array => key(1, list, u64(index));
const indexKey = (list: Uint8Array, id: Uint8Array): Uint8Array => key(2, list, id);

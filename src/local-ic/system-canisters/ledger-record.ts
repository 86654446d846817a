/** The state of a ledger as bytes: a version, what it keeps besides its blocks, then its blocks, each encoded once. */
import { IDL } from '@dfinity/candid';
import { concatBytes } from '@noble/hashes/utils';
import { decodeCandid } from '../protocol/candid-decoding';
import { encodeLeb128 } from '../protocol/leb128';
import { type Block } from './token-ledger';

const { Nat, Nat64, Opt, Record, Text, Variant, Vec } = IDL;

const Operation = Variant({
  Mint: Record({ to: Text, amount: Nat }),
  Burn: Record({ from: Text, spender: Opt(Text), amount: Nat }),
  Transfer: Record({ from: Text, to: Text, spender: Opt(Text), amount: Nat, fee: Opt(Nat) }),
  Approve: Record({
    from: Text,
    spender: Text,
    amount: Nat,
    fee: Opt(Nat),
    expected_allowance: Opt(Nat),
    expires_at: Opt(Nat64)
  })
});
const BlockList = Vec(
  Record({
    operation: Operation,
    memo: Opt(Vec(IDL.Nat8)),
    numeric_memo: Nat64,
    created_at_time: Opt(Nat64),
    timestamp: Nat64
  })
);

const VERSION = 1;
const LENGTH_BYTES = 4;
const FIRST_CAPACITY = 1024;
/** Candid of a list of blocks before their number: what follows the number is one block after the other. */
const LIST_HEAD = new Uint8Array(IDL.encode([BlockList], [[]])).slice(0, -1);

/** The record of one ledger, which grows by what is new. */
export class LedgerRecord {
  #encodedBlocks = new Uint8Array(FIRST_CAPACITY);
  #encodedLength = 0;
  #blockCount = 0;
  #record: Uint8Array | undefined;

  /** The same array as long as there is no other block; `readRest` gives what else is to be kept. */
  encode(blocks: readonly Block[], readRest: () => Uint8Array): Uint8Array {
    if (this.#record && this.#blockCount === blocks.length) return this.#record;
    for (const block of blocks.slice(this.#blockCount)) this.#append(encodeBlock(block));
    this.#blockCount = blocks.length;
    this.#record = concatBytes(
      Uint8Array.of(VERSION),
      frame(readRest()),
      LIST_HEAD,
      encodeLeb128(BigInt(blocks.length)),
      this.#encodedBlocks.subarray(0, this.#encodedLength)
    );
    return this.#record;
  }

  /** What {@link encode} was given. @throws when the record is of another version or ends early. */
  decode(record: Uint8Array): { readonly blocks: readonly Block[]; readonly rest: Uint8Array } {
    const { rest, list } = split(checkedContent(record));
    const blocks = decodeValue<readonly Block[]>(BlockList, list);
    this.#encodedLength = 0;
    this.#append(list.subarray(LIST_HEAD.length + encodeLeb128(BigInt(blocks.length)).length));
    this.#blockCount = blocks.length;
    this.#record = undefined;
    return { rest, blocks };
  }

  #append(bytes: Uint8Array): void {
    const end = this.#encodedLength + bytes.length;
    if (end > this.#encodedBlocks.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#encodedBlocks.length));
      larger.set(this.#encodedBlocks.subarray(0, this.#encodedLength));
      this.#encodedBlocks = larger;
    }
    this.#encodedBlocks.set(bytes, this.#encodedLength);
    this.#encodedLength = end;
  }
}

function encodeBlock(block: Block): Uint8Array {
  return encodeValue(BlockList, [block]).subarray(LIST_HEAD.length + 1);
}

/** A record of a value alone. */
export function encodeRecord(content: IDL.Type, value: unknown): Uint8Array {
  return concatBytes(Uint8Array.of(VERSION), encodeValue(content, value));
}

/** The value of a record that {@link encodeRecord} made. @throws when it is of another version. */
export function decodeRecord<Content>(content: IDL.Type, record: Uint8Array): Content {
  return decodeValue<Content>(content, checkedContent(record));
}

export function encodeValue(content: IDL.Type, value: unknown): Uint8Array {
  return new Uint8Array(IDL.encode([content], [value]));
}

export function decodeValue<Content>(content: IDL.Type, bytes: Uint8Array): Content {
  const [value] = decodeCandid([content], bytes);
  // Candid decoded by its own type.
  return value as Content;
}

function checkedContent(record: Uint8Array): Uint8Array {
  const [version] = record;
  if (version === VERSION) return record.subarray(1);
  throw new Error(`expected the state of a system canister in version ${VERSION}, got ${version}`);
}

/** The bytes after their length, 4 bytes little endian. */
function frame(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(LENGTH_BYTES + bytes.length);
  new DataView(framed.buffer).setUint32(0, bytes.length, true);
  framed.set(bytes, LENGTH_BYTES);
  return framed;
}

function split(content: Uint8Array): { readonly rest: Uint8Array; readonly list: Uint8Array } {
  if (content.length < LENGTH_BYTES) throw new Error('the state of a system canister ends early');
  const length = new DataView(content.buffer, content.byteOffset).getUint32(0, true);
  const end = LENGTH_BYTES + length;
  return { rest: content.subarray(LENGTH_BYTES, end), list: content.subarray(end) };
}

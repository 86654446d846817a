/**
 * EIP-1559 transactions: checked once from their fields, encoded and hashed here and nowhere else.
 * Bytes: `0x02 || rlp([chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit, to, value, data, accessList])`,
 * signed with `yParity, r, s` at the end of the list.
 */
import { RLP, type RLPInput } from 'micro-eth-signer/rlp.js';
import {
  type Address,
  type Bytes32,
  address,
  bytes32,
  concat,
  decodeBigEndian,
  encodeBigEndian
} from '../bytes';
import { keccak256 } from '../crypto/hash';
import { ProtocolError } from '../error';
import { type EvmSignature } from './evm-signature';

export type AccessListEntry = { readonly address: Address; readonly storageKeys: readonly Bytes32[] };

/** A transaction that may be signed: made by {@link parseEvmTransaction}. Amounts in wei, gas in units. */
export type EvmTransaction = {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly gasLimit: bigint;
  /** The recipient; `undefined` creates a contract. */
  readonly to: Address | undefined;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly accessList: readonly AccessListEntry[];
};

/** The fields before any check: byte strings of any length. */
export type EvmTransactionFields = Omit<EvmTransaction, 'to' | 'accessList'> & {
  readonly to: Uint8Array | undefined;
  readonly accessList: readonly {
    readonly address: Uint8Array;
    readonly storageKeys: readonly Uint8Array[];
  }[];
};

/** What nodes relay at most: 128 KiB (go-ethereum `txMaxSize`). */
export const MAX_DATA_BYTES = 128 * 1024;
/** JavaScript's safe integers, which is what wallets and libraries hold chain ids in. */
const CHAIN_ID_END = 2n ** 53n;
/** EIP-2681: a nonce of 2^64 - 1 can never be used up. */
const NONCE_END = 2n ** 64n - 1n;
/** Every transaction costs this much gas before its first byte of data. */
const MIN_GAS_LIMIT = 21_000n;
const GAS_LIMIT_END = 2n ** 64n;
const WORD_END = 2n ** 256n;
const MAX_ACCESS_LIST_ITEMS = 1024;
const TYPE_BYTE = Uint8Array.of(0x02);

/**
 * The transaction of these fields, all of them checked.
 * @throws {ProtocolError} `signing/chain-id`, `signing/nonce-range`, `signing/fee`, `signing/gas-limit`, `signing/to`,
 * `signing/value-range`, `signing/data-too-large`, `signing/access-list`.
 */
export function parseEvmTransaction(fields: EvmTransactionFields): EvmTransaction {
  assertRange(fields.chainId, { code: 'signing/chain-id', from: 1n, end: CHAIN_ID_END });
  assertRange(fields.nonce, { code: 'signing/nonce-range', from: 0n, end: NONCE_END });
  assertRange(fields.maxFeePerGas, { code: 'signing/fee', from: 0n, end: WORD_END });
  assertRange(fields.maxPriorityFeePerGas, { code: 'signing/fee', from: 0n, end: fields.maxFeePerGas + 1n });
  assertRange(fields.gasLimit, { code: 'signing/gas-limit', from: MIN_GAS_LIMIT, end: GAS_LIMIT_END });
  assertRange(fields.value, { code: 'signing/value-range', from: 0n, end: WORD_END });
  if (fields.data.length > MAX_DATA_BYTES) {
    throw new ProtocolError(
      'signing/data-too-large',
      `expected at most ${MAX_DATA_BYTES} bytes of data, got ${fields.data.length}`
    );
  }
  return { ...fields, to: parseRecipient(fields), accessList: parseAccessList(fields.accessList) };
}

/** What is signed, before hashing. */
export const encodeUnsignedEvmTransaction = (transaction: EvmTransaction): Uint8Array =>
  concat(TYPE_BYTE, RLP.encode(payload(transaction)));

/** Keccak-256 of the unsigned transaction: what the key signs. */
export const digestEvmTransaction = (transaction: EvmTransaction): Bytes32 =>
  keccak256(encodeUnsignedEvmTransaction(transaction));

/** The transaction as `eth_sendRawTransaction` takes it; its Keccak-256 is the transaction hash. */
export function encodeSignedEvmTransaction(transaction: EvmTransaction, signature: EvmSignature): Uint8Array {
  const { yParity, r, s } = signature;
  const fields = [
    ...payload(transaction),
    integer(BigInt(yParity)),
    integer(decodeBigEndian(r)),
    integer(decodeBigEndian(s))
  ];
  return concat(TYPE_BYTE, RLP.encode(fields));
}

/** The transaction hash of a signed transaction. */
export const hashSignedEvmTransaction = (raw: Uint8Array): Bytes32 => keccak256(raw);

function payload(transaction: EvmTransaction): RLPInput[] {
  return [
    integer(transaction.chainId),
    integer(transaction.nonce),
    integer(transaction.maxPriorityFeePerGas),
    integer(transaction.maxFeePerGas),
    integer(transaction.gasLimit),
    transaction.to ?? new Uint8Array(),
    integer(transaction.value),
    transaction.data,
    transaction.accessList.map((entry) => [entry.address, [...entry.storageKeys]])
  ];
}

/** Big-endian without leading zeros, no byte for zero (RLP's integers; the library writes zero as a byte). */
const integer = (value: bigint): Uint8Array =>
  value === 0n ? new Uint8Array() : encodeBigEndian(value, Math.ceil(value.toString(16).length / 2));

function assertRange(
  value: bigint,
  allowed: { readonly code: string; readonly from: bigint; readonly end: bigint }
): void {
  if (value >= allowed.from && value < allowed.end) return;
  throw new ProtocolError(
    allowed.code,
    `expected a value from ${allowed.from} to ${allowed.end - 1n}, got ${value}`,
    { value }
  );
}

function parseRecipient(fields: EvmTransactionFields): Address | undefined {
  const { to, data } = fields;
  if (to === undefined) {
    if (data.length > 0) return undefined;
    throw new ProtocolError(
      'signing/to',
      'a transaction without recipient must carry the code of a contract'
    );
  }
  if (to.length !== 20)
    throw new ProtocolError('signing/to', `expected a recipient of 20 bytes, got ${to.length}`, { to });
  return address(to, 'to');
}

function parseAccessList(entries: EvmTransactionFields['accessList']): AccessListEntry[] {
  const items = entries.reduce((count, entry) => count + 1 + entry.storageKeys.length, 0);
  const isWellFormed = entries.every(
    (entry) => entry.address.length === 20 && entry.storageKeys.every((key) => key.length === 32)
  );
  if (items > MAX_ACCESS_LIST_ITEMS || !isWellFormed) {
    throw new ProtocolError(
      'signing/access-list',
      `expected at most ${MAX_ACCESS_LIST_ITEMS} addresses of 20 bytes and keys of 32, got ${items} items`
    );
  }
  return entries.map((entry) => ({
    address: address(entry.address, 'access list address'),
    storageKeys: entry.storageKeys.map((key) => bytes32(key, 'access list storage key'))
  }));
}

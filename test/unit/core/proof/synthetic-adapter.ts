/**
 * A chain state made up for tests with viem and the reference trie alone: an account with storage at an address, under
 * a header. No node has ever mined it.
 */
import {
  type Hex,
  concatHex,
  hexToBigInt,
  keccak256,
  numberToHex,
  pad,
  toHex as toPrefixedHex,
  toRlp
} from 'viem';
import { type ReferenceTrie, buildTrie } from './reference-trie';

export type SyntheticHeaderFields = Readonly<Record<number, Hex>>;
export type SyntheticState = {
  readonly header: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly accountProof: Uint8Array[];
  /** Proof of any address's account, present or not. */
  readonly proveAccount: (address: Hex) => Uint8Array[];
  readonly storageHash: Uint8Array;
  /** Proof of a storage slot, present or not. */
  readonly proveSlot: (slot: Hex) => Uint8Array[];
};

export const slotHex = (slot: bigint): Hex => numberToHex(slot, { size: 32 });
/** Slot of an element of the dynamic array in `slot` (Solidity layout). */
export const arraySlot = (slot: bigint, index: bigint): Hex =>
  slotHex((hexToBigInt(keccak256(slotHex(slot))) + index) % 2n ** 256n);
/** Slot of `key` in the mapping in `slot` (Solidity layout). */
export const mappingSlot = (slot: bigint, key: Uint8Array): Hex =>
  keccak256(concatHex([pad(toPrefixedHex(key), { size: 32 }), slotHex(slot)]));

const CODE_HASH = keccak256('0x6001');
const OTHER_ACCOUNTS = 40;

/** Big-endian without leading zeros. */
export function quantity(value: bigint): Hex {
  if (value === 0n) return '0x';
  const digits = value.toString(16);
  return digits.length % 2 === 0 ? `0x${digits}` : `0x0${digits}`;
}

/** Header of 21 fields, as of Prague; `fields` replaces or appends some by their index. */
export function encodeHeader(fields: SyntheticHeaderFields): Uint8Array {
  const standard: Hex[] = [
    ...[pad('0x01', { size: 32 }), pad('0x02', { size: 32 }), pad('0x03', { size: 20 })],
    ...[pad('0x04', { size: 32 }), pad('0x05', { size: 32 }), pad('0x06', { size: 32 })],
    pad('0x07', { size: 256 }),
    ...(['0x', '0x0100', '0x01c9c380', '0x5208', '0x6553f100'] as const),
    ...['0xabcd' as const, pad('0x08', { size: 32 }), pad('0x00', { size: 8 })],
    ...['0x07' as const, pad('0x09', { size: 32 }), '0x' as const, '0x' as const],
    ...[pad('0x0a', { size: 32 }), pad('0x0b', { size: 32 })]
  ];
  for (const [index, value] of Object.entries(fields)) standard[Number(index)] = value;
  return toRlp(standard, 'bytes');
}

/** The state in which `address` is a contract with these storage words, among other accounts. */
export function synthesizeState(contract: {
  readonly address: Uint8Array;
  readonly storage: ReadonlyMap<Hex, bigint>;
  readonly account?: (storageHash: Hex) => Uint8Array;
}): SyntheticState {
  const storage = buildTrie(
    new Map([...contract.storage].map(([slot, word]) => [keccak256(slot), toRlp(quantity(word), 'bytes')]))
  );
  const encodeAccount = contract.account ?? standardAccount;
  const key = keccak256(contract.address);
  const others = Array.from({ length: OTHER_ACCOUNTS }, (_, index): [Hex, Uint8Array] => [
    keccak256(numberToHex(index, { size: 20 })),
    toRlp([quantity(BigInt(index)), '0x', keccak256('0x80'), keccak256('0x')], 'bytes')
  ]);
  const state: ReferenceTrie = buildTrie(
    new Map([...others, [key, encodeAccount(toPrefixedHex(storage.root))]])
  );
  return {
    header: encodeHeader({ 3: toPrefixedHex(state.root) }),
    stateRoot: state.root,
    accountProof: state.prove(key),
    proveAccount: (address) => state.prove(keccak256(address)),
    storageHash: storage.root,
    proveSlot: (slot) => storage.prove(keccak256(slot))
  };
}

/** Nonce 1, no balance, the code of a contract. */
export const standardAccount = (storageHash: Hex): Uint8Array =>
  toRlp(['0x01', '0x', storageHash, CODE_HASH], 'bytes');

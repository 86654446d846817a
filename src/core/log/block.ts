/**
 * Blocks of the signature log, as ICRC-3 values. Every block is a map of
 *
 * | field          | value                                                                         |
 * | -------------- | ----------------------------------------------------------------------------- |
 * | btype          | Text: one of {@link BLOCK_TYPES}                                              |
 * | phash          | Blob 32: hash of the block before it in the log; absent in the first          |
 * | ts             | Nat: IC time, nanoseconds                                                     |
 * | account        | Blob 32: AccountId                                                            |
 * | epoch          | Nat: the account's epoch when the block was written                           |
 * | account_index  | Nat: position among the account's own blocks, from 0                          |
 * | account_prev   | Blob 32: hash of the account's block before this one; absent in its first     |
 *
 * and of what its event adds. `account_prev` makes each account's blocks a chain of their own, so that a buyer checks
 * the account's history against the passport without the rest of the log.
 */
import { type Account, type QuarantineReason } from '../account/account';
import { type Bytes32 } from '../bytes';
import { assertNever } from '../error';
import { type Icrc3Value, hashValue } from './icrc3-value';

/** Where a block stands: in the log and among its account's blocks. */
export type BlockPosition = {
  /** Hash of the log's last block; `undefined` for the first block of all. */
  readonly previousHash: Bytes32 | undefined;
  readonly timeNs: bigint;
  /** The account before this block: its log head is the hash of its last block, and is not read while it has none. */
  readonly account: Pick<Account, 'id' | 'epoch' | 'logHead' | 'logCount'>;
};

/** How a signature ended. `discarded`: made, but the account's epoch had moved; never released. */
export type SignOutcome =
  | { readonly status: 'signed'; readonly transactionHash: Bytes32 }
  | { readonly status: 'failed' | 'unknown'; readonly reason: string }
  | { readonly status: 'discarded' };

/** What happened. Principals as bytes. */
export type LogEvent =
  | {
      readonly type: 'create';
      readonly owner: Uint8Array;
      /** 33 bytes, compressed. */
      readonly publicKey: Uint8Array;
      readonly generation: number;
    }
  | { readonly type: 'bind'; readonly domain: Bytes32; readonly commitment: Bytes32 }
  | {
      readonly type: 'sign-request';
      readonly generation: number;
      /** What the key signs; Keccak-256 of `unsigned`. */
      readonly digest: Bytes32;
      /** The unsigned EIP-1559 transaction with its type byte. */
      readonly unsigned: Uint8Array;
      readonly chainId: bigint;
      readonly nonce: bigint;
    }
  | {
      readonly type: 'sign-result';
      /** Index in the log of the request that this closes. */
      readonly requestIndex: bigint;
      readonly outcome: SignOutcome;
    }
  | { readonly type: 'seal'; readonly passport: Bytes32 }
  | {
      readonly type: 'transition';
      readonly domain: Bytes32;
      readonly height: bigint;
      readonly nullifier: Bytes32;
      readonly commitment: Bytes32;
      readonly owner: Uint8Array;
      /** `active`, or why the account is quarantined. */
      readonly outcome: 'active' | QuarantineReason;
    }
  | { readonly type: 'accept'; readonly owner: Uint8Array };

/** ICRC-3 block type of every event. */
export const BLOCK_TYPES: Readonly<Record<LogEvent['type'], string>> = {
  create: 'hypha_create',
  bind: 'hypha_bind',
  'sign-request': 'hypha_sign_request',
  'sign-result': 'hypha_sign_result',
  seal: 'hypha_seal',
  transition: 'hypha_transition',
  accept: 'hypha_accept'
};

/** The block of an event. */
export function createBlock(position: BlockPosition, event: LogEvent): Icrc3Value {
  const { previousHash, timeNs, account } = position;
  return {
    Map: [
      ['btype', { Text: BLOCK_TYPES[event.type] }],
      ...optionalHash('phash', previousHash),
      ['ts', { Nat: timeNs }],
      ['account', { Blob: account.id }],
      ['epoch', { Nat: account.epoch }],
      ['account_index', { Nat: account.logCount }],
      ...optionalHash('account_prev', account.logCount === 0n ? undefined : account.logHead),
      ...eventFields(event)
    ]
  };
}

/** Hash of a block: the next block's `phash`, and the account's new log head. */
export const hashBlock = (block: Icrc3Value): Bytes32 => hashValue(block);

type Field = [string, Icrc3Value];

const optionalHash = (name: string, hash: Bytes32 | undefined): Field[] =>
  hash === undefined ? [] : [[name, { Blob: hash }]];

function eventFields(event: LogEvent): Field[] {
  switch (event.type) {
    case 'create':
      return [
        ['owner', { Blob: event.owner }],
        ['public_key', { Blob: event.publicKey }],
        ['generation', { Nat: BigInt(event.generation) }]
      ];
    case 'bind':
      return [
        ['domain', { Blob: event.domain }],
        ['commitment', { Blob: event.commitment }]
      ];
    case 'sign-request':
      return [
        ['generation', { Nat: BigInt(event.generation) }],
        ['digest', { Blob: event.digest }],
        ['unsigned', { Blob: event.unsigned }],
        ['chain_id', { Nat: event.chainId }],
        ['nonce', { Nat: event.nonce }]
      ];
    case 'sign-result':
      return [['request', { Nat: event.requestIndex }], ...outcomeFields(event.outcome)];
    case 'seal':
      return [['passport', { Blob: event.passport }]];
    case 'transition':
      return transitionFields(event);
    case 'accept':
      return [['owner', { Blob: event.owner }]];
    default:
      return assertNever(event);
  }
}

function transitionFields(event: LogEvent & { readonly type: 'transition' }): Field[] {
  return [
    ['domain', { Blob: event.domain }],
    ['height', { Nat: event.height }],
    ['nullifier', { Blob: event.nullifier }],
    ['commitment', { Blob: event.commitment }],
    ['owner', { Blob: event.owner }],
    ['outcome', { Text: event.outcome }]
  ];
}

function outcomeFields(outcome: SignOutcome): Field[] {
  const status: Field = ['status', { Text: outcome.status }];
  switch (outcome.status) {
    case 'signed':
      return [status, ['transaction_hash', { Blob: outcome.transactionHash }]];
    case 'failed':
    case 'unknown':
      return [status, ['reason', { Text: outcome.reason }]];
    case 'discarded':
      return [status];
    default:
      return assertNever(outcome);
  }
}

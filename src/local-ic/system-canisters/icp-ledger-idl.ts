/** Candid of the ICP ledger besides ICRC-1 and ICRC-2. Source: dfinity/ic `rs/ledger_suite/icp/ledger.did`. */
import { IDL } from '@dfinity/candid';

const { Int, Nat32, Nat64, Null, Opt, Record, Text, Variant, Vec } = IDL;
const Blob = Vec(IDL.Nat8);

export const Tokens = Record({ e8s: Nat64 });
const TimeStamp = Record({ timestamp_nanos: Nat64 });
export const AccountIdentifier = Blob;

export const TransferArgs = Record({
  memo: Nat64,
  amount: Tokens,
  fee: Tokens,
  from_subaccount: Opt(Blob),
  to: AccountIdentifier,
  created_at_time: Opt(TimeStamp)
});
export const TransferResult = Variant({
  Ok: Nat64,
  Err: Variant({
    BadFee: Record({ expected_fee: Tokens }),
    InsufficientFunds: Record({ balance: Tokens }),
    TxTooOld: Record({ allowed_window_nanos: Nat64 }),
    TxCreatedInFuture: Null,
    TxDuplicate: Record({ duplicate_of: Nat64 })
  })
});

export const AccountBalanceArgs = Record({ account: AccountIdentifier });
export const TransferFeeArg = Record({});
export const TransferFee = Record({ transfer_fee: Tokens });
export const Symbol = Record({ symbol: Text });
export const Name = Record({ name: Text });
export const Decimals = Record({ decimals: Nat32 });
export const Archives = Record({ archives: Vec(Record({ canister_id: IDL.Principal })) });

const Operation = Variant({
  Mint: Record({ to: AccountIdentifier, amount: Tokens }),
  Burn: Record({ from: AccountIdentifier, spender: Opt(AccountIdentifier), amount: Tokens }),
  Transfer: Record({
    from: AccountIdentifier,
    to: AccountIdentifier,
    amount: Tokens,
    fee: Tokens,
    spender: Opt(Blob)
  }),
  Approve: Record({
    from: AccountIdentifier,
    spender: AccountIdentifier,
    allowance_e8s: Int,
    allowance: Tokens,
    fee: Tokens,
    expires_at: Opt(TimeStamp),
    expected_allowance: Opt(Tokens)
  })
});
const Block = Record({
  parent_hash: Opt(Blob),
  transaction: Record({
    memo: Nat64,
    icrc1_memo: Opt(Blob),
    operation: Opt(Operation),
    created_at_time: TimeStamp
  }),
  timestamp: TimeStamp
});

export const GetBlocksArgs = Record({ start: Nat64, length: Nat64 });
const BlockRange = Variant({ Ok: Record({ blocks: Vec(Block) }), Err: Null });
export const QueryBlocksResponse = Record({
  chain_length: Nat64,
  certificate: Opt(Blob),
  blocks: Vec(Block),
  first_block_index: Nat64,
  archived_blocks: Vec(
    Record({ start: Nat64, length: Nat64, callback: IDL.Func([GetBlocksArgs], [BlockRange], ['query']) })
  )
});

type Optional<T> = readonly [] | readonly [T];
type TokensWire = { readonly e8s: bigint };

export type TransferArgsWire = {
  readonly memo: bigint;
  readonly amount: TokensWire;
  readonly fee: TokensWire;
  readonly from_subaccount: Optional<Uint8Array>;
  readonly to: Uint8Array;
  readonly created_at_time: Optional<{ readonly timestamp_nanos: bigint }>;
};
export type GetBlocksArgsWire = { readonly start: bigint; readonly length: bigint };

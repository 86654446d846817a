/** Candid of ICRC-1, ICRC-2 and ICRC-10. Source: dfinity/ICRC-1 `standards/`. */
import { IDL } from '@dfinity/candid';
import { type Account } from './account';

const { Int, Nat, Nat64, Null, Opt, Record, Text, Tuple, Variant, Vec } = IDL;
const Blob = Vec(IDL.Nat8);

export const AccountIdl = Record({ owner: IDL.Principal, subaccount: Opt(Blob) });

const GenericError = Record({ message: Text, error_code: Nat });

/** Errors that all ledger calls share. */
const COMMON_ERRORS = {
  InsufficientFunds: Record({ balance: Nat }),
  TooOld: Null,
  CreatedInFuture: Record({ ledger_time: Nat64 }),
  Duplicate: Record({ duplicate_of: Nat }),
  TemporarilyUnavailable: Null,
  GenericError
};

export const TransferArgs = Record({
  from_subaccount: Opt(Blob),
  to: AccountIdl,
  amount: Nat,
  fee: Opt(Nat),
  memo: Opt(Blob),
  created_at_time: Opt(Nat64)
});
export const TransferResult = Variant({
  Ok: Nat,
  Err: Variant({
    BadFee: Record({ expected_fee: Nat }),
    BadBurn: Record({ min_burn_amount: Nat }),
    ...COMMON_ERRORS
  })
});

export const TransferFromArgs = Record({
  spender_subaccount: Opt(Blob),
  from: AccountIdl,
  to: AccountIdl,
  amount: Nat,
  fee: Opt(Nat),
  memo: Opt(Blob),
  created_at_time: Opt(Nat64)
});
export const TransferFromResult = Variant({
  Ok: Nat,
  Err: Variant({
    BadFee: Record({ expected_fee: Nat }),
    BadBurn: Record({ min_burn_amount: Nat }),
    InsufficientAllowance: Record({ allowance: Nat }),
    ...COMMON_ERRORS
  })
});

export const ApproveArgs = Record({
  from_subaccount: Opt(Blob),
  spender: AccountIdl,
  amount: Nat,
  expected_allowance: Opt(Nat),
  expires_at: Opt(Nat64),
  fee: Opt(Nat),
  memo: Opt(Blob),
  created_at_time: Opt(Nat64)
});
export const ApproveResult = Variant({
  Ok: Nat,
  Err: Variant({
    BadFee: Record({ expected_fee: Nat }),
    AllowanceChanged: Record({ current_allowance: Nat }),
    Expired: Record({ ledger_time: Nat64 }),
    ...COMMON_ERRORS
  })
});

export const AllowanceArgs = Record({ account: AccountIdl, spender: AccountIdl });
export const AllowanceResult = Record({ allowance: Nat, expires_at: Opt(Nat64) });
export const Metadata = Vec(Tuple(Text, Variant({ Nat, Int, Text, Blob })));
export const Standards = Vec(Record({ url: Text, name: Text }));

type Optional<T> = readonly [] | readonly [T];
type Notes = { readonly memo: Optional<Uint8Array>; readonly created_at_time: Optional<bigint> };

export type TransferArgsWire = Notes & {
  readonly from_subaccount: Optional<Uint8Array>;
  readonly to: Account;
  readonly amount: bigint;
  readonly fee: Optional<bigint>;
};
export type TransferFromArgsWire = Notes & {
  readonly spender_subaccount: Optional<Uint8Array>;
  readonly from: Account;
  readonly to: Account;
  readonly amount: bigint;
  readonly fee: Optional<bigint>;
};
export type ApproveArgsWire = Notes & {
  readonly from_subaccount: Optional<Uint8Array>;
  readonly spender: Account;
  readonly amount: bigint;
  readonly expected_allowance: Optional<bigint>;
  readonly expires_at: Optional<bigint>;
  readonly fee: Optional<bigint>;
};
export type AllowanceArgsWire = { readonly account: Account; readonly spender: Account };

/** Candid of the cycles ledger besides ICRC-1 and ICRC-2. Source: dfinity/cycles-ledger `cycles-ledger.did`. */
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { type Account } from './account';
import {
  CreateCanisterArgs as CreationArgs,
  type CreateCanisterArgsWire as CreationArgsWire
} from './cycles-minting-idl';
import { AccountIdl } from './icrc-idl';

const { Nat, Nat64, Null, Opt, Record, Text, Variant, Vec } = IDL;
const Blob = Vec(IDL.Nat8);

export const DepositArgs = Record({ to: AccountIdl, memo: Opt(Blob) });
export const DepositResult = Record({ balance: Nat, block_index: Nat });

const RejectionCode = Variant({
  NoError: Null,
  CanisterError: Null,
  SysTransient: Null,
  DestinationInvalid: Null,
  Unknown: Null,
  SysFatal: Null,
  CanisterReject: Null
});

const COMMON_ERRORS = {
  InsufficientFunds: Record({ balance: Nat }),
  TooOld: Null,
  CreatedInFuture: Record({ ledger_time: Nat64 }),
  TemporarilyUnavailable: Null,
  GenericError: Record({ message: Text, error_code: Nat })
};
const InsufficientAllowance = Record({ allowance: Nat });
const Duplicate = Record({ duplicate_of: Nat });
const InvalidReceiver = Record({ receiver: IDL.Principal });

export const WithdrawArgs = Record({
  amount: Nat,
  from_subaccount: Opt(Blob),
  to: IDL.Principal,
  created_at_time: Opt(Nat64)
});
export const WithdrawResult = Variant({
  Ok: Nat,
  Err: Variant({
    ...COMMON_ERRORS,
    BadFee: Record({ expected_fee: Nat }),
    Duplicate,
    InvalidReceiver,
    FailedToWithdraw: Record({
      fee_block: Opt(Nat),
      rejection_code: RejectionCode,
      rejection_reason: Text
    })
  })
});

export const WithdrawFromArgs = Record({
  spender_subaccount: Opt(Blob),
  from: AccountIdl,
  to: IDL.Principal,
  amount: Nat,
  created_at_time: Opt(Nat64)
});
export const WithdrawFromResult = Variant({
  Ok: Nat,
  Err: Variant({
    ...COMMON_ERRORS,
    InsufficientAllowance,
    Duplicate,
    InvalidReceiver,
    FailedToWithdrawFrom: Record({
      withdraw_from_block: Opt(Nat),
      refund_block: Opt(Nat),
      approval_refund_block: Opt(Nat),
      rejection_code: RejectionCode,
      rejection_reason: Text
    })
  })
});

const CreateCanisterSuccess = Record({ block_id: Nat, canister_id: IDL.Principal });
const DuplicateCreation = Record({ duplicate_of: Nat, canister_id: Opt(IDL.Principal) });

export const CreateCanisterArgs = Record({
  from_subaccount: Opt(Blob),
  created_at_time: Opt(Nat64),
  amount: Nat,
  creation_args: Opt(CreationArgs)
});
export const CreateCanisterResult = Variant({
  Ok: CreateCanisterSuccess,
  Err: Variant({
    ...COMMON_ERRORS,
    Duplicate: DuplicateCreation,
    FailedToCreate: Record({ fee_block: Opt(Nat), refund_block: Opt(Nat), error: Text })
  })
});

export const CreateCanisterFromArgs = Record({
  from: AccountIdl,
  spender_subaccount: Opt(Blob),
  created_at_time: Opt(Nat64),
  amount: Nat,
  creation_args: Opt(CreationArgs)
});
export const CreateCanisterFromResult = Variant({
  Ok: CreateCanisterSuccess,
  Err: Variant({
    ...COMMON_ERRORS,
    InsufficientAllowance,
    Duplicate: DuplicateCreation,
    FailedToCreateFrom: Record({
      create_from_block: Opt(Nat),
      refund_block: Opt(Nat),
      approval_refund_block: Opt(Nat),
      rejection_code: RejectionCode,
      rejection_reason: Text
    })
  })
});

type Optional<T> = readonly [] | readonly [T];

export type DepositArgsWire = { readonly to: Account; readonly memo: Optional<Uint8Array> };

type WithdrawalWire = {
  readonly to: Principal;
  readonly amount: bigint;
  readonly created_at_time: Optional<bigint>;
};
type CreationWire = {
  readonly amount: bigint;
  readonly created_at_time: Optional<bigint>;
  readonly creation_args: Optional<CreationArgsWire>;
};
type FromOwn = { readonly from_subaccount: Optional<Uint8Array> };
type FromOther = { readonly from: Account; readonly spender_subaccount: Optional<Uint8Array> };

export type WithdrawArgsWire = WithdrawalWire & FromOwn;
export type WithdrawFromArgsWire = WithdrawalWire & FromOther;
export type CreateCanisterArgsWire = CreationWire & FromOwn;
export type CreateCanisterFromArgsWire = CreationWire & FromOther;

/** Candid of the cycles minting canister. Source: dfinity/ic `rs/nns/cmc/cmc.did`, `cycles-ledger.did`. */
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';

const { Nat, Nat64, Null, Opt, Record, Text, Tuple, Variant, Vec } = IDL;
const Blob = Vec(IDL.Nat8);

/** The settings this interface knows: fewer than the management canister's. */
export const CanisterSettings = Record({
  controllers: Opt(Vec(IDL.Principal)),
  compute_allocation: Opt(Nat),
  memory_allocation: Opt(Nat),
  freezing_threshold: Opt(Nat),
  reserved_cycles_limit: Opt(Nat),
  wasm_memory_limit: Opt(Nat),
  wasm_memory_threshold: Opt(Nat),
  log_visibility: Opt(Variant({ controllers: Null, public: Null, allowed_viewers: Vec(IDL.Principal) })),
  environment_variables: Opt(Vec(Record({ name: Text, value: Text })))
});

export const SubnetSelection = Variant({
  Subnet: Record({ subnet: IDL.Principal }),
  Filter: Record({ subnet_type: Opt(Text) })
});

export const CreateCanisterArgs = Record({
  settings: Opt(CanisterSettings),
  subnet_selection: Opt(SubnetSelection)
});
export const CreateCanisterResult = Variant({
  Ok: IDL.Principal,
  Err: Variant({ Refunded: Record({ refund_amount: Nat, create_error: Text }) })
});

const NotifyError = Variant({
  Refunded: Record({ reason: Text, block_index: Opt(Nat64) }),
  Processing: Null,
  TransactionTooOld: Nat64,
  InvalidTransaction: Text,
  Other: Record({ error_code: Nat64, error_message: Text })
});

export const NotifyTopUpArgs = Record({ block_index: Nat64, canister_id: IDL.Principal });
export const NotifyTopUpResult = Variant({ Ok: Nat, Err: NotifyError });
export const NotifyCreateCanisterArgs = Record({
  block_index: Nat64,
  controller: IDL.Principal,
  subnet_selection: Opt(SubnetSelection),
  settings: Opt(CanisterSettings)
});
export const NotifyCreateCanisterResult = Variant({ Ok: IDL.Principal, Err: NotifyError });
export const NotifyMintCyclesArgs = Record({
  block_index: Nat64,
  to_subaccount: Opt(Blob),
  deposit_memo: Opt(Blob)
});
const MintedCycles = Record({ block_index: Nat, minted: Nat, balance: Nat });
export const NotifyMintCyclesResult = Variant({ Ok: MintedCycles, Err: NotifyError });

export const ConversionRate = Record({
  data: Record({ timestamp_seconds: Nat64, xdr_permyriad_per_icp: Nat64 }),
  hash_tree: Blob,
  certificate: Blob
});
export const SubnetTypes = Record({ data: Vec(Tuple(Text, Vec(IDL.Principal))) });

/** What became of a payment, by its block: a notice of it is answered the same from then on. */
export const NOTICES = Record({
  cycles: Nat,
  notices: Vec(
    Record({
      block_index: Nat64,
      answer: Variant({ ToppedUp: Nat, Created: IDL.Principal, Minted: MintedCycles, Failed: NotifyError })
    })
  )
});

type Optional<T> = readonly [] | readonly [T];

export type SubnetSelectionWire =
  | { readonly Subnet: { readonly subnet: Principal } }
  | { readonly Filter: { readonly subnet_type: Optional<string> } };
/** The other settings stay as decoded, to be encoded again for the management canister. */
export type SettingsWire = { readonly controllers: Optional<readonly Principal[]> };
export type CreateCanisterArgsWire = {
  readonly settings: Optional<SettingsWire>;
  readonly subnet_selection: Optional<SubnetSelectionWire>;
};
export type NotifyCreateCanisterArgsWire = CreateCanisterArgsWire & {
  readonly block_index: bigint;
  readonly controller: Principal;
};
export type NotifyMintCyclesArgsWire = {
  readonly block_index: bigint;
  readonly to_subaccount: Optional<Uint8Array>;
  readonly deposit_memo: Optional<Uint8Array>;
};
type NotifyErrorWire = {
  readonly Refunded: { readonly reason: string; readonly block_index: Optional<bigint> };
};
type MintedCyclesWire = {
  readonly block_index: bigint;
  readonly minted: bigint;
  readonly balance: bigint;
};
export type AnswerWire =
  | { readonly ToppedUp: bigint }
  | { readonly Created: Principal }
  | { readonly Minted: MintedCyclesWire }
  | { readonly Failed: NotifyErrorWire };

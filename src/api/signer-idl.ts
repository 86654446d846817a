/**
 * Candid interface of the `signer` canister, and its TypeScript twin. Blobs: account ids, domain ids and digests are
 * 32 bytes, addresses 20.
 */
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { type Result, resultIdl } from './errors';

const Blob = IDL.Vec(IDL.Nat8);

export const InitArgsIdl = IDL.Record({ domains_canister: IDL.Principal, key_name: IDL.Text });
/** Init and upgrade share their arguments; an upgrade without them keeps what was set. */
export const signerInit = [IDL.Opt(InitArgsIdl)] as const;
export type InitArgsWire = { domains_canister: Principal; key_name: string };

/** Everything a buyer checks before consenting; its digest is docs/protocol/account-transfer.md "Passport". */
export const PassportIdl = IDL.Record({
  digest: Blob,
  signer: IDL.Principal,
  account: Blob,
  epoch: IDL.Nat64,
  mode: IDL.Variant({ clean: IDL.Null, unrestricted: IDL.Null }),
  generation: IDL.Nat32,
  log_head: Blob,
  log_count: IDL.Nat64,
  evm_nonces: IDL.Vec(IDL.Record({ chain_id: IDL.Nat64, next_nonce: IDL.Nat64 })),
  policy_digest: Blob,
  module_hash: Blob,
  controllers: IDL.Vec(IDL.Principal)
});
export type PassportWire = {
  digest: Uint8Array;
  signer: Principal;
  account: Uint8Array;
  epoch: bigint;
  mode: { clean: null } | { unrestricted: null };
  generation: number;
  log_head: Uint8Array;
  log_count: bigint;
  evm_nonces: { chain_id: bigint; next_nonce: bigint }[];
  policy_digest: Uint8Array;
  module_hash: Uint8Array;
  controllers: Principal[];
};

export const AccountStatusIdl = IDL.Variant({
  active: IDL.Null,
  sealed: PassportIdl,
  quarantined: IDL.Text
});
export type AccountStatusWire = { active: null } | { sealed: PassportWire } | { quarantined: string };

/** The account resource the signer follows: its domain and its opening in the 256-byte ABI form. */
export const HeadIdl = IDL.Record({ domain: Blob, resource: Blob, commitment: Blob });
export type HeadWire = { domain: Uint8Array; resource: Uint8Array; commitment: Uint8Array };

export const AccountViewIdl = IDL.Record({
  id: Blob,
  owner: IDL.Principal,
  epoch: IDL.Nat64,
  generation: IDL.Nat32,
  status: AccountStatusIdl,
  evm_address: Blob,
  head: IDL.Opt(HeadIdl),
  signing: IDL.Bool,
  evm_nonces: IDL.Vec(IDL.Record({ chain_id: IDL.Nat64, next_nonce: IDL.Nat64 })),
  log_head: Blob,
  log_count: IDL.Nat64
});
export type AccountViewWire = {
  id: Uint8Array;
  owner: Principal;
  epoch: bigint;
  generation: number;
  status: AccountStatusWire;
  evm_address: Uint8Array;
  head: [] | [HeadWire];
  signing: boolean;
  evm_nonces: { chain_id: bigint; next_nonce: bigint }[];
  log_head: Uint8Array;
  log_count: bigint;
};

/** EIP-1559 fields; the canister encodes and hashes them itself. `to` is 20 bytes or absent (contract creation). */
export const EvmTransactionIdl = IDL.Record({
  chain_id: IDL.Nat64,
  nonce: IDL.Nat64,
  max_priority_fee_per_gas: IDL.Nat,
  max_fee_per_gas: IDL.Nat,
  gas_limit: IDL.Nat64,
  to: IDL.Opt(Blob),
  value: IDL.Nat,
  data: Blob,
  access_list: IDL.Vec(IDL.Record({ address: Blob, storage_keys: IDL.Vec(Blob) }))
});
export type EvmTransactionWire = {
  chain_id: bigint;
  nonce: bigint;
  max_priority_fee_per_gas: bigint;
  max_fee_per_gas: bigint;
  gas_limit: bigint;
  to: [] | [Uint8Array];
  value: bigint;
  data: Uint8Array;
  access_list: { address: Uint8Array; storage_keys: Uint8Array[] }[];
};

/** `replace` allows a nonce that was signed before (a fee bump or a cancellation by the same owner). */
export const SignEvmRequestIdl = IDL.Record({
  account: Blob,
  transaction: EvmTransactionIdl,
  replace: IDL.Bool
});
export type SignEvmRequestWire = { account: Uint8Array; transaction: EvmTransactionWire; replace: boolean };

export const SignedEvmTransactionIdl = IDL.Record({
  raw: Blob,
  hash: Blob,
  digest: Blob,
  r: Blob,
  s: Blob,
  y_parity: IDL.Nat8,
  log_index: IDL.Nat64
});
export type SignedEvmTransactionWire = {
  raw: Uint8Array;
  hash: Uint8Array;
  digest: Uint8Array;
  r: Uint8Array;
  s: Uint8Array;
  y_parity: number;
  log_index: bigint;
};

/**
 * One compliance unit of an action: where its commitment lies in the tree, the storage proof of its nullifier (empty for
 * a binding), and the application payload when the unit moves an account.
 */
export const UnitIdl = IDL.Record({
  leaf_index: IDL.Nat64,
  path: IDL.Vec(Blob),
  nullifier_proof: IDL.Vec(Blob),
  payload: IDL.Opt(Blob)
});
export type UnitWire = {
  leaf_index: bigint;
  path: Uint8Array[];
  nullifier_proof: Uint8Array[];
  payload: [] | [Uint8Array];
};

/** The transitions of one action, applied wholly or not at all: its tags, and all of its units in their order. */
export const TransitionBatchIdl = IDL.Record({
  domain: Blob,
  height: IDL.Nat64,
  tags: IDL.Vec(Blob),
  units: IDL.Vec(UnitIdl)
});
export type TransitionBatchWire = {
  domain: Uint8Array;
  height: bigint;
  tags: Uint8Array[];
  units: UnitWire[];
};

/** A block of the signature log, as in ICRC-3. */
export const Icrc3ValueIdl = IDL.Rec();
Icrc3ValueIdl.fill(
  IDL.Variant({
    Blob,
    Text: IDL.Text,
    Nat: IDL.Nat,
    Int: IDL.Int,
    Array: IDL.Vec(Icrc3ValueIdl),
    Map: IDL.Vec(IDL.Tuple(IDL.Text, Icrc3ValueIdl))
  })
);
export type Icrc3ValueWire =
  | { Blob: Uint8Array }
  | { Text: string }
  | { Nat: bigint }
  | { Int: bigint }
  | { Array: Icrc3ValueWire[] }
  | { Map: [string, Icrc3ValueWire][] };

export const GetBlocksArgsIdl = IDL.Vec(IDL.Record({ start: IDL.Nat, length: IDL.Nat }));
export const GetBlocksResultIdl = IDL.Record({
  log_length: IDL.Nat,
  blocks: IDL.Vec(IDL.Record({ id: IDL.Nat, block: Icrc3ValueIdl })),
  archived_blocks: IDL.Vec(
    IDL.Record({
      args: GetBlocksArgsIdl,
      callback: IDL.Func([GetBlocksArgsIdl], [IDL.Reserved], ['query'])
    })
  )
});
export type GetBlocksResultWire = {
  log_length: bigint;
  blocks: { id: bigint; block: Icrc3ValueWire }[];
  archived_blocks: never[];
};

/** None of the log is in archives; the method is there because ICRC-3 has it. */
export const GetArchivesArgsIdl = IDL.Record({ from: IDL.Opt(IDL.Principal) });
export const GetArchivesResultIdl = IDL.Vec(
  IDL.Record({ canister_id: IDL.Principal, start: IDL.Nat, end: IDL.Nat })
);

export const TipCertificateIdl = IDL.Opt(IDL.Record({ certificate: Blob, hash_tree: Blob }));
export type TipCertificateWire = [] | [{ certificate: Uint8Array; hash_tree: Uint8Array }];

export const StatusIdl = IDL.Record({
  key_name: IDL.Text,
  key_ready: IDL.Bool,
  domains_canister: IDL.Principal,
  accounts: IDL.Nat64,
  log_length: IDL.Nat64
});
export type StatusWire = {
  key_name: string;
  key_ready: boolean;
  domains_canister: Principal;
  accounts: bigint;
  log_length: bigint;
};

export const AccountPageIdl = IDL.Record({ accounts: IDL.Vec(AccountViewIdl), next: IDL.Opt(IDL.Nat64) });
export type AccountPageWire = { accounts: AccountViewWire[]; next: [] | [bigint] };

/** Method name -> [argument types, result type, mode]; the one table that canister, SDK and tests share. */
export const signerMethods = {
  create_account: [[], resultIdl(AccountViewIdl), 'update'],
  seal_account: [[Blob], resultIdl(PassportIdl), 'update'],
  accept_account: [[Blob], resultIdl(AccountViewIdl), 'update'],
  sign_evm_transaction: [[SignEvmRequestIdl], resultIdl(SignedEvmTransactionIdl), 'update'],
  apply_transitions: [[TransitionBatchIdl], resultIdl(IDL.Vec(AccountViewIdl)), 'update'],
  account: [[Blob], resultIdl(AccountViewIdl), 'query'],
  accounts_of: [[IDL.Principal, IDL.Nat64, IDL.Nat32], AccountPageIdl, 'query'],
  status: [[], StatusIdl, 'query'],
  icrc3_get_blocks: [[GetBlocksArgsIdl], GetBlocksResultIdl, 'query'],
  icrc3_get_archives: [[GetArchivesArgsIdl], GetArchivesResultIdl, 'query'],
  icrc3_get_tip_certificate: [[], TipCertificateIdl, 'query'],
  icrc3_supported_block_types: [[], IDL.Vec(IDL.Record({ block_type: IDL.Text, url: IDL.Text })), 'query']
} as const;

export type SignerService = {
  create_account(): Promise<Result<AccountViewWire>>;
  seal_account(account: Uint8Array): Promise<Result<PassportWire>>;
  accept_account(account: Uint8Array): Promise<Result<AccountViewWire>>;
  sign_evm_transaction(request: SignEvmRequestWire): Promise<Result<SignedEvmTransactionWire>>;
  apply_transitions(batch: TransitionBatchWire): Promise<Result<AccountViewWire[]>>;
  account(id: Uint8Array): Promise<Result<AccountViewWire>>;
  accounts_of(owner: Principal, after: bigint, limit: number): Promise<AccountPageWire>;
  status(): Promise<StatusWire>;
  icrc3_get_blocks(ranges: { start: bigint; length: bigint }[]): Promise<GetBlocksResultWire>;
  icrc3_get_archives(args: { from: [] | [Principal] }): Promise<never[]>;
  icrc3_get_tip_certificate(): Promise<TipCertificateWire>;
  icrc3_supported_block_types(): Promise<{ block_type: string; url: string }[]>;
};

/** The management canister's arguments as `@dfinity/candid` decodes them. */
import { IDL } from '@dfinity/candid';
import { decodeCandid } from '../protocol/candid-decoding';
import { type Principal } from '@dfinity/principal';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { type LowMemoryHookStatus } from '../replica/canister-snapshot';
import { type BITCOIN_METHODS } from './bitcoin-idl';
import { MANAGEMENT_METHODS, type ManagementMethod } from './management-idl';

export type Optional<T> = readonly [] | readonly [T];

type Versioned = { readonly sender_canister_version: Optional<bigint> };
type OfCanister = { readonly canister_id: Principal };
type OfSnapshot = OfCanister & { readonly snapshot_id: Uint8Array };

export type VisibilityWire =
  | { readonly controllers: null }
  | { readonly public: null }
  | { readonly allowed_viewers: readonly Principal[] };

export type SettingsWire = {
  readonly controllers: Optional<readonly Principal[]>;
  readonly compute_allocation: Optional<bigint>;
  readonly memory_allocation: Optional<bigint>;
  readonly freezing_threshold: Optional<bigint>;
  readonly reserved_cycles_limit: Optional<bigint>;
  readonly minimum_incoming_canister_call_cycles: Optional<bigint>;
  readonly log_visibility: Optional<VisibilityWire>;
  readonly snapshot_visibility: Optional<VisibilityWire>;
  readonly status_visibility: Optional<VisibilityWire>;
  readonly wasm_memory_limit: Optional<bigint>;
  readonly wasm_memory_threshold: Optional<bigint>;
  readonly environment_variables: Optional<readonly { readonly name: string; readonly value: string }[]>;
  readonly log_memory_limit: Optional<bigint>;
};

export type InstallModeWire =
  | { readonly install: null }
  | { readonly reinstall: null }
  | {
      readonly upgrade: Optional<{
        readonly skip_pre_upgrade: Optional<boolean>;
        readonly wasm_memory_persistence: Optional<{ readonly keep: null } | { readonly replace: null }>;
      }>;
    };

type EcdsaKeyWire = { readonly name: string };
type SchnorrKeyWire = {
  readonly algorithm: { readonly bip340secp256k1: null } | { readonly ed25519: null };
  readonly name: string;
};
type VetkdKeyWire = { readonly name: string };
type PathWire = { readonly derivation_path: readonly Uint8Array[] };

export type HeaderWire = { readonly name: string; readonly value: string };

export type HttpRequestWire = {
  readonly url: string;
  readonly max_response_bytes: Optional<bigint>;
  readonly method: Readonly<Partial<Record<'get' | 'head' | 'post' | 'put' | 'delete' | 'patch', null>>>;
  readonly headers: readonly HeaderWire[];
  readonly body: Optional<Uint8Array>;
  readonly transform: Optional<{
    readonly function: readonly [Principal, string];
    readonly context: Uint8Array;
  }>;
  readonly is_replicated: Optional<boolean>;
};

type Slice = { readonly offset: bigint; readonly size: bigint };
type Offset = { readonly offset: bigint };

export type SnapshotDataWire =
  | { readonly wasm_module: Slice }
  | { readonly wasm_memory: Slice }
  | { readonly stable_memory: Slice }
  | { readonly wasm_chunk: { readonly hash: Uint8Array } };

export type SnapshotPlaceWire =
  | { readonly wasm_module: Offset }
  | { readonly wasm_memory: Offset }
  | { readonly stable_memory: Offset }
  | { readonly wasm_chunk: null };

export type GlobalWire =
  | { readonly i32: number }
  | { readonly i64: bigint }
  | { readonly f32: number }
  | { readonly f64: number }
  | { readonly v128: bigint };

export type SnapshotMetadataWire = {
  readonly replace_snapshot: Optional<Uint8Array>;
  readonly wasm_module_size: bigint;
  readonly globals: readonly GlobalWire[];
  readonly wasm_memory_size: bigint;
  readonly stable_memory_size: bigint;
  readonly certified_data: Uint8Array;
  readonly global_timer: Optional<{ readonly inactive: null } | { readonly active: bigint }>;
  readonly on_low_wasm_memory_hook_status: Optional<Readonly<Partial<Record<LowMemoryHookStatus, null>>>>;
};

/** Argument of each method. */
export type Arguments = {
  create_canister: { readonly settings: Optional<SettingsWire> } & Versioned;
  provisional_create_canister_with_cycles: {
    readonly amount: Optional<bigint>;
    readonly settings: Optional<SettingsWire>;
    readonly specified_id: Optional<Principal>;
  } & Versioned;
  provisional_top_up_canister: OfCanister & { readonly amount: bigint };
  update_settings: OfCanister & { readonly settings: SettingsWire } & Versioned;
  upload_chunk: OfCanister & { readonly chunk: Uint8Array };
  clear_chunk_store: OfCanister;
  stored_chunks: OfCanister;
  install_code: OfCanister & {
    readonly mode: InstallModeWire;
    readonly wasm_module: Uint8Array;
    readonly arg: Uint8Array;
  } & Versioned;
  install_chunked_code: {
    readonly mode: InstallModeWire;
    readonly target_canister: Principal;
    readonly store_canister: Optional<Principal>;
    readonly chunk_hashes_list: readonly { readonly hash: Uint8Array }[];
    readonly wasm_module_hash: Uint8Array;
    readonly arg: Uint8Array;
  } & Versioned;
  uninstall_code: OfCanister & Versioned;
  start_canister: OfCanister;
  stop_canister: OfCanister;
  delete_canister: OfCanister;
  canister_status: OfCanister;
  canister_metrics: OfCanister;
  canister_metadata: OfCanister & { readonly name: string };
  list_canisters: undefined;
  subnet_info: { readonly subnet_id: Principal };
  node_metrics_history: { readonly subnet_id: Principal; readonly start_at_timestamp_nanos: bigint };
  take_canister_snapshot: OfCanister & {
    readonly replace_snapshot: Optional<Uint8Array>;
    readonly uninstall_code: Optional<boolean>;
  } & Versioned;
  load_canister_snapshot: OfSnapshot & Versioned;
  list_canister_snapshots: OfCanister;
  delete_canister_snapshot: OfSnapshot;
  read_canister_snapshot_metadata: OfSnapshot;
  read_canister_snapshot_data: OfSnapshot & { readonly kind: SnapshotDataWire };
  upload_canister_snapshot_metadata: OfCanister & SnapshotMetadataWire;
  upload_canister_snapshot_data: OfSnapshot & {
    readonly kind: SnapshotPlaceWire;
    readonly chunk: Uint8Array;
  };
  canister_info: OfCanister & { readonly num_requested_changes: Optional<bigint> };
  deposit_cycles: OfCanister;
  raw_rand: undefined;
  fetch_canister_logs: OfCanister;
  ecdsa_public_key: { readonly canister_id: Optional<Principal>; readonly key_id: EcdsaKeyWire } & PathWire;
  sign_with_ecdsa: { readonly message_hash: Uint8Array; readonly key_id: EcdsaKeyWire } & PathWire;
  schnorr_public_key: {
    readonly canister_id: Optional<Principal>;
    readonly key_id: SchnorrKeyWire;
  } & PathWire;
  sign_with_schnorr: {
    readonly message: Uint8Array;
    readonly key_id: SchnorrKeyWire;
    readonly aux: Optional<{ readonly bip341: { readonly merkle_root_hash: Uint8Array } }>;
  } & PathWire;
  vetkd_public_key: {
    readonly canister_id: Optional<Principal>;
    readonly context: Uint8Array;
    readonly key_id: VetkdKeyWire;
  };
  vetkd_derive_key: {
    readonly input: Uint8Array;
    readonly context: Uint8Array;
    readonly transport_public_key: Uint8Array;
    readonly key_id: VetkdKeyWire;
  };
  http_request: HttpRequestWire;
} & Readonly<Record<keyof typeof BITCOIN_METHODS, unknown>>;

/** @throws CanisterFault IC0408 when the bytes are not the method's argument. */
export function decodeArgument<Method extends ManagementMethod>(
  method: Method,
  arg: Uint8Array
): Arguments[Method] {
  try {
    const [value] = decodeCandid(MANAGEMENT_METHODS[method].argument, arg);
    // Candid decoded by the method's own types.
    return value as Arguments[Method];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CanisterFault(ERROR_CODE.invalidManagementPayload, `Error decoding candid: ${reason}`);
  }
}

/** Candid of a method's result; nothing for a method without one. */
export function encodeResult(method: ManagementMethod, ...values: readonly unknown[]): Uint8Array {
  return new Uint8Array(IDL.encode([...MANAGEMENT_METHODS[method].result], [...values]));
}

/** The value of an `opt`, undefined when it is null. */
export function optional<T>([value]: Optional<T>): T | undefined {
  return value;
}

export function toOptional<T>(value: T | undefined): Optional<T> {
  return value === undefined ? [] : [value];
}

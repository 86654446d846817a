/** Candid of canister snapshots. Source: dfinity/developer-docs `public/references/ic.did`, 0.66. */
import { IDL } from '@dfinity/candid';

const { Bool, Float32, Float64, Int32, Int64, Nat, Nat8, Nat64, Null, Opt, Principal, Record, Reserved } =
  IDL;
const { Variant, Vec } = IDL;
const Blob = Vec(Nat8);

export const SNAPSHOT_SOURCE = Variant({ taken_from_canister: Reserved, metadata_upload: Reserved });

const Global = Variant({ i32: Int32, i64: Int64, f32: Float32, f64: Float64, v128: Nat });
const GlobalTimer = Variant({ inactive: Null, active: Nat64 });
const HookStatus = Variant({ condition_not_satisfied: Null, ready: Null, executed: Null });
const Slice = Record({ offset: Nat64, size: Nat64 });
const Offset = Record({ offset: Nat64 });

export const SNAPSHOT = Record({ id: Blob, taken_at_timestamp: Nat64, total_size: Nat64 });

export const TAKE_ARGUMENT = Record({
  canister_id: Principal,
  replace_snapshot: Opt(Blob),
  uninstall_code: Opt(Bool),
  sender_canister_version: Opt(Nat64)
});

export const LOAD_ARGUMENT = Record({
  canister_id: Principal,
  snapshot_id: Blob,
  sender_canister_version: Opt(Nat64)
});

export const ONE_SNAPSHOT = Record({ canister_id: Principal, snapshot_id: Blob });

export const METADATA_RESULT = Record({
  source: SNAPSHOT_SOURCE,
  taken_at_timestamp: Nat64,
  wasm_module_size: Nat64,
  globals: Vec(Global),
  wasm_memory_size: Nat64,
  stable_memory_size: Nat64,
  wasm_chunk_store: Vec(Record({ hash: Blob })),
  canister_version: Nat64,
  certified_data: Blob,
  global_timer: Opt(GlobalTimer),
  on_low_wasm_memory_hook_status: Opt(HookStatus)
});

export const READ_DATA_ARGUMENT = Record({
  canister_id: Principal,
  snapshot_id: Blob,
  kind: Variant({
    wasm_module: Slice,
    wasm_memory: Slice,
    stable_memory: Slice,
    wasm_chunk: Record({ hash: Blob })
  })
});

export const UPLOAD_METADATA_ARGUMENT = Record({
  canister_id: Principal,
  replace_snapshot: Opt(Blob),
  wasm_module_size: Nat64,
  globals: Vec(Global),
  wasm_memory_size: Nat64,
  stable_memory_size: Nat64,
  certified_data: Blob,
  global_timer: Opt(GlobalTimer),
  on_low_wasm_memory_hook_status: Opt(HookStatus)
});

export const UPLOAD_DATA_ARGUMENT = Record({
  canister_id: Principal,
  snapshot_id: Blob,
  kind: Variant({ wasm_module: Offset, wasm_memory: Offset, stable_memory: Offset, wasm_chunk: Null }),
  chunk: Blob
});

/** Candid of canister settings and status. Source: dfinity/developer-docs `public/references/ic.did`, 0.66. */
import { IDL } from '@dfinity/candid';

const { Bool, Nat, Nat8, Nat64, Null, Opt, Principal, Record, Text, Variant, Vec } = IDL;

const Visibility = Variant({ controllers: Null, public: Null, allowed_viewers: Vec(Principal) });
const EnvironmentVariable = Record({ name: Text, value: Text });

export const CANISTER_SETTINGS = Record({
  controllers: Opt(Vec(Principal)),
  compute_allocation: Opt(Nat),
  memory_allocation: Opt(Nat),
  freezing_threshold: Opt(Nat),
  reserved_cycles_limit: Opt(Nat),
  minimum_incoming_canister_call_cycles: Opt(Nat),
  log_visibility: Opt(Visibility),
  snapshot_visibility: Opt(Visibility),
  status_visibility: Opt(Visibility),
  wasm_memory_limit: Opt(Nat),
  wasm_memory_threshold: Opt(Nat),
  environment_variables: Opt(Vec(EnvironmentVariable)),
  // Not in ic.did; replicas take it.
  log_memory_limit: Opt(Nat)
});

const DefiniteCanisterSettings = Record({
  controllers: Vec(Principal),
  compute_allocation: Nat,
  memory_allocation: Nat,
  freezing_threshold: Nat,
  reserved_cycles_limit: Nat,
  minimum_incoming_canister_call_cycles: Nat,
  log_visibility: Visibility,
  snapshot_visibility: Visibility,
  status_visibility: Visibility,
  wasm_memory_limit: Nat,
  wasm_memory_threshold: Nat,
  environment_variables: Vec(EnvironmentVariable),
  // Not in ic.did; replicas return it and the icp command needs it.
  log_memory_limit: Nat
});

export const STATUS_RESULT = Record({
  status: Variant({ running: Null, stopping: Null, stopped: Null }),
  ready_for_migration: Bool,
  version: Nat64,
  settings: DefiniteCanisterSettings,
  module_hash: Opt(Vec(Nat8)),
  // Not in ic.did; replicas return it.
  controllers: Vec(Principal),
  memory_size: Nat,
  memory_metrics: Record({
    wasm_memory_size: Nat,
    stable_memory_size: Nat,
    global_memory_size: Nat,
    wasm_binary_size: Nat,
    custom_sections_size: Nat,
    canister_history_size: Nat,
    wasm_chunk_store_size: Nat,
    snapshots_size: Nat,
    // Not in ic.did; replicas return it and the icp command needs it.
    log_memory_store_size: Nat
  }),
  cycles: Nat,
  reserved_cycles: Nat,
  idle_cycles_burned_per_day: Nat,
  query_stats: Record({
    num_calls_total: Nat,
    num_instructions_total: Nat,
    request_payload_bytes_total: Nat,
    response_payload_bytes_total: Nat
  })
});

export const METRICS_RESULT = Record({
  cycles_consumed: Record({
    memory: Nat,
    compute_allocation: Nat,
    ingress_induction: Nat,
    instructions: Nat,
    request_and_response_transmission: Nat,
    uninstall: Nat,
    canister_creation: Nat,
    http_outcalls: Nat,
    burned_cycles: Nat
  })
});

/** Candid of the management canister. Source: dfinity/developer-docs `public/references/ic.did`, 0.66. */
import { IDL } from '@dfinity/candid';

const { Bool, Nat, Nat8, Nat64, Null, Opt, Principal, Record, Text, Variant, Vec } = IDL;
const Blob = Vec(Nat8);

const LogVisibility = Variant({ controllers: Null, public: Null, allowed_viewers: Vec(Principal) });
const EnvironmentVariable = Record({ name: Text, value: Text });

const CanisterSettings = Record({
  controllers: Opt(Vec(Principal)),
  compute_allocation: Opt(Nat),
  memory_allocation: Opt(Nat),
  freezing_threshold: Opt(Nat),
  reserved_cycles_limit: Opt(Nat),
  log_visibility: Opt(LogVisibility),
  wasm_memory_limit: Opt(Nat),
  wasm_memory_threshold: Opt(Nat),
  environment_variables: Opt(Vec(EnvironmentVariable))
});

const DefiniteCanisterSettings = Record({
  controllers: Vec(Principal),
  compute_allocation: Nat,
  memory_allocation: Nat,
  freezing_threshold: Nat,
  reserved_cycles_limit: Nat,
  log_visibility: LogVisibility,
  wasm_memory_limit: Nat,
  wasm_memory_threshold: Nat,
  environment_variables: Vec(EnvironmentVariable),
  // Not in ic.did; replicas return it and the icp command needs it.
  log_memory_limit: Nat
});

const ChangeOrigin = Variant({
  from_user: Record({ user_id: Principal }),
  from_canister: Record({ canister_id: Principal, canister_version: Opt(Nat64) })
});

const ChangeDetails = Variant({
  creation: Record({ controllers: Vec(Principal), environment_variables_hash: Opt(Blob) }),
  code_uninstall: Null,
  code_deployment: Record({
    mode: Variant({ install: Null, reinstall: Null, upgrade: Null }),
    module_hash: Blob
  }),
  controllers_change: Record({ controllers: Vec(Principal) })
});

const InstallMode = Variant({
  install: Null,
  reinstall: Null,
  upgrade: Opt(
    Record({
      skip_pre_upgrade: Opt(Bool),
      wasm_memory_persistence: Opt(Variant({ keep: Null, replace: Null }))
    })
  )
});

const ChunkHash = Record({ hash: Blob });
const EcdsaKeyId = Record({ curve: Variant({ secp256k1: Null }), name: Text });
const SchnorrKeyId = Record({ algorithm: Variant({ bip340secp256k1: Null, ed25519: Null }), name: Text });
const HttpHeader = Record({ name: Text, value: Text });
const HttpResponse = Record({ status: Nat, headers: Vec(HttpHeader), body: Blob });
const CanisterOnly = Record({ canister_id: Principal });
const VersionedCanister = Record({ canister_id: Principal, sender_canister_version: Opt(Nat64) });
const PublicKey = Record({ public_key: Blob, chain_code: Blob });
const Signature = Record({ signature: Blob });

/** What {@link HttpResponse} and the caller's context look like to a transform function. */
export const TRANSFORM_ARGUMENT = Record({ response: HttpResponse, context: Blob });
export const HTTP_RESPONSE = HttpResponse;

const STATUS_RESULT = Record({
  status: Variant({ running: Null, stopping: Null, stopped: Null }),
  ready_for_migration: Bool,
  version: Nat64,
  settings: DefiniteCanisterSettings,
  module_hash: Opt(Blob),
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

const INFO_RESULT = Record({
  total_num_changes: Nat64,
  recent_changes: Vec(
    Record({
      timestamp_nanos: Nat64,
      canister_version: Nat64,
      origin: ChangeOrigin,
      details: Opt(ChangeDetails)
    })
  ),
  module_hash: Opt(Blob),
  controllers: Vec(Principal)
});

const HTTP_ARGUMENT = Record({
  url: Text,
  max_response_bytes: Opt(Nat64),
  method: Variant({ get: Null, head: Null, post: Null }),
  headers: Vec(HttpHeader),
  body: Opt(Blob),
  transform: Opt(
    Record({ function: IDL.Func([TRANSFORM_ARGUMENT], [HttpResponse], ['query']), context: Blob })
  ),
  is_replicated: Opt(Bool)
});

const SIGN_SCHNORR_ARGUMENT = Record({
  message: Blob,
  derivation_path: Vec(Blob),
  key_id: SchnorrKeyId,
  aux: Opt(Variant({ bip341: Record({ merkle_root_hash: Blob }) }))
});

export type MethodTypes = { readonly argument: readonly IDL.Type[]; readonly result: readonly IDL.Type[] };

const method = (argument: IDL.Type, ...result: IDL.Type[]): MethodTypes => ({ argument: [argument], result });

/** Argument and result of every method this network offers. */
export const MANAGEMENT_METHODS = {
  create_canister: method(
    Record({ settings: Opt(CanisterSettings), sender_canister_version: Opt(Nat64) }),
    CanisterOnly
  ),
  provisional_create_canister_with_cycles: method(
    Record({
      amount: Opt(Nat),
      settings: Opt(CanisterSettings),
      specified_id: Opt(Principal),
      sender_canister_version: Opt(Nat64)
    }),
    CanisterOnly
  ),
  provisional_top_up_canister: method(Record({ canister_id: Principal, amount: Nat })),
  update_settings: method(
    Record({ canister_id: Principal, settings: CanisterSettings, sender_canister_version: Opt(Nat64) })
  ),
  upload_chunk: method(Record({ canister_id: Principal, chunk: Blob }), ChunkHash),
  clear_chunk_store: method(CanisterOnly),
  stored_chunks: method(CanisterOnly, Vec(ChunkHash)),
  install_code: method(
    Record({
      mode: InstallMode,
      canister_id: Principal,
      wasm_module: Blob,
      arg: Blob,
      sender_canister_version: Opt(Nat64)
    })
  ),
  install_chunked_code: method(
    Record({
      mode: InstallMode,
      target_canister: Principal,
      store_canister: Opt(Principal),
      chunk_hashes_list: Vec(ChunkHash),
      wasm_module_hash: Blob,
      arg: Blob,
      sender_canister_version: Opt(Nat64)
    })
  ),
  uninstall_code: method(VersionedCanister),
  start_canister: method(CanisterOnly),
  stop_canister: method(CanisterOnly),
  delete_canister: method(CanisterOnly),
  canister_status: method(CanisterOnly, STATUS_RESULT),
  canister_info: method(Record({ canister_id: Principal, num_requested_changes: Opt(Nat64) }), INFO_RESULT),
  deposit_cycles: method(CanisterOnly),
  raw_rand: { argument: [], result: [Blob] },
  fetch_canister_logs: method(
    CanisterOnly,
    Record({ canister_log_records: Vec(Record({ idx: Nat64, timestamp_nanos: Nat64, content: Blob })) })
  ),
  ecdsa_public_key: method(
    Record({ canister_id: Opt(Principal), derivation_path: Vec(Blob), key_id: EcdsaKeyId }),
    PublicKey
  ),
  sign_with_ecdsa: method(
    Record({ message_hash: Blob, derivation_path: Vec(Blob), key_id: EcdsaKeyId }),
    Signature
  ),
  schnorr_public_key: method(
    Record({ canister_id: Opt(Principal), derivation_path: Vec(Blob), key_id: SchnorrKeyId }),
    PublicKey
  ),
  sign_with_schnorr: method(SIGN_SCHNORR_ARGUMENT, Signature),
  http_request: method(HTTP_ARGUMENT, HttpResponse)
} as const satisfies Readonly<Record<string, MethodTypes>>;

export type ManagementMethod = keyof typeof MANAGEMENT_METHODS;

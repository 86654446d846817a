/** Candid of the management canister's methods, from the public `ic.did` of interface specification 0.66. */
import { IDL } from '@dfinity/candid';

const { Bool, Func, Nat, Nat8, Nat64, Null, Opt, Principal, Record, Text, Variant, Vec } = IDL;
const Blob = Vec(Nat8);
const Version = Opt(Nat64);
const Canister = Record({ canister_id: Principal });

const LogVisibility = Variant({ controllers: Null, public: Null, allowed_viewers: Vec(Principal) });
const EnvironmentVariable = Record({ name: Text, value: Text });
const Settings = Record({
  controllers: Opt(Vec(Principal)),
  compute_allocation: Opt(Nat),
  memory_allocation: Opt(Nat),
  freezing_threshold: Opt(Nat),
  reserved_cycles_limit: Opt(Nat),
  minimum_incoming_canister_call_cycles: Opt(Nat),
  log_visibility: Opt(LogVisibility),
  wasm_memory_limit: Opt(Nat),
  wasm_memory_threshold: Opt(Nat),
  environment_variables: Opt(Vec(EnvironmentVariable))
});
const DefiniteSettings = Record({
  controllers: Vec(Principal),
  compute_allocation: Nat,
  memory_allocation: Nat,
  freezing_threshold: Nat,
  reserved_cycles_limit: Nat,
  log_visibility: LogVisibility,
  wasm_memory_limit: Nat,
  wasm_memory_threshold: Nat,
  environment_variables: Vec(EnvironmentVariable)
});
const Status = Variant({ running: Null, stopping: Null, stopped: Null });
const CanisterStatus = Record({
  status: Status,
  ready_for_migration: Bool,
  version: Nat64,
  settings: DefiniteSettings,
  module_hash: Opt(Blob),
  memory_size: Nat,
  memory_metrics: Record({
    wasm_memory_size: Nat,
    stable_memory_size: Nat,
    global_memory_size: Nat,
    wasm_binary_size: Nat,
    custom_sections_size: Nat,
    canister_history_size: Nat,
    wasm_chunk_store_size: Nat,
    snapshots_size: Nat
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
const UpgradeOptions = Opt(
  Record({
    skip_pre_upgrade: Opt(Bool),
    wasm_memory_persistence: Opt(Variant({ keep: Null, replace: Null }))
  })
);
const InstallMode = Variant({ install: Null, reinstall: Null, upgrade: UpgradeOptions });
const ChunkHash = Record({ hash: Blob });

const EcdsaKey = Record({ curve: Variant({ secp256k1: Null }), name: Text });
const SchnorrKey = Record({ algorithm: Variant({ bip340secp256k1: Null, ed25519: Null }), name: Text });
const VetKdKey = Record({ curve: Variant({ bls12_381_g2: Null }), name: Text });
const PublicKey = Record({ public_key: Blob, chain_code: Blob });

const HttpHeader = Record({ name: Text, value: Text });
export const HttpResponse = Record({ status: Nat, headers: Vec(HttpHeader), body: Blob });
export const TransformArgument = Record({ response: HttpResponse, context: Blob });

const CanisterChangeDetails = Variant({
  creation: Record({ controllers: Vec(Principal), environment_variables_hash: Opt(Blob) }),
  code_uninstall: Null,
  code_deployment: Record({
    mode: Variant({ install: Null, reinstall: Null, upgrade: Null }),
    module_hash: Blob
  }),
  load_snapshot: Record({
    canister_version: Nat64,
    snapshot_id: Blob,
    taken_at_timestamp: Nat64,
    from_canister_id: Opt(Principal)
  }),
  controllers_change: Record({ controllers: Vec(Principal) })
});
const CanisterChange = Record({
  timestamp_nanos: Nat64,
  canister_version: Nat64,
  origin: Variant({
    from_user: Record({ user_id: Principal }),
    from_canister: Record({ canister_id: Principal, canister_version: Version })
  }),
  details: Opt(CanisterChangeDetails)
});
const SnapshotSource = Variant({ taken_from_canister: IDL.Reserved, metadata_upload: IDL.Reserved });
/** Fields that the metadata of a snapshot have whether read or uploaded. */
const SnapshotState = {
  wasm_module_size: Nat64,
  globals: Vec(Variant({ i32: IDL.Int32, i64: IDL.Int64, f32: IDL.Float32, f64: IDL.Float64, v128: Nat })),
  wasm_memory_size: Nat64,
  stable_memory_size: Nat64,
  certified_data: Blob,
  global_timer: Opt(Variant({ inactive: Null, active: Nat64 })),
  on_low_wasm_memory_hook_status: Opt(Variant({ condition_not_satisfied: Null, ready: Null, executed: Null }))
};
const Range = Record({ offset: Nat64, size: Nat64 });
const SnapshotPart = Variant({
  wasm_module: Range,
  wasm_memory: Range,
  stable_memory: Range,
  wasm_chunk: ChunkHash
});
const Offset = Record({ offset: Nat64 });
const UploadedPart = Variant({
  wasm_module: Offset,
  wasm_memory: Offset,
  stable_memory: Offset,
  wasm_chunk: Null
});
const Snapshot = Record({ id: Blob, taken_at_timestamp: Nat64, total_size: Nat64 });

type MethodTypes = readonly [argument: readonly IDL.Type[], result: readonly IDL.Type[]];

/** Argument and result of each method. */
export const MANAGEMENT_METHODS = {
  create_canister: [[Record({ settings: Opt(Settings), sender_canister_version: Version })], [Canister]],
  update_settings: [
    [Record({ canister_id: Principal, settings: Settings, sender_canister_version: Version })],
    []
  ],
  upload_chunk: [[Record({ canister_id: Principal, chunk: Blob })], [ChunkHash]],
  clear_chunk_store: [[Canister], []],
  stored_chunks: [[Canister], [Vec(ChunkHash)]],
  install_code: [
    [
      Record({
        mode: InstallMode,
        canister_id: Principal,
        wasm_module: Blob,
        arg: Blob,
        sender_canister_version: Version
      })
    ],
    []
  ],
  install_chunked_code: [
    [
      Record({
        mode: InstallMode,
        target_canister: Principal,
        store_canister: Opt(Principal),
        chunk_hashes_list: Vec(ChunkHash),
        wasm_module_hash: Blob,
        arg: Blob,
        sender_canister_version: Version
      })
    ],
    []
  ],
  uninstall_code: [[Record({ canister_id: Principal, sender_canister_version: Version })], []],
  start_canister: [[Canister], []],
  stop_canister: [[Canister], []],
  canister_status: [[Canister], [CanisterStatus]],
  canister_info: [
    [Record({ canister_id: Principal, num_requested_changes: Opt(Nat64) })],
    [
      Record({
        total_num_changes: Nat64,
        recent_changes: Vec(CanisterChange),
        module_hash: Opt(Blob),
        controllers: Vec(Principal)
      })
    ]
  ],
  canister_metadata: [[Record({ canister_id: Principal, name: Text })], [Record({ value: Blob })]],
  delete_canister: [[Canister], []],
  deposit_cycles: [[Canister], []],
  raw_rand: [[], [Blob]],
  http_request: [
    [
      Record({
        url: Text,
        max_response_bytes: Opt(Nat64),
        method: Variant({ get: Null, head: Null, post: Null }),
        headers: Vec(HttpHeader),
        body: Opt(Blob),
        transform: Opt(
          Record({ function: Func([TransformArgument], [HttpResponse], ['query']), context: Blob })
        ),
        is_replicated: Opt(Bool)
      })
    ],
    [HttpResponse]
  ],
  ecdsa_public_key: [
    [Record({ canister_id: Opt(Principal), derivation_path: Vec(Blob), key_id: EcdsaKey })],
    [PublicKey]
  ],
  sign_with_ecdsa: [
    [Record({ message_hash: Blob, derivation_path: Vec(Blob), key_id: EcdsaKey })],
    [Record({ signature: Blob })]
  ],
  schnorr_public_key: [
    [Record({ canister_id: Opt(Principal), derivation_path: Vec(Blob), key_id: SchnorrKey })],
    [PublicKey]
  ],
  sign_with_schnorr: [
    [
      Record({
        message: Blob,
        derivation_path: Vec(Blob),
        key_id: SchnorrKey,
        aux: Opt(Variant({ bip341: Record({ merkle_root_hash: Blob }) }))
      })
    ],
    [Record({ signature: Blob })]
  ],
  vetkd_public_key: [
    [Record({ canister_id: Opt(Principal), context: Blob, key_id: VetKdKey })],
    [Record({ public_key: Blob })]
  ],
  vetkd_derive_key: [
    [Record({ input: Blob, context: Blob, transport_public_key: Blob, key_id: VetKdKey })],
    [Record({ encrypted_key: Blob })]
  ],
  subnet_info: [
    [Record({ subnet_id: Principal })],
    [Record({ replica_version: Text, registry_version: Nat64 })]
  ],
  provisional_create_canister_with_cycles: [
    [
      Record({
        amount: Opt(Nat),
        settings: Opt(Settings),
        specified_id: Opt(Principal),
        sender_canister_version: Version
      })
    ],
    [Canister]
  ],
  provisional_top_up_canister: [[Record({ canister_id: Principal, amount: Nat })], []],
  take_canister_snapshot: [
    [
      Record({
        canister_id: Principal,
        replace_snapshot: Opt(Blob),
        uninstall_code: Opt(Bool),
        sender_canister_version: Version
      })
    ],
    [Snapshot]
  ],
  load_canister_snapshot: [
    [Record({ canister_id: Principal, snapshot_id: Blob, sender_canister_version: Version })],
    []
  ],
  list_canister_snapshots: [[Canister], [Vec(Snapshot)]],
  delete_canister_snapshot: [[Record({ canister_id: Principal, snapshot_id: Blob })], []],
  read_canister_snapshot_metadata: [
    [Record({ canister_id: Principal, snapshot_id: Blob })],
    [
      Record({
        source: SnapshotSource,
        ...SnapshotState,
        wasm_chunk_store: Vec(ChunkHash),
        canister_version: Nat64
      })
    ]
  ],
  read_canister_snapshot_data: [
    [Record({ canister_id: Principal, snapshot_id: Blob, kind: SnapshotPart })],
    [Record({ chunk: Blob })]
  ],
  upload_canister_snapshot_metadata: [
    [Record({ canister_id: Principal, replace_snapshot: Opt(Blob), ...SnapshotState })],
    [Record({ snapshot_id: Blob })]
  ],
  upload_canister_snapshot_data: [
    [Record({ canister_id: Principal, snapshot_id: Blob, kind: UploadedPart, chunk: Blob })],
    []
  ],
  fetch_canister_logs: [
    [Canister],
    [Record({ canister_log_records: Vec(Record({ idx: Nat64, timestamp_nanos: Nat64, content: Blob })) })]
  ]
} as const satisfies Readonly<Record<string, MethodTypes>>;

export type ManagementMethod = keyof typeof MANAGEMENT_METHODS;

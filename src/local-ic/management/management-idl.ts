/** Candid of the management canister. Source: dfinity/developer-docs `public/references/ic.did`, 0.66. */
import { IDL } from '@dfinity/candid';
import { BITCOIN_METHODS } from './bitcoin-idl';
import { CANISTER_SETTINGS, METRICS_RESULT, STATUS_RESULT } from './settings-idl';
import {
  LOAD_ARGUMENT,
  METADATA_RESULT,
  ONE_SNAPSHOT,
  READ_DATA_ARGUMENT,
  SNAPSHOT,
  SNAPSHOT_SOURCE,
  TAKE_ARGUMENT,
  UPLOAD_DATA_ARGUMENT,
  UPLOAD_METADATA_ARGUMENT
} from './snapshot-idl';

const { Bool, Nat, Nat8, Nat64, Null, Opt, Principal, Record, Text, Variant, Vec } = IDL;
const Blob = Vec(Nat8);

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
  load_snapshot: Record({
    from_canister_id: Opt(Principal),
    snapshot_id: Blob,
    canister_version: Nat64,
    taken_at_timestamp: Nat64,
    source: SNAPSHOT_SOURCE
  }),
  controllers_change: Record({ controllers: Vec(Principal) }),
  rename_canister: Record({
    canister_id: Principal,
    total_num_changes: Nat64,
    rename_to: Record({ canister_id: Principal, version: Nat64, total_num_changes: Nat64 }),
    requested_by: Principal
  })
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
const VetkdKeyId = Record({ curve: Variant({ bls12_381_g2: Null }), name: Text });
const HttpHeader = Record({ name: Text, value: Text });
const HttpResponse = Record({ status: Nat, headers: Vec(HttpHeader), body: Blob });
const CanisterOnly = Record({ canister_id: Principal });
const VersionedCanister = Record({ canister_id: Principal, sender_canister_version: Opt(Nat64) });
const PublicKey = Record({ public_key: Blob, chain_code: Blob });
const Signature = Record({ signature: Blob });

/** What {@link HttpResponse} and the caller's context look like to a transform function. */
export const TRANSFORM_ARGUMENT = Record({ response: HttpResponse, context: Blob });
export const HTTP_RESPONSE = HttpResponse;

const INFO_RESULT = Record({
  total_num_changes: Nat64,
  recent_changes: Vec(
    Record({
      timestamp_nanos: Nat64,
      canister_version: Nat64,
      origin: ChangeOrigin,
      details: ChangeDetails
    })
  ),
  module_hash: Opt(Blob),
  controllers: Vec(Principal)
});

const HTTP_ARGUMENT = Record({
  url: Text,
  max_response_bytes: Opt(Nat64),
  method: Variant({ get: Null, head: Null, post: Null, put: Null, delete: Null, patch: Null }),
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

const INSTALL_CHUNKED_ARGUMENT = Record({
  mode: InstallMode,
  target_canister: Principal,
  store_canister: Opt(Principal),
  chunk_hashes_list: Vec(ChunkHash),
  wasm_module_hash: Blob,
  arg: Blob,
  sender_canister_version: Opt(Nat64)
});

const NODE_METRICS_RESULT = Vec(
  Record({
    timestamp_nanos: Nat64,
    node_metrics: Vec(
      Record({
        node_id: Principal,
        num_blocks_proposed_total: Nat64,
        num_block_failures_total: Nat64
      })
    )
  })
);

export type MethodTypes = { readonly argument: readonly IDL.Type[]; readonly result: readonly IDL.Type[] };

const method = (argument: IDL.Type, ...result: IDL.Type[]): MethodTypes => ({ argument: [argument], result });

/** Argument and result of every method this network offers. */
export const MANAGEMENT_METHODS = {
  create_canister: method(
    Record({ settings: Opt(CANISTER_SETTINGS), sender_canister_version: Opt(Nat64) }),
    CanisterOnly
  ),
  provisional_create_canister_with_cycles: method(
    Record({
      amount: Opt(Nat),
      settings: Opt(CANISTER_SETTINGS),
      specified_id: Opt(Principal),
      sender_canister_version: Opt(Nat64)
    }),
    CanisterOnly
  ),
  provisional_top_up_canister: method(Record({ canister_id: Principal, amount: Nat })),
  update_settings: method(
    Record({ canister_id: Principal, settings: CANISTER_SETTINGS, sender_canister_version: Opt(Nat64) })
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
  install_chunked_code: method(INSTALL_CHUNKED_ARGUMENT),
  uninstall_code: method(VersionedCanister),
  start_canister: method(CanisterOnly),
  stop_canister: method(CanisterOnly),
  delete_canister: method(CanisterOnly),
  canister_status: method(CanisterOnly, STATUS_RESULT),
  canister_metrics: method(CanisterOnly, METRICS_RESULT),
  canister_info: method(Record({ canister_id: Principal, num_requested_changes: Opt(Nat64) }), INFO_RESULT),
  canister_metadata: method(Record({ canister_id: Principal, name: Text }), Record({ value: Blob })),
  deposit_cycles: method(CanisterOnly),
  raw_rand: { argument: [], result: [Blob] },
  fetch_canister_logs: method(
    CanisterOnly,
    Record({ canister_log_records: Vec(Record({ idx: Nat64, timestamp_nanos: Nat64, content: Blob })) })
  ),
  list_canisters: {
    argument: [],
    result: [Record({ canisters: Vec(Record({ start: Principal, end: Principal })) })]
  },
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
  vetkd_public_key: method(
    Record({ canister_id: Opt(Principal), context: Blob, key_id: VetkdKeyId }),
    Record({ public_key: Blob })
  ),
  vetkd_derive_key: method(
    Record({ input: Blob, context: Blob, transport_public_key: Blob, key_id: VetkdKeyId }),
    Record({ encrypted_key: Blob })
  ),
  http_request: method(HTTP_ARGUMENT, HttpResponse),
  node_metrics_history: method(
    Record({ subnet_id: Principal, start_at_timestamp_nanos: Nat64 }),
    NODE_METRICS_RESULT
  ),
  subnet_info: method(
    Record({ subnet_id: Principal }),
    Record({ replica_version: Text, registry_version: Nat64 })
  ),
  take_canister_snapshot: method(TAKE_ARGUMENT, SNAPSHOT),
  load_canister_snapshot: method(LOAD_ARGUMENT),
  list_canister_snapshots: method(CanisterOnly, Vec(SNAPSHOT)),
  delete_canister_snapshot: method(ONE_SNAPSHOT),
  read_canister_snapshot_metadata: method(ONE_SNAPSHOT, METADATA_RESULT),
  read_canister_snapshot_data: method(READ_DATA_ARGUMENT, Record({ chunk: Blob })),
  upload_canister_snapshot_metadata: method(UPLOAD_METADATA_ARGUMENT, Record({ snapshot_id: Blob })),
  upload_canister_snapshot_data: method(UPLOAD_DATA_ARGUMENT),
  ...BITCOIN_METHODS
} as const satisfies Readonly<Record<string, MethodTypes>>;

export type ManagementMethod = keyof typeof MANAGEMENT_METHODS;

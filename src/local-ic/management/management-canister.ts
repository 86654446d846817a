import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { type CanisterSettings, type Visibility } from '../replica/canister';
import { type CallAnswer, type IncomingCall } from '../replica/message';
import { principalText, rejected, rejection, replied } from '../replica/rejection';
import {
  type IngressMessage,
  type Outcome,
  type QueryMessage,
  type Rejection
} from '../replica/replica-port';
import {
  clearChunkStore,
  installChunkedCode,
  installCode,
  storedChunks,
  uninstallCode,
  uploadChunk
} from './code-methods';
import {
  createCanister,
  depositCycles,
  provisionalCreateCanister,
  provisionalTopUp,
  updateSettings
} from './creation-methods';
import {
  ecdsaPublicKey,
  schnorrPublicKey,
  signWithEcdsa,
  signWithSchnorr,
  vetkdDeriveKey,
  vetkdPublicKey
} from './key-methods';
import { deleteCanister, startCanister, stopCanister } from './lifecycle-methods';
import {
  CallCycles,
  mayView,
  type ManagementCall,
  type ManagementHost,
  type ManagementResult
} from './management-host';
import { MANAGEMENT_METHODS, type ManagementMethod } from './management-idl';
import { type Arguments, decodeArgument, encodeResult } from './management-wire';
import { httpRequest } from './outcall-methods';
import { RejectionError } from './rejection-error';
import { listCanisters, nodeMetricsHistory, refuseBitcoin, subnetInfo } from './network-methods';
import { deleteSnapshot, listSnapshots, loadSnapshot, takeSnapshot } from './snapshot-methods';
import {
  readSnapshotData,
  readSnapshotMetadata,
  uploadSnapshotData,
  uploadSnapshotMetadata
} from './snapshot-transfer-methods';
import {
  canisterInfo,
  canisterMetadata,
  canisterMetrics,
  canisterStatus,
  fetchCanisterLogs
} from './status-methods';

/** An answer that comes later; what the call carried besides the fee goes back. */
export type PromisedAnswer = { readonly outcome: Outcome; readonly feeCycles: bigint };

/** What becomes of a call. The fee is the host's to burn, when the call is answered. */
export type ManagementReaction =
  | ({ readonly kind: 'answered'; readonly feeCycles: bigint } & CallAnswer)
  /** Waits for something outside of the network. Carried out again, it does the same. */
  | { readonly kind: 'promised'; readonly answer: Promise<PromisedAnswer> }
  /** Answered when the canister has stopped. */
  | { readonly kind: 'waitsForStop' };

type Handlers = {
  readonly [Method in ManagementMethod]: (
    host: ManagementHost,
    call: ManagementCall,
    args: Arguments[Method]
  ) => ManagementResult;
};

const RAW_RAND_BYTES = 32;

const HANDLERS: Handlers = {
  create_canister: createCanister,
  provisional_create_canister_with_cycles: provisionalCreateCanister,
  provisional_top_up_canister: provisionalTopUp,
  update_settings: updateSettings,
  upload_chunk: uploadChunk,
  clear_chunk_store: clearChunkStore,
  stored_chunks: storedChunks,
  install_code: installCode,
  install_chunked_code: installChunkedCode,
  uninstall_code: uninstallCode,
  start_canister: startCanister,
  stop_canister: stopCanister,
  delete_canister: deleteCanister,
  canister_status: canisterStatus,
  canister_metrics: canisterMetrics,
  canister_info: canisterInfo,
  canister_metadata: canisterMetadata,
  deposit_cycles: depositCycles,
  raw_rand: (host) => encodeResult('raw_rand', host.randomBytes(RAW_RAND_BYTES)),
  fetch_canister_logs: fetchCanisterLogs,
  list_canisters: listCanisters,
  subnet_info: subnetInfo,
  node_metrics_history: nodeMetricsHistory,
  take_canister_snapshot: takeSnapshot,
  load_canister_snapshot: loadSnapshot,
  list_canister_snapshots: listSnapshots,
  delete_canister_snapshot: deleteSnapshot,
  read_canister_snapshot_metadata: readSnapshotMetadata,
  read_canister_snapshot_data: readSnapshotData,
  upload_canister_snapshot_metadata: uploadSnapshotMetadata,
  upload_canister_snapshot_data: uploadSnapshotData,
  ecdsa_public_key: ecdsaPublicKey,
  sign_with_ecdsa: signWithEcdsa,
  schnorr_public_key: schnorrPublicKey,
  sign_with_schnorr: signWithSchnorr,
  vetkd_public_key: vetkdPublicKey,
  vetkd_derive_key: vetkdDeriveKey,
  http_request: httpRequest,
  bitcoin_get_balance: refuseBitcoin,
  bitcoin_get_utxos: refuseBitcoin,
  bitcoin_send_transaction: refuseBitcoin,
  bitcoin_get_current_fee_percentiles: refuseBitcoin,
  bitcoin_get_block_headers: refuseBitcoin
};

/** Methods that only canisters may call. */
const CANISTER_ONLY: ReadonlySet<ManagementMethod> = new Set([
  'create_canister',
  'canister_info',
  'canister_metadata',
  'subnet_info',
  'node_metrics_history',
  'deposit_cycles',
  'raw_rand',
  'ecdsa_public_key',
  'sign_with_ecdsa',
  'schnorr_public_key',
  'sign_with_schnorr',
  'vetkd_public_key',
  'vetkd_derive_key',
  'http_request',
  'bitcoin_get_balance',
  'bitcoin_get_utxos',
  'bitcoin_send_transaction',
  'bitcoin_get_current_fee_percentiles',
  'bitcoin_get_block_headers'
]);

/** Methods that anyone may call from outside. */
const OPEN_TO_ALL: ReadonlySet<ManagementMethod> = new Set([
  'provisional_create_canister_with_cycles',
  'provisional_top_up_canister'
]);

const QUERIES: ReadonlySet<ManagementMethod> = new Set([
  'canister_status',
  'canister_metrics',
  'fetch_canister_logs',
  'list_canisters'
]);
/** Queries that are no update methods. */
const QUERY_ONLY: ReadonlySet<ManagementMethod> = new Set(['fetch_canister_logs', 'list_canisters']);

/** What others than controllers may be allowed to read, by settings. */
const VISIBILITY_OF: Partial<Record<ManagementMethod, (settings: CanisterSettings) => Visibility>> = {
  canister_status: (settings) => settings.statusVisibility,
  list_canister_snapshots: (settings) => settings.snapshotVisibility,
  read_canister_snapshot_metadata: (settings) => settings.snapshotVisibility,
  read_canister_snapshot_data: (settings) => settings.snapshotVisibility
};

/** `aaaaa-aa`. */
export class ManagementCanister {
  constructor(private readonly host: ManagementHost) {}

  /** Runs a method. What it changes is changed in this turn, whenever it answers. */
  call(incoming: IncomingCall): ManagementReaction {
    const { origin, caller, callerVersion, methodName, arg } = incoming;
    const cycles = new CallCycles(incoming.cycles);
    const callingCanister = origin.kind === 'canister' ? this.host.registry.find(caller) : undefined;
    try {
      const call = { origin, caller, callingCanister, callerVersion, cycles };
      const result = this.#update(methodName, call, arg);
      if (result === 'waitsForStop') return { kind: 'waitsForStop' };
      if (result instanceof Uint8Array) return answered(replied(result), cycles);
      return { kind: 'promised', answer: promisedAnswer(result, cycles) };
    } catch (error) {
      return answered(outcomeOf(error), cycles);
    }
  }

  /** Answers a query to the management canister. */
  query({ methodName, sender, arg }: QueryMessage): Outcome {
    if (!isMethod(methodName) || !QUERIES.has(methodName)) {
      return rejected(ERROR_CODE.methodNotFound, `Query method ${methodName} not found.`);
    }
    const origin = { kind: 'system' } as const;
    const call = { origin, caller: sender, callingCanister: undefined, cycles: new CallCycles(0n) };
    try {
      const result = this.#run(methodName, call, arg);
      if (result instanceof Uint8Array) return replied(result);
      throw new Error(`BUG: query ${methodName} of the management canister waits`);
    } catch (error) {
      return outcomeOf(error);
    }
  }

  /** Why a call from outside is not even taken in; undefined when it is. */
  refuseIngress({ methodName, sender, effectiveCanisterId }: IngressMessage): Rejection | undefined {
    if (!isMethod(methodName)) {
      return rejection(ERROR_CODE.methodNotFound, `Management canister has no method '${methodName}'`);
    }
    if (CANISTER_ONLY.has(methodName) || QUERY_ONLY.has(methodName)) {
      return rejection(
        ERROR_CODE.canisterRejected,
        `ic00 method ${methodName} can not be called via ingress messages`
      );
    }
    if (OPEN_TO_ALL.has(methodName)) return undefined;
    const canister = this.host.registry.find(effectiveCanisterId);
    if (!canister) {
      return rejection(
        ERROR_CODE.canisterNotFound,
        `Canister ${principalText(effectiveCanisterId)} not found`
      );
    }
    const visibility = VISIBILITY_OF[methodName]?.(canister.settings);
    const isViewer = visibility !== undefined && mayView(canister, visibility, sender);
    if (isViewer || canister.isController(sender)) return undefined;
    const text = `Only controllers of canister ${principalText(canister.id)} can call ic00 method ${methodName}`;
    return rejection(ERROR_CODE.invalidController, text);
  }

  #update(methodName: string, call: ManagementCall, arg: Uint8Array): ManagementResult {
    if (isMethod(methodName) && QUERY_ONLY.has(methodName)) {
      throw new CanisterFault(
        ERROR_CODE.canisterRejected,
        `${methodName} API is only accessible in non-replicated mode`
      );
    }
    return this.#run(methodName, call, arg);
  }

  #run(methodName: string, call: ManagementCall, arg: Uint8Array): ManagementResult {
    if (!isMethod(methodName)) {
      throw new CanisterFault(ERROR_CODE.methodNotFound, `Management canister has no method '${methodName}'`);
    }
    return this.#runMethod(methodName, call, arg);
  }

  #runMethod<Method extends ManagementMethod>(
    method: Method,
    call: ManagementCall,
    arg: Uint8Array
  ): ManagementResult {
    return HANDLERS[method](this.host, call, decodeArgument(method, arg));
  }
}

function answered(outcome: Outcome, { left, fees }: CallCycles): ManagementReaction {
  return { kind: 'answered', outcome, refundCycles: left, feeCycles: fees };
}

async function promisedAnswer(result: Promise<Uint8Array>, cycles: CallCycles): Promise<PromisedAnswer> {
  const outcome = await result.then(replied, outcomeOf);
  return { outcome, feeCycles: cycles.fees };
}

function isMethod(name: string): name is ManagementMethod {
  return Object.hasOwn(MANAGEMENT_METHODS, name);
}

/** An error that is no answer to the caller is the host's own and thrown on. */
function outcomeOf(error: unknown): Outcome {
  if (error instanceof CanisterFault) return rejected(error.code, error.message);
  if (error instanceof RejectionError) return { kind: 'rejected', ...error.rejection };
  throw error;
}

/** Which canister id the URL of a request must carry (interface specification, "Effective canister id"). */
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { equalBytes } from './byte-order';
import { CandidError, decodeCandid, isAffordableCandid } from './candid-decoding';
import { type CallRequest, type QueryRequest } from './envelope';
import { MANAGEMENT_CANISTER, principalText } from './principal';
import { RequestError } from './request-error';

/** Methods that make a canister: the URL may name any principal. */
const CREATING_METHODS = new Set(['create_canister', 'provisional_create_canister_with_cycles']);

/** Methods whose Candid record names the canister they act on, by the field that does. */
const FIELD_BY_METHOD = new Map<string, 'canister_id' | 'target_canister'>([
  ['install_chunked_code', 'target_canister'],
  ...[
    'update_settings',
    'upload_chunk',
    'clear_chunk_store',
    'stored_chunks',
    'install_code',
    'uninstall_code',
    'start_canister',
    'stop_canister',
    'delete_canister',
    'canister_status',
    'canister_metrics',
    'take_canister_snapshot',
    'load_canister_snapshot',
    'list_canister_snapshots',
    'delete_canister_snapshot',
    'read_canister_snapshot_metadata',
    'read_canister_snapshot_data',
    'upload_canister_snapshot_metadata',
    'upload_canister_snapshot_data',
    'fetch_canister_logs',
    'provisional_top_up_canister'
  ].map((method): [string, 'canister_id'] => [method, 'canister_id'])
]);

/**
 * Checks the id in the URL against the request. Methods of the management canister that name no canister, or do not
 * exist, pass: the replica refuses them with its own code.
 *
 * @throws {RequestError} 400 when another id was expected or the argument does not say which.
 */
export function assertEffectiveCanisterId(
  request: CallRequest | QueryRequest,
  effectiveCanisterId: Uint8Array
): void {
  const expected = expectedCanisterId(request);
  if (expected === undefined || equalBytes(expected, effectiveCanisterId)) return;
  throw new RequestError(
    400,
    `Specified CanisterId ${principalText(expected)} does not match effective canister id in URL ${principalText(effectiveCanisterId)}`
  );
}

function expectedCanisterId(request: CallRequest | QueryRequest): Uint8Array | undefined {
  if (!equalBytes(request.canisterId, MANAGEMENT_CANISTER)) return request.canisterId;
  if (!isAffordableCandid(request.arg))
    throw new RequestError(400, 'The argument claims more values than a message of its length may hold');
  if (CREATING_METHODS.has(request.methodName)) return undefined;
  const field = FIELD_BY_METHOD.get(request.methodName);
  return field === undefined ? undefined : readPrincipalField(request, field);
}

function readPrincipalField(request: CallRequest | QueryRequest, field: string): Uint8Array {
  try {
    const [record] = decodeCandid([IDL.Record({ [field]: IDL.Principal })], request.arg);
    // Candid decoded by the type above.
    return (record as Record<string, Principal>)[field]?.toUint8Array() ?? MANAGEMENT_CANISTER;
  } catch (cause) {
    if (!(cause instanceof CandidError)) throw cause;
    throw new RequestError(
      400,
      `Could not read \`${field}\` from the argument of management canister method ${request.methodName}`,
      { cause }
    );
  }
}

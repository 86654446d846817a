/** Which id the URL of a request must carry (interface specification, "Effective canister id", "Effective subnet id"). */
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { equalBytes } from './byte-order';
import { CandidError, decodeCandid, isAffordableCandid } from './candid-decoding';
import { type CallRequest, type QueryRequest } from './envelope';
import { MANAGEMENT_CANISTER, principalText } from './principal';
import { RequestError } from './request-error';

/** What the URL of a request names: below `/canister/<id>` or below `/subnet/<id>`. */
export type EffectiveTarget = { readonly kind: 'canister' | 'subnet'; readonly id: Uint8Array };

/** Methods that act on a subnet: their URL may name any canister, or the subnet. */
const SUBNET_METHODS = {
  call: new Set(['create_canister', 'provisional_create_canister_with_cycles']),
  query: new Set(['list_canisters'])
};

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
 * exist, pass below a canister: the replica refuses them with its own code.
 *
 * @throws {RequestError} 400 when another id was expected, or the argument does not say which, or the request is not
 * for a subnet.
 */
export function assertEffectiveTarget(request: CallRequest | QueryRequest, target: EffectiveTarget): void {
  const isForManagement = equalBytes(request.canisterId, MANAGEMENT_CANISTER);
  if (isForManagement && !isAffordableCandid(request.arg))
    throw new RequestError(400, 'The argument claims more values than a message of its length may hold');
  const isForSubnet = isForManagement && SUBNET_METHODS[request.type].has(request.methodName);
  if (isForSubnet) return;
  if (target.kind === 'subnet') {
    const methods = [...SUBNET_METHODS[request.type]].join(' and ');
    throw new RequestError(
      400,
      `A ${request.type} to a subnet must be for ${methods} of the management canister`
    );
  }
  const expected = isForManagement ? canisterOfArgument(request) : request.canisterId;
  if (expected === undefined || equalBytes(expected, target.id)) return;
  throw new RequestError(
    400,
    `Specified CanisterId ${principalText(expected)} does not match effective canister id in URL ${principalText(target.id)}`
  );
}

function canisterOfArgument(request: CallRequest | QueryRequest): Uint8Array | undefined {
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

/** Who may read which paths of the state tree (interface specification, "Request: Read state"). */
import { bytesToHex } from '@noble/hashes/utils';
import { type ReplicaPort } from '../replica/replica-port';
import { type DelegationTargets } from './authentication';
import { equalBytes } from './byte-order';
import { type EffectiveTarget } from './effective-target';
import { MANAGEMENT_CANISTER, PRINCIPAL_BYTES_MAX, principalText } from './principal';
import { RequestError } from './request-error';
import { type Path } from './witness';

export type ReadStateAccess = {
  readonly sender: Uint8Array;
  readonly targets: DelegationTargets;
  readonly target: EffectiveTarget;
  readonly subnetId: Uint8Array;
  readonly replica: ReplicaPort;
};

const REQUEST_ID_BYTES = 32;
const NAME_IN_TEXT_MAX = 100;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

const CANISTER_LEAVES = new Set([
  'module_hash',
  'controllers',
  'canister_creation_timestamp',
  'last_install_timestamp'
]);
const REQUEST_LEAVES = new Set(['status', 'reply', 'reject_code', 'reject_message', 'error_code']);
const BOUNDARY_NODE_LEAVES = new Set(['domain', 'ipv4_address', 'ipv6_address']);

/** A path with its labels as text too; undefined where they are not UTF-8. */
type ReadPath = { readonly labels: Path; readonly texts: readonly (string | undefined)[] };

function labelText(label: Uint8Array): string | undefined {
  try {
    return UTF8.decode(label);
  } catch {
    return undefined;
  }
}

const invalidPath = (): RequestError => new RequestError(404, 'Invalid path requested.');
const deny = (text: string): RequestError => new RequestError(403, text);

/**
 * Checks every path.
 *
 * @throws {RequestError} 404 for a path of no readable form, 403 when the sender may not read one, 400 when an id is
 * malformed or not the URL's.
 */
export function assertReadable(paths: readonly Path[], access: ReadStateAccess): void {
  const read = paths.map((labels) => ({ labels, texts: labels.map(labelText) }));
  for (const path of read) assertPathReadable(path, access);
  assertSingleRequest(read);
}

function assertPathReadable(path: ReadPath, access: ReadStateAccess): void {
  const isSubnetTarget = access.target.kind === 'subnet';
  const { length } = path.labels;
  switch (path.texts[0]) {
    case 'time':
      if (length === 1) return;
      break;
    case 'api_boundary_nodes':
      if (length <= 2 || (length === 3 && BOUNDARY_NODE_LEAVES.has(path.texts[2] ?? ''))) return;
      break;
    case 'subnet':
      return assertSubnetPathReadable(path, access);
    case 'canister_ranges':
      if (isSubnetTarget && length === 2) return assertNamesTarget(path.labels[1], access.target);
      break;
    case 'canister':
      if (!isSubnetTarget) return assertCanisterPathReadable(path, access);
      break;
    case 'request_status':
      return assertRequestReadable(path, access);
    case undefined:
  }
  throw invalidPath();
}

function assertSubnetPathReadable({ labels, texts }: ReadPath, access: ReadStateAccess): void {
  const [, subnetId] = labels;
  const [, , leaf, , nodeLeaf] = texts;
  if (subnetId === undefined || labels.length === 2) return;
  const isNodePath =
    leaf === 'node' && (labels.length <= 4 || (labels.length === 5 && nodeLeaf === 'public_key'));
  if (isNodePath) return;
  if (labels.length === 3) {
    if (leaf === 'public_key' || leaf === 'type') return;
    // Of other subnets than the root only an older version shows them; there are no others.
    if (leaf === 'canister_ranges' && equalBytes(subnetId, access.subnetId)) return;
    if (leaf === 'metrics' && access.target.kind === 'subnet')
      return assertNamesTarget(subnetId, access.target);
  }
  throw invalidPath();
}

/** @throws {RequestError} 400 when `id` is no principal, or not the one in the URL. */
function assertNamesTarget(id: Uint8Array | undefined, target: EffectiveTarget): void {
  if (id === undefined || id.length > PRINCIPAL_BYTES_MAX)
    throw new RequestError(400, `Could not parse principal ID: ${bytesToHex(id ?? new Uint8Array(0))}`);
  if (equalBytes(id, target.id)) return;
  throw new RequestError(
    400,
    `Effective principal id in URL ${principalText(target.id)} does not match requested principal id: ${principalText(id)}.`
  );
}

function assertCanisterPathReadable({ labels, texts }: ReadPath, access: ReadStateAccess): void {
  const [, canisterId, , nameLabel] = labels;
  const [, , leaf, name] = texts;
  if (labels.length === 3 && leaf !== undefined && CANISTER_LEAVES.has(leaf))
    return assertNamesTarget(canisterId, access.target);
  if (labels.length !== 4 || leaf !== 'metadata' || canisterId === undefined) throw invalidPath();
  if (name === undefined) {
    const hex = bytesToHex(nameLabel ?? new Uint8Array(0));
    throw new RequestError(400, `Could not parse the custom section name: not UTF-8: ${hex}.`);
  }
  assertNamesTarget(canisterId, access.target);
  assertMetadataReadable(canisterId, name, access);
}

function assertMetadataReadable(canisterId: Uint8Array, name: string, access: ReadStateAccess): void {
  const view = access.replica.canister(canisterId);
  const section = view?.metadata.get(name);
  if (view === undefined || section === undefined || section.isPublic) return;
  if (view.controllers.some((controller) => equalBytes(controller, access.sender))) return;
  const shownName = name.slice(0, NAME_IN_TEXT_MAX);
  throw deny(`Custom section ${shownName} can only be requested by the controllers of the canister.`);
}

function assertRequestReadable({ labels, texts }: ReadPath, access: ReadStateAccess): void {
  const [, requestId] = labels;
  const isReadableForm = labels.length === 2 || (labels.length === 3 && REQUEST_LEAVES.has(texts[2] ?? ''));
  if (requestId === undefined || !isReadableForm) throw invalidPath();
  if (requestId.length !== REQUEST_ID_BYTES) {
    throw new RequestError(
      400,
      `Invalid request id in paths. Maybe the request ID is not of ${REQUEST_ID_BYTES} bytes in length?!`
    );
  }
  const record = access.replica.request(requestId);
  if (record === undefined) return;
  if (!equalBytes(record.sender, access.sender))
    throw deny('The user tries to access Request ID not signed by the caller.');
  if (!equalBytes(record.effectiveCanisterId, access.target.id))
    throw deny('The effective id in the URL does not match that of the request.');
  // A call to the management canister may be covered by its own target.
  if (![MANAGEMENT_CANISTER, record.effectiveCanisterId].some((id) => access.targets.includes(id))) {
    throw deny(
      'The user tries to access request IDs for canisters not belonging to sender delegation targets.'
    );
  }
}

function assertSingleRequest(paths: readonly ReadPath[]): void {
  const ids = paths.flatMap(({ labels: [, id], texts: [root] }) =>
    root === 'request_status' && id !== undefined ? [bytesToHex(id)] : []
  );
  const other = ids.find((id) => id !== ids[0]);
  if (other === undefined) return;
  throw new RequestError(
    400,
    `More than one non-unique request ID exists in request_status paths: ${ids[0]} and ${other}.`
  );
}

/** Who may read which paths of the state tree (interface specification, "Request: Read state"). */
import { type ReplicaPort } from '../replica/replica-port';
import { assertTarget, type DelegationTargets } from './authentication';
import { equalBytes } from './byte-order';
import { MANAGEMENT_CANISTER } from './principal';
import { RequestError } from './request-error';
import { type Path } from './witness';

/** Where a read_state was sent: below `/canister/<id>` or below `/subnet/<id>`. */
export type ReadScope = { readonly kind: 'canister' | 'subnet'; readonly id: Uint8Array };

export type ReadStateAccess = {
  readonly sender: Uint8Array;
  readonly targets: DelegationTargets;
  readonly scope: ReadScope;
  readonly replica: ReplicaPort;
};

const REQUEST_ID_BYTES = 32;
const UTF8 = new TextDecoder('utf-8', { fatal: true });
/** Leaves of a canister that anyone may read. */
const OPEN_CANISTER_LEAVES = new Set([
  'module_hash',
  'controllers',
  'canister_creation_timestamp',
  'last_install_timestamp'
]);

function labelText(label: Uint8Array | undefined): string | undefined {
  if (label === undefined) return undefined;
  try {
    return UTF8.decode(label);
  } catch {
    return undefined;
  }
}

const deny = (text: string): RequestError => new RequestError(403, text);

/** @throws {RequestError} 403 when the sender may not read one of the paths, 400 for a malformed request id. */
export function assertReadable(paths: readonly Path[], access: ReadStateAccess): void {
  for (const path of paths) assertPathReadable(path, access);
  assertSingleRequest(paths);
}

function assertPathReadable(path: Path, access: ReadStateAccess): void {
  const isSubnetScope = access.scope.kind === 'subnet';
  const root = labelText(path[0]);
  if (root === 'time') return;
  if (root === 'subnet') {
    const leaf = labelText(path[2]);
    if (isSubnetScope || (leaf !== 'canister_ranges' && leaf !== 'metrics')) return;
    throw deny(`Path /subnet/<subnet_id>/${leaf} can be read through the subnet endpoint only`);
  }
  if (root === 'canister_ranges' && isSubnetScope) return;
  if (root === 'canister' && !isSubnetScope) return assertCanisterPathReadable(path, access);
  if (root === 'request_status' && !isSubnetScope) return assertRequestReadable(path, access);
  throw deny('Invalid path requested');
}

function assertCanisterPathReadable(path: Path, access: ReadStateAccess): void {
  const [, canisterId, leafLabel, nameLabel] = path;
  if (canisterId === undefined || !equalBytes(canisterId, access.scope.id))
    throw deny('Effective canister id in URL does not match the canister id of a requested path');
  const leaf = labelText(leafLabel);
  if (leaf !== undefined && OPEN_CANISTER_LEAVES.has(leaf)) return;
  const name = labelText(nameLabel);
  if (leaf !== 'metadata' || name === undefined || path.length > 4) throw deny('Invalid path requested');
  const view = access.replica.canister(canisterId);
  const section = view?.metadata.get(name);
  if (view === undefined || section === undefined || section.isPublic) return;
  if (!view.controllers.some((controller) => equalBytes(controller, access.sender)))
    throw deny(`Custom section ${name} can be requested by the controllers of the canister only`);
}

function assertRequestReadable(path: Path, access: ReadStateAccess): void {
  const requestId = path[1];
  if (requestId === undefined) throw deny('Invalid path requested');
  if (requestId.length !== REQUEST_ID_BYTES) {
    throw new RequestError(400, `Request id must be ${REQUEST_ID_BYTES} bytes, got ${requestId.length}`);
  }
  const record = access.replica.request(requestId);
  if (record === undefined) return;
  if (!equalBytes(record.sender, access.sender))
    throw deny('The user tries to access Request ID not signed by the caller');
  if (!equalBytes(record.effectiveCanisterId, access.scope.id))
    throw deny('Effective canister id in URL does not match that of the request');
  // A call to the management canister may be covered by its own target.
  if (!access.targets.includes(MANAGEMENT_CANISTER)) assertTarget(access.targets, record.effectiveCanisterId);
}

function assertSingleRequest(paths: readonly Path[]): void {
  const [first, ...others] = paths
    .filter((path) => labelText(path[0]) === 'request_status')
    .map((path) => path[1]);
  if (first === undefined) return;
  if (others.some((other) => other === undefined || !equalBytes(other, first)))
    throw deny('More than one request id requested: only one is allowed per read_state');
}

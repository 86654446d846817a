import { bytesToHex } from '@noble/hashes/utils';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { freezingLimit } from '../execution/cycles-schedule';
import { type Canister } from '../replica/canister';
import { type CanisterSnapshot, snapshotIdOf, snapshotOwner } from '../replica/canister-snapshot';
import { cannotPayForMemory } from '../replica/memory-limits';
import { principalText } from '../replica/rejection';
import { assertController, type ManagementHost, mayView } from './management-host';

/** The snapshots of a canister: how they are found, paid for and added. */

const MAX_SNAPSHOTS = 10;

/** A snapshot of any canister by its id, for a method called on `canister`. @throws CanisterFault IC0305 */
export function findSnapshot(
  host: ManagementHost,
  canister: Canister,
  id: Uint8Array
): { readonly snapshot: CanisterSnapshot; readonly owner: Canister } {
  const owner = host.registry.find(snapshotOwner(id));
  const snapshot = owner?.snapshots.get(bytesToHex(id));
  if (owner && snapshot) return { owner, snapshot };
  throw new CanisterFault(
    ERROR_CODE.snapshotNotFound,
    `Could not find the snapshot ID ${bytesToHex(id)} for canister ${principalText(canister.id)}.`
  );
}

/** A snapshot of this canister. @throws CanisterFault IC0305, or IC0406 when it is another's */
export function findOwnSnapshot(host: ManagementHost, canister: Canister, id: Uint8Array): CanisterSnapshot {
  const { snapshot, owner } = findSnapshot(host, canister, id);
  if (owner === canister) return snapshot;
  throw new CanisterFault(
    ERROR_CODE.canisterRejected,
    `The snapshot ${bytesToHex(id)} does not belong to canister ${principalText(canister.id)}.`
  );
}

/** The snapshot that a new one takes the place of; undefined when none is named. @throws as {@link findOwnSnapshot} */
export function findSnapshotToReplace(
  host: ManagementHost,
  canister: Canister,
  id: Uint8Array | undefined
): CanisterSnapshot | undefined {
  return id && findOwnSnapshot(host, canister, id);
}

/** @throws CanisterFault IC0406 when the canister has as many snapshots as it may. */
export function assertRoomForSnapshot({ id, snapshots }: Canister): void {
  if (snapshots.size < MAX_SNAPSHOTS) return;
  throw new CanisterFault(
    ERROR_CODE.canisterRejected,
    `Canister ${principalText(id)} has reached the maximum number of snapshots allowed: ${MAX_SNAPSHOTS}.`
  );
}

/** The canister, for one who may read its snapshots. @throws CanisterFault IC0301 or IC0512 */
export function snapshotReader(host: ManagementHost, id: Uint8Array, caller: Uint8Array): Canister {
  const canister = host.registry.get(id);
  if (!mayView(canister, canister.settings.snapshotVisibility, caller)) assertController(canister, caller);
  return canister;
}

/** Charges the canister, which must not become frozen. @throws CanisterFault IC0207 or IC0532 */
export function payForSnapshot(
  host: ManagementHost,
  canister: Canister,
  { cycles, addedBytes }: { readonly cycles: bigint; readonly addedBytes: number }
): void {
  const limit = freezingLimit(canister.settings, canister.memoryBytes + BigInt(addedBytes));
  const missing = limit + cycles - canister.cycles;
  if (missing > 0n && addedBytes > 0) throw cannotPayForMemory(addedBytes, missing);
  if (missing > 0n) {
    throw new CanisterFault(
      ERROR_CODE.outOfCycles,
      `Canister snapshotting failed with: \`Canister ${principalText(canister.id)} is out of cycles: please top up the canister with at least ${missing} additional cycles\``
    );
  }
  host.ledger.charge(canister, cycles, 'instructions');
}

/** Adds a snapshot under the next id, in place of `replaced`. */
export function addSnapshot(
  canister: Canister,
  content: Omit<CanisterSnapshot, 'id'>,
  replaced: CanisterSnapshot | undefined
): CanisterSnapshot {
  if (replaced) canister.snapshots.delete(bytesToHex(replaced.id));
  const snapshot = { ...content, id: snapshotIdOf(canister.id, canister.snapshotCount++) };
  canister.snapshots.set(bytesToHex(snapshot.id), snapshot);
  return snapshot;
}

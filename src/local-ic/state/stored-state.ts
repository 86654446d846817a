import { bytesToHex } from '@noble/hashes/utils';
import { type ReplicaParts } from '../replica/replica-parts';
import { type SystemCanister } from '../replica/system-canister';
import { decodeRecord, encodeRecord } from './record-codec';
import { type StateStore } from './state-store';
import { StoredCanisters } from './stored-canisters';
import { type StoredPart } from './stored-part';
import { NUMBER_KEYS, StoredRecords, TEXT_KEYS } from './stored-records';
import { StoredValue } from './stored-value';

type NetworkRecord = {
  readonly latestNs: bigint;
  readonly offsetNs: bigint;
  readonly nextId: number;
  readonly nextCanisterIndex: bigint;
  readonly mintedCycles: bigint;
  readonly burnedCycles: bigint;
  readonly executions: bigint;
};

/** All of a replica that survives it, part by part. What tests do to calls, and who waits for an answer, does not. */
export function storedParts(store: StateStore, parts: ReplicaParts): StoredPart[] {
  const { registry, requests, contexts, queue, managementCalls, systemCanisters } = parts;
  return [
    networkValue(store, parts),
    usedIdsValue(store, parts),
    ...[...systemCanisters.all()].map((canister) => systemCanisterValue(store, canister, parts)),
    new StoredCanisters(store, registry),
    new StoredRecords(store, 'request', requests.requests, TEXT_KEYS),
    new StoredRecords(store, 'context', contexts.contexts, NUMBER_KEYS),
    new StoredRecords(store, 'call', contexts.calls, NUMBER_KEYS),
    new StoredRecords(store, 'message', queue.messages, NUMBER_KEYS),
    new StoredRecords(store, 'management-call', managementCalls.waiting, NUMBER_KEYS)
  ];
}

function networkValue(store: StateStore, { time, ids, registry, ledger, runner }: ReplicaParts): StoredValue {
  return new StoredValue(store, {
    key: 'network',
    read: () => {
      const record: NetworkRecord = {
        latestNs: time.latestNs,
        offsetNs: time.offsetNs,
        nextId: ids.nextId,
        nextCanisterIndex: registry.nextIndex,
        mintedCycles: ledger.mintedCycles,
        burnedCycles: ledger.burnedCycles,
        executions: runner.executions
      };
      return encodeRecord(record);
    },
    restore: (bytes) => {
      const record = decodeRecord<NetworkRecord>(bytes);
      time.latestNs = record.latestNs;
      time.offsetNs = record.offsetNs;
      ids.nextId = record.nextId;
      registry.nextIndex = record.nextCanisterIndex;
      ledger.mintedCycles = record.mintedCycles;
      ledger.burnedCycles = record.burnedCycles;
      runner.executions = record.executions;
    }
  });
}

/** Written anew only when there are more: ids are not given back. */
function usedIdsValue(store: StateStore, { registry }: ReplicaParts): StoredValue {
  let encoded: Uint8Array = encodeRecord([]);
  let count = 0;
  return new StoredValue(store, {
    key: 'used-canister-ids',
    read: () => {
      if (registry.usedIds.size !== count) encoded = encodeRecord([...registry.usedIds]);
      count = registry.usedIds.size;
      return encoded;
    },
    restore: (bytes) => {
      encoded = bytes;
      for (const id of decodeRecord<string[]>(bytes)) registry.usedIds.add(id);
      count = registry.usedIds.size;
    }
  });
}

function systemCanisterValue(
  store: StateStore,
  canister: SystemCanister,
  { ledger }: ReplicaParts
): StoredValue {
  return new StoredValue(store, {
    key: `system-canister/${bytesToHex(canister.id)}`,
    read: () => canister.record(),
    restore: (bytes) => {
      canister.restore(bytes);
    },
    // One that is new to the network: what it holds at first comes into being.
    onAbsent: () => {
      ledger.mint(canister.cycles);
    }
  });
}

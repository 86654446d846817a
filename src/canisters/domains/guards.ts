/** What every method of this canister starts with: who may call, and which domains answer. */
import { type Bytes32, toHex } from '../../core/bytes';
import { type Checkpoint } from '../../core/domain/checkpoint';
import { ProtocolError } from '../../core/error';
import { type CanisterRuntime } from '../runtime/canister-runtime';
import { type InFlight } from './in-flight';
import { type DomainStore } from './store';
import { type StoredDomain } from './stored-records';

/** What the use cases of this canister work on. */
export type DomainsContext = {
  readonly runtime: CanisterRuntime;
  readonly store: DomainStore;
  readonly inFlight: InFlight;
};

/** The anonymous principal: one byte, 4 (IC interface specification, "Principals"). */
const ANONYMOUS_BYTE = 4;

/** @throws {ProtocolError} `caller/anonymous`: strangers may spend this canister's cycles only under a name. */
export function assertNamedCaller(runtime: CanisterRuntime): void {
  const caller = runtime.caller();
  if (caller.length === 1 && caller[0] === ANONYMOUS_BYTE) {
    throw new ProtocolError('caller/anonymous', 'the anonymous caller may not do this');
  }
}

/** @throws {ProtocolError} `caller/not-controller`. */
export function assertController(runtime: CanisterRuntime): void {
  if (!runtime.isCallerController()) {
    throw new ProtocolError('caller/not-controller', 'only a controller of this canister may do this');
  }
}

/** The registered domain. @throws {ProtocolError} `domain/unknown`. */
export function requireDomain(store: DomainStore, id: Bytes32): StoredDomain {
  const record = store.findDomain(id);
  if (record === undefined) throw new ProtocolError('domain/unknown', `no domain ${toHex(id)} is registered`);
  return record;
}

/** The registered domain when it works. @throws {ProtocolError} `domain/unknown`, `domain/halted`. */
export function requireRunningDomain(store: DomainStore, id: Bytes32): StoredDomain {
  const record = requireDomain(store, id);
  if (record.status.status === 'halted') {
    throw new ProtocolError('domain/halted', `domain ${toHex(id)} is halted: ${record.status.reason}`);
  }
  return record;
}

/** The checkpoint at a height of a registered domain. @throws {ProtocolError} `checkpoint/unknown`. */
export function requireCheckpoint(
  store: DomainStore,
  { domainId, height }: { readonly domainId: Bytes32; readonly height: bigint }
): Checkpoint {
  const checkpoint = store.findCheckpoint(domainId, height);
  if (checkpoint === undefined) {
    throw new ProtocolError(
      'checkpoint/unknown',
      `domain ${toHex(domainId)} has no checkpoint at height ${height}`,
      { height }
    );
  }
  return checkpoint;
}

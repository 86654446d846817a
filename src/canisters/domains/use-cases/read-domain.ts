/** What anyone may read, halted domains included. */
import { type DomainView } from '../../../api/domains-wire';
import { type Bytes32 } from '../../../core/bytes';
import { type Checkpoint } from '../../../core/domain/checkpoint';
import { requireCheckpoint, requireDomain } from '../guards';
import { type DomainStore } from '../store';

/** One domain. @throws {ProtocolError} `domain/unknown`. */
export function readDomain(store: DomainStore, id: Bytes32): DomainView {
  return { ...requireDomain(store, id), latest: store.findLatest(id) };
}

/** All domains (at most 64) in the order of their registration. */
export function readDomains(store: DomainStore): DomainView[] {
  return store.listDomains().map((record) => ({ ...record, latest: store.findLatest(record.id) }));
}

/** The checkpoint at a height. @throws {ProtocolError} `domain/unknown`, `checkpoint/unknown`. */
export function readCheckpoint(
  store: DomainStore,
  key: { readonly domainId: Bytes32; readonly height: bigint }
): Checkpoint {
  requireDomain(store, key.domainId);
  return requireCheckpoint(store, key);
}

/** Ends the halt of a domain, once people have found out what was wrong. */
import { type DomainView } from '../../../api/domains-wire';
import { type Bytes32, toHex } from '../../../core/bytes';
import { ProtocolError } from '../../../core/error';
import { type DomainsContext, assertController, requireDomain } from '../guards';
import { readDomain } from './read-domain';

/** Which domain, and from which height on its checkpoints turned out wrong (none: all stand). */
export type ResumeRequest = { readonly domainId: Bytes32; readonly discardFrom: bigint | undefined };

/**
 * The domain, running again. Checkpoints from `discardFrom` on are forgotten: without that, a domain halted by a
 * contradiction would go on attesting the wrong side of it.
 * @throws {ProtocolError} `caller/not-controller`, `domain/unknown`, `domain/not-halted`.
 */
export function resumeDomain({ runtime, store }: DomainsContext, request: ResumeRequest): DomainView {
  assertController(runtime);
  const record = requireDomain(store, request.domainId);
  if (record.status.status !== 'halted') {
    throw new ProtocolError('domain/not-halted', `domain ${toHex(request.domainId)} is running`);
  }
  if (request.discardFrom !== undefined) store.discardFrom(request.domainId, request.discardFrom);
  store.saveDomain({ ...record, status: { status: 'running' } });
  return readDomain(store, request.domainId);
}

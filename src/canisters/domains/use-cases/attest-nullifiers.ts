/** Tells the signer what a domain's accepted state says: the checkpoint, and which nullifiers are in its set. */
import { type AttestRequest, type Attestation } from '../../../api/domains-wire';
import { verifyNullifierMembership } from '../../../core/proof/adapter-state';
import { type DomainsContext, assertNamedCaller, requireCheckpoint, requireRunningDomain } from '../guards';

/**
 * The attestation, from state alone. Membership is read from the adapter's storage under the checkpoint's storage
 * root: a proof of absence answers false, a proof of neither is refused.
 * @throws {ProtocolError} `caller/anonymous`, `domain/unknown`, `domain/halted`, `checkpoint/unknown`, and the codes of
 * the storage proofs.
 */
export function attestNullifiers({ runtime, store }: DomainsContext, request: AttestRequest): Attestation {
  assertNamedCaller(runtime);
  const { config } = requireRunningDomain(store, request.domainId);
  const checkpoint = requireCheckpoint(store, request);
  const present = request.nullifiers.map(({ nullifier, proof }) =>
    verifyNullifierMembership({
      storageHash: checkpoint.storageHash,
      layout: config.layout,
      nullifier,
      proof
    })
  );
  return { checkpoint, logicRef: config.logicRef, present };
}

/** Endpoints of the `domains` canister: decode, do, encode. */
import {
  decodeAttestRequest,
  decodeDomainId,
  decodeEvmCheckpointEvidence,
  decodeEvmDomainConfig,
  decodeReceipt,
  encodeAttestation,
  encodeCheckpointWire,
  encodeDomainView
} from '../../api/domains-wire';
import {
  type AttestRequestWire,
  type DomainsService,
  type DomainViewWire,
  type EvmCheckpointEvidenceWire,
  type EvmDomainConfigWire,
  type ReceiptWire,
  domainsMethods
} from '../../api/domains-idl';
import { verifySeal } from '../../core/resource/seal';
import { answer, azleRuntime, lifecycle, openStableMap, serve } from '../runtime/azle-runtime';
import { type HttpResponseWire, type HttpTransformArgsWire } from '../runtime/management-idl';
import { transformMethod, transformResponse } from './ask-providers';
import { type DomainsContext } from './guards';
import { createInFlight } from './in-flight';
import { checkLayout, installLayout } from './lifecycle';
import { DOMAINS_MEMORY, createDomainStore } from './store';
import { acceptEvmCheckpoint } from './use-cases/accept-evm-checkpoint';
import { attestNullifiers } from './use-cases/attest-nullifiers';
import { readCheckpoint, readDomain, readDomains } from './use-cases/read-domain';
import { registerEvmDomain } from './use-cases/register-evm-domain';
import { resumeDomain } from './use-cases/resume-domain';

const layout = openStableMap(DOMAINS_MEMORY.layout);
const context: DomainsContext = {
  runtime: azleRuntime,
  inFlight: createInFlight(),
  store: createDomainStore({
    domains: openStableMap(DOMAINS_MEMORY.domains),
    registrations: openStableMap(DOMAINS_MEMORY.registrations),
    checkpoints: openStableMap(DOMAINS_MEMORY.checkpoints),
    heights: openStableMap(DOMAINS_MEMORY.heights)
  })
};
const { init, postUpgrade } = lifecycle([]);
type Reply<Name extends keyof DomainsService> = ReturnType<DomainsService[Name]>;

export default class {
  @init
  install(): void {
    installLayout(layout);
  }

  @postUpgrade
  upgrade(): void {
    checkLayout(layout);
  }

  /** Caller: controllers. */
  @serve(domainsMethods.register_evm_domain)
  register_evm_domain(config: EvmDomainConfigWire): Reply<'register_evm_domain'> {
    return answer(() => registerEvmDomain(context, decodeEvmDomainConfig(config)));
  }

  /** Caller: controllers. */
  @serve(domainsMethods.resume_domain)
  resume_domain(id: Uint8Array, discardFrom: [] | [bigint]): Reply<'resume_domain'> {
    return answer(() =>
      encodeDomainView(resumeDomain(context, { domainId: decodeDomainId(id), discardFrom: discardFrom[0] }))
    );
  }

  /** Caller: anyone with a name. Cost: one outcall to each of the domain's providers. */
  @serve(domainsMethods.accept_evm_checkpoint)
  accept_evm_checkpoint(evidence: EvmCheckpointEvidenceWire): Reply<'accept_evm_checkpoint'> {
    return answer(async () =>
      encodeCheckpointWire(await acceptEvmCheckpoint(context, decodeEvmCheckpointEvidence(evidence)))
    );
  }

  /** Caller: anyone with a name; meant for the signer. */
  @serve(domainsMethods.attest_nullifiers)
  attest_nullifiers(request: AttestRequestWire): Reply<'attest_nullifiers'> {
    return answer(() => encodeAttestation(attestNullifiers(context, decodeAttestRequest(request))));
  }

  @serve(domainsMethods.domain)
  domain(id: Uint8Array): Reply<'domain'> {
    return answer(() => encodeDomainView(readDomain(context.store, decodeDomainId(id))));
  }

  @serve(domainsMethods.domains)
  domains(): DomainViewWire[] {
    return readDomains(context.store).map(encodeDomainView);
  }

  @serve(domainsMethods.checkpoint)
  checkpoint(id: Uint8Array, height: bigint): Reply<'checkpoint'> {
    return answer(() =>
      encodeCheckpointWire(readCheckpoint(context.store, { domainId: decodeDomainId(id), height }))
    );
  }

  /** Reads nothing: whether a seal holds does not depend on any state. */
  @serve(domainsMethods.verify_receipt)
  verify_receipt(receipt: ReceiptWire): Reply<'verify_receipt'> {
    return answer(() => verifySeal(decodeReceipt(receipt)));
  }

  /** What replicas make of a provider's response before they compare theirs. Caller: the management canister. */
  @serve(transformMethod)
  transform(args: HttpTransformArgsWire): HttpResponseWire {
    return transformResponse(args);
  }
}

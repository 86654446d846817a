/**
 * The endpoints of the HTTP interface as functions from a request body to an answer: what `http/` serves, without HTTP.
 */
import { type ReplicaPort, type Rejection, type SenderInfo } from '../replica/replica-port';
import { assertTarget, authenticateEnvelope, type DelegationTargets } from './authentication';
import { equalBytes } from './byte-order';
import { encodeCbor } from './cbor-encoding';
import { Certifier } from './certificate';
import { CertificateVerifier } from './certificate-verification';
import { CertificationRound } from './certification-round';
import { assertEffectiveTarget, type EffectiveTarget } from './effective-target';
import { type CallRequest, type Envelope, parseEnvelope, type SignedSenderInfo } from './envelope';
import { assertIngressExpiry } from './ingress-expiry';
import { principalText } from './principal';
import { encodeQueryResponse, rejectionFields } from './query-response';
import { assertReadable } from './read-state';
import { RequestError } from './request-error';
import { createSubnetIdentity, StateTree, type SubnetIdentity } from './state-tree';
import { type SigningKey } from './subnet-keys';

/** An answer: 200 with a CBOR body, or 202 for a call accepted and not yet done. */
export type Answer = { readonly status: 200; readonly body: Uint8Array } | { readonly status: 202 };

/** MAX_INGRESS_BYTES_PER_MESSAGE of an application subnet. */
const CALL_BYTES_MAX = 2 * 1024 * 1024;
/** How long a synchronous call is waited for before its caller is told to poll. */
const CALL_WAIT_MS = 10_000;

const ok = (body: Uint8Array): Answer => ({ status: 200, body });

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One subnet's endpoints over a replica. */
export class Endpoints {
  readonly identity: SubnetIdentity;
  private readonly stateTree: StateTree;
  private readonly certifier: Certifier;
  /** Verifies certificates of this network. */
  readonly certificates: CertificateVerifier;
  private readonly round = new CertificationRound();
  private runningCalls = 0;

  constructor(
    private readonly replica: ReplicaPort,
    private readonly keys: { readonly root: SigningKey; readonly node: SigningKey }
  ) {
    this.identity = createSubnetIdentity(keys.root.publicKeyDer, keys.node.publicKeyDer);
    this.stateTree = new StateTree(replica, this.identity);
    this.certifier = new Certifier(keys.root);
    this.certificates = new CertificateVerifier(keys.root.publicKeyDer);
  }

  /** Answers may leave once this resolves: what they tell of can no longer be lost. */
  whenDurable(): Promise<void> {
    return this.replica.whenDurable();
  }

  /** GET status. */
  status(): Answer {
    return ok(
      encodeCbor({
        ic_api_version: '0.66.0',
        impl_version: 'local-ic',
        root_key: this.keys.root.publicKeyDer,
        replica_health_status: 'healthy'
      })
    );
  }

  /**
   * POST call: `async` (v2) answers 202 at once, `sync` (v3, v4) with a certificate of the outcome.
   *
   * @throws {RequestError} when the request is malformed, not authentic, or not current.
   */
  async call(body: Uint8Array, target: EffectiveTarget, mode: 'async' | 'sync'): Promise<Answer> {
    const request = this.acceptCall(body, target);
    const submission = this.replica.submit({
      requestId: request.requestId,
      sender: request.sender,
      canisterId: request.canisterId,
      effectiveCanisterId: target.id,
      methodName: request.methodName,
      arg: request.arg,
      ingressExpiryNs: request.ingressExpiryNs,
      ...passedOn(request.senderInfo)
    });
    if (!submission.accepted) return ok(encodeRefusal(submission, mode));
    this.stateTree.track(request.requestId, request.ingressExpiryNs);
    if (mode === 'async') return { status: 202 };
    if (!(await this.waitForOutcome(request.requestId))) return { status: 202 };
    const certificate = this.certify([[utf8('request_status'), request.requestId], [utf8('time')]]);
    return ok(encodeCbor({ status: 'replied', certificate }));
  }

  /** Whether the call settled in time; if so, its round of certification is over too. */
  private async waitForOutcome(requestId: Uint8Array): Promise<boolean> {
    this.runningCalls += 1;
    const outcome = await this.replica.waitFor(requestId, CALL_WAIT_MS).finally(() => {
      this.runningCalls -= 1;
    });
    if (outcome === undefined) return false;
    await this.round.join(this.runningCalls > 0);
    return true;
  }

  private acceptCall(body: Uint8Array, target: EffectiveTarget): CallRequest {
    if (body.length > CALL_BYTES_MAX) {
      throw new RequestError(
        413,
        `Request is too large. Message byte size ${body.length} is larger than the max allowed ${CALL_BYTES_MAX}.`
      );
    }
    const envelope = parseEnvelope(body, 'call');
    this.assertTargetServed(target);
    assertEffectiveTarget(envelope.request, target);
    const timeNs = this.replica.timeNs();
    assertIngressExpiry(envelope.request, timeNs);
    assertTarget(this.authenticate(envelope, timeNs), envelope.request.canisterId);
    return envelope.request;
  }

  private assertTargetServed({ kind, id }: EffectiveTarget): void {
    if (kind === 'subnet' && !equalBytes(id, this.identity.subnetId))
      throw new RequestError(400, `Subnet ${principalText(id)} not found`);
  }

  private authenticate(envelope: Envelope, timeNs: bigint): DelegationTargets {
    return authenticateEnvelope(envelope, { timeNs, certificates: this.certificates });
  }

  /** POST query. @throws {RequestError} */
  async query(body: Uint8Array, target: EffectiveTarget): Promise<Answer> {
    const envelope = parseEnvelope(body, 'query');
    const { request } = envelope;
    this.assertTargetServed(target);
    assertEffectiveTarget(request, target);
    const timeNs = this.replica.timeNs();
    assertIngressExpiry(request, timeNs);
    assertTarget(this.authenticate(envelope, timeNs), request.canisterId);
    const { sender, canisterId, methodName, arg, senderInfo } = request;
    const outcome = await this.replica.query({
      sender,
      canisterId,
      methodName,
      arg,
      ...passedOn(senderInfo)
    });
    return ok(
      encodeQueryResponse(outcome, {
        requestId: request.requestId,
        timeNs: this.replica.timeNs(),
        nodeId: this.identity.nodeId,
        nodeKey: this.keys.node
      })
    );
  }

  /** POST read_state, of a canister or the subnet. @throws {RequestError} 403 when a path may not be read. */
  readState(body: Uint8Array, target: EffectiveTarget): Answer {
    this.assertTargetServed(target);
    const envelope = parseEnvelope(body, 'read_state');
    const { request } = envelope;
    const timeNs = this.replica.timeNs();
    assertIngressExpiry(request, timeNs);
    const targets = this.authenticate(envelope, timeNs);
    assertReadable(request.paths, {
      sender: request.sender,
      targets,
      target,
      subnetId: this.identity.subnetId,
      replica: this.replica
    });
    for (const [root, requestId] of request.paths) {
      const isRequest =
        root !== undefined && requestId !== undefined && this.replica.request(requestId) !== undefined;
      if (isRequest) this.stateTree.track(requestId, timeNs);
    }
    return ok(encodeCbor({ certificate: this.certify([...request.paths, [utf8('time')]]) }));
  }

  /** What `ic0.data_certificate` gives a query of this canister: its certified data, or undefined when it has none. */
  dataCertificate(canisterId: Uint8Array): Uint8Array | undefined {
    if (this.replica.canister(canisterId) === undefined) return undefined;
    return this.certify([[utf8('canister'), canisterId, utf8('certified_data')], [utf8('time')]]);
  }

  private certify(paths: readonly (readonly Uint8Array[])[]): Uint8Array {
    return this.certifier.certify(this.stateTree.current(), paths);
  }
}

/** Sender info as the replica takes it: without its signature, which was checked. */
const passedOn = (senderInfo: SignedSenderInfo | undefined): { readonly senderInfo?: SenderInfo } =>
  senderInfo === undefined ? {} : { senderInfo: { info: senderInfo.info, signer: senderInfo.signer } };

/** A call refused before processing; v2 has no status field. */
function encodeRefusal(rejection: Rejection, mode: 'async' | 'sync'): Uint8Array {
  const fields = rejectionFields(rejection);
  return encodeCbor(mode === 'async' ? fields : { status: 'non_replicated_rejection', ...fields });
}

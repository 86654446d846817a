/** Calls to a canister's HTTP methods, anonymous as the gateway's are. */
import { type Outcome, type Rejection, type ReplicaPort } from '../../replica/replica-port';
import { CandidError } from '../../protocol/candid-decoding';
import { type CanisterHttpRequest } from '../response-verification/http-message';
import {
  type DecodedHttpResponse,
  decodeHttpResponse,
  decodeStreamingPart,
  encodeHttpRequest,
  type StreamingCallback
} from './canister-http';
import { GatewayError } from './gateway-error';

const ANONYMOUS = Uint8Array.of(4);
const UPDATE_WAIT_MS = 30_000;
const INGRESS_TTL_NS = 240_000_000_000n;
const DESTINATION_INVALID = 3;

export class CanisterCalls {
  constructor(
    private readonly replica: ReplicaPort,
    private readonly randomBytes: (length: number) => Uint8Array
  ) {}

  /** @throws {GatewayError} when the canister rejects, or does not answer with an HTTP response. */
  async query(canisterId: Uint8Array, request: CanisterHttpRequest): Promise<DecodedHttpResponse> {
    const arg = encodeHttpRequest(request, 'query');
    const methodName = 'http_request';
    return decodeReply(
      await this.replica.query({ sender: ANONYMOUS, canisterId, methodName, arg }),
      decodeHttpResponse
    );
  }

  /** @throws {GatewayError} */
  async update(canisterId: Uint8Array, request: CanisterHttpRequest): Promise<DecodedHttpResponse> {
    const requestId = this.randomBytes(32);
    const submission = this.replica.submit({
      requestId,
      sender: ANONYMOUS,
      canisterId,
      effectiveCanisterId: canisterId,
      methodName: 'http_request_update',
      arg: encodeHttpRequest(request, 'update'),
      ingressExpiryNs: this.replica.timeNs() + INGRESS_TTL_NS
    });
    if (!submission.accepted) throw rejectionError(submission);
    const status = await this.replica.waitFor(requestId, UPDATE_WAIT_MS);
    await this.replica.whenDurable();
    if (status?.status === 'replied')
      return decodeReply({ kind: 'replied', reply: status.reply }, decodeHttpResponse);
    if (status?.status === 'rejected') throw rejectionError(status);
    throw new GatewayError(503, `http_request_update did not finish in ${UPDATE_WAIT_MS / 1000} seconds`);
  }

  /** The next part of a body. @throws {GatewayError} */
  async continueBody(
    callback: StreamingCallback
  ): Promise<{ readonly body: Uint8Array; readonly next?: StreamingCallback }> {
    const { canisterId, methodName, arg } = callback;
    const outcome = await this.replica.query({ sender: ANONYMOUS, canisterId, methodName, arg });
    const { body, nextArg } = decodeReply(outcome, decodeStreamingPart);
    return { body, ...(nextArg && { next: { ...callback, arg: nextArg } }) };
  }
}

function decodeReply<T>(outcome: Outcome, decode: (reply: Uint8Array) => T): T {
  if (outcome.kind === 'rejected') throw rejectionError(outcome);
  try {
    return decode(outcome.reply);
  } catch (cause) {
    if (!(cause instanceof CandidError)) throw cause;
    throw new GatewayError(502, 'The canister did not answer with an HTTP response', { cause });
  }
}

const rejectionError = ({ rejectCode, errorCode, rejectMessage }: Rejection): GatewayError =>
  new GatewayError(rejectCode === DESTINATION_INVALID ? 404 : 503, `${errorCode}: ${rejectMessage}`);

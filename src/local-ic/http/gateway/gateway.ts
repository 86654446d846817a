/**
 * The HTTP gateway: `http://<canister>.localhost:<port>/` and `?canisterId=<canister>` call the canister's
 * `http_request`, and `http_request_update` when it asks for an upgrade. Answers to queries are verified against what
 * the canister certified, but for `http://<canister>.raw.localhost:<port>/`.
 */
import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { equalBytes } from '../../protocol/byte-order';
import { type CertificateVerifier } from '../../protocol/certificate-verification';
import { principalText } from '../../protocol/principal';
import { type ReplicaPort } from '../../replica/replica-port';
import { GATEWAY_CORS_HEADERS } from '../cors';
import { type CanisterHttpRequest, type CanisterHttpResponse } from '../response-verification/http-message';
import { VerificationError } from '../response-verification/verification-error';
import { type VerifiedResponse, verifyResponse } from '../response-verification/verify-response';
import { answerHeaders } from './answer-headers';
import { type CanisterAddress, resolveCanister } from './canister-address';
import { CanisterCalls } from './canister-calls';
import { type DecodedHttpResponse } from './canister-http';
import { forCanister, readClientRequest } from './client-request';
import { GatewayError } from './gateway-error';
import { collectBody, type RestOfBody, sendRest, streamCallbacks, streamRanges } from './response-body';

export type GatewayOptions = {
  readonly replica: ReplicaPort;
  readonly certificates: CertificateVerifier;
  readonly randomBytes: (length: number) => Uint8Array;
};

/** An answer ready to send: `body`, and after it what `rest` yields. `length` is that of both, where it is known. */
type GatewayAnswer = {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
  readonly length?: number;
  readonly rest?: RestOfBody;
};

const PARTIAL_CONTENT = 206;
const BODILESS = new Set([204, 304]);

export class Gateway {
  private readonly calls: CanisterCalls;

  constructor(private readonly options: GatewayOptions) {
    this.calls = new CanisterCalls(options.replica, options.randomBytes);
  }

  /** Answers a request outside of `/api/`: by the canister it names, or with the reason why not. */
  async serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const address = resolveCanister(request, url);
    try {
      if (address === undefined || address === 'malformed') throw addressError(address);
      const answer = await this.answer(request, address);
      if (request.method === 'OPTIONS' && !isPreflightAnswer(answer)) throw NO_PREFLIGHT_ANSWER;
      const canister = { 'x-ic-canister-id': principalText(address.canisterId) };
      const headers = { ...GATEWAY_CORS_HEADERS, ...answer.headers, ...canister };
      await send(response, { ...answer, headers });
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      // Too late for another status: the client sees a body cut short.
      if (response.headersSent) response.destroy();
      else if (request.method === 'OPTIONS') response.writeHead(200, GATEWAY_CORS_HEADERS).end();
      else sendError(response, error);
    }
  }

  private async answer(incoming: IncomingMessage, address: CanisterAddress): Promise<GatewayAnswer> {
    if (this.options.replica.canister(address.canisterId) === undefined)
      throw new GatewayError(404, `Canister ${principalText(address.canisterId)} not found`);
    const request = await readClientRequest(incoming);
    const queried = await this.calls.query(address.canisterId, forCanister(request));
    if (queried.wantsUpgrade) {
      const updated = await this.calls.update(address.canisterId, forCanister(request));
      return this.toAnswer({ request, address: { ...address, isRaw: true } }, updated);
    }
    await this.options.replica.whenDurable();
    return this.toAnswer({ request, address }, queried);
  }

  private async toAnswer(
    exchange: { readonly request: CanisterHttpRequest; readonly address: CanisterAddress },
    response: DecodedHttpResponse
  ): Promise<GatewayAnswer> {
    const { request, address } = exchange;
    if (response.callback !== undefined && !equalBytes(response.callback.canisterId, address.canisterId))
      throw new GatewayError(502, 'The streaming callback is not a method of the canister');
    const { body, next } = await collectBody(response, this.calls);
    const whole = { ...response, body };
    // What is longer than a few parts is passed on as it comes, unverified.
    const verified = next === undefined ? this.verify(request, whole, address) : undefined;
    const headers = answerHeaders(whole, verified);
    const status = response.statusCode;
    if (next !== undefined) return { status, headers, body, rest: streamCallbacks(next, this.calls) };
    const wantsRange = request.headers.some(([name]) => name === 'range' || name === 'if-range');
    if (status === PARTIAL_CONTENT && !wantsRange) return this.completeRanges(exchange, whole, headers);
    // An empty answer to HEAD does not say how long the body of a GET would be.
    const isLengthKnown = request.method !== 'HEAD' || body.length > 0;
    return { status, headers, body, ...(isLengthKnown && { length: body.length }) };
  }

  /** A canister may answer a request for the whole with its first part: the others are fetched one by one. */
  private completeRanges(
    { request, address }: { readonly request: CanisterHttpRequest; readonly address: CanisterAddress },
    response: CanisterHttpResponse,
    headers: OutgoingHttpHeaders
  ): GatewayAnswer {
    const verify = (part: CanisterHttpRequest, partResponse: CanisterHttpResponse): void => {
      this.verify(part, partResponse, address);
    };
    const query = (part: CanisterHttpRequest): Promise<DecodedHttpResponse> =>
      this.calls.query(address.canisterId, forCanister(part));
    const { total, rest } = streamRanges({ request, first: response, query, verify });
    const ofWhole = Object.entries(headers).filter(([name]) => name !== 'content-range');
    return { status: 200, headers: Object.fromEntries(ofWhole), body: response.body, length: total, rest };
  }

  private verify(
    request: CanisterHttpRequest,
    response: CanisterHttpResponse,
    { canisterId, isRaw }: CanisterAddress
  ): VerifiedResponse | undefined {
    if (isRaw) return undefined;
    const { certificates, replica } = this.options;
    try {
      return verifyResponse({ request, response }, { canisterId, certificates, timeNs: replica.timeNs() });
    } catch (cause) {
      if (!(cause instanceof VerificationError)) throw cause;
      throw verificationFailure(cause);
    }
  }
}

const NO_PREFLIGHT_ANSWER = new GatewayError(501, 'The canister does not answer preflight requests');

/** Whether a canister's answer to OPTIONS is about CORS; if not, the gateway gives its own. */
const isPreflightAnswer = ({ status, headers, body, rest }: GatewayAnswer): boolean =>
  status < 300 &&
  body.length === 0 &&
  rest === undefined &&
  Object.keys(headers).some((name) => name.startsWith('access-control-'));

const verificationFailure = (cause: VerificationError): GatewayError =>
  new GatewayError(
    503,
    'Response Verification Error: the response from the canister failed verification and cannot be trusted. ' +
      'If you understand the risks, you can retry using the raw domain, <canister id>.raw.localhost, to bypass ' +
      `certification.\n\n${cause.message}`,
    { cause }
  );

const addressError = (address: 'malformed' | undefined): GatewayError =>
  address === 'malformed'
    ? new GatewayError(400, 'Incorrect canister id: `canisterId` is not the text of a principal')
    : new GatewayError(
        400,
        'Canister id not resolved: use http://<canister id>.localhost or ?canisterId=<canister id>'
      );

async function send(response: ServerResponse, answer: GatewayAnswer): Promise<void> {
  const { status, headers, body, length, rest } = answer;
  const isBodiless = BODILESS.has(status);
  const sized = length === undefined || isBodiless ? headers : { ...headers, 'content-length': length };
  response.writeHead(status, sized);
  if (isBodiless || response.req.method === 'HEAD') response.end();
  else if (rest === undefined) response.end(body);
  else await sendRest(response, body, rest);
}

function sendError(response: ServerResponse, { status, message }: GatewayError): void {
  response
    .writeHead(status, { ...GATEWAY_CORS_HEADERS, 'content-type': 'text/plain; charset=utf-8' })
    .end(message);
}

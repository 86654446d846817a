/**
 * A minimal HTTP gateway: `http://<canister>.localhost:<port>/` and `?canisterId=<canister>` call the canister's
 * `http_request`, and `http_request_update` when it asks for an upgrade. It does not verify certified responses and
 * does not stream.
 */
import {
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
  validateHeaderName,
  validateHeaderValue
} from 'node:http';
import { IDL } from '@dfinity/candid';
import { type Outcome, type ReplicaPort } from '../replica/replica-port';
import { CandidError, decodeCandid } from '../protocol/candid-decoding';
import { parsePrincipal } from '../protocol/principal';
import { readBody } from './request-body';

export type GatewayExchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly corsHeaders: OutgoingHttpHeaders;
};

const ANONYMOUS = Uint8Array.of(4);
const UPDATE_WAIT_MS = 30_000;
const INGRESS_TTL_NS = 240_000_000_000n;

const HeaderField = IDL.Tuple(IDL.Text, IDL.Text);
const HttpRequest = IDL.Record({
  method: IDL.Text,
  url: IDL.Text,
  headers: IDL.Vec(HeaderField),
  body: IDL.Vec(IDL.Nat8),
  certificate_version: IDL.Opt(IDL.Nat16)
});
const HttpResponse = IDL.Record({
  status_code: IDL.Nat16,
  headers: IDL.Vec(HeaderField),
  body: IDL.Vec(IDL.Nat8),
  upgrade: IDL.Opt(IDL.Bool)
});

type CanisterResponse = {
  readonly status_code: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  readonly upgrade: [] | [boolean];
};

/** Headers that describe the connection between gateway and client, not the canister's answer. */
const HOP_BY_HOP = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

export class Gateway {
  constructor(
    private readonly replica: ReplicaPort,
    private readonly randomBytes: (length: number) => Uint8Array
  ) {}

  /** Answers a request outside of `/api/`: by the canister it names, or with 404. */
  async serve(exchange: GatewayExchange): Promise<void> {
    const { request, url } = exchange;
    const canisterId = findCanisterId(request, url);
    if (canisterId === undefined || this.replica.canister(canisterId) === undefined) {
      sendText(
        exchange,
        404,
        'No canister here: use http://<canister id>.localhost or ?canisterId=<canister id>'
      );
      return;
    }
    const outcome = await this.ask(canisterId, await encodeRequest(request, url));
    await this.replica.whenDurable();
    if (outcome.kind === 'rejected') {
      sendText(exchange, 503, `${outcome.errorCode}: ${outcome.rejectMessage}`);
      return;
    }
    sendAnswer(exchange, decodeResponse(outcome.reply));
  }

  private async ask(canisterId: Uint8Array, arg: Uint8Array): Promise<Outcome> {
    const outcome = await this.replica.query({
      sender: ANONYMOUS,
      canisterId,
      methodName: 'http_request',
      arg
    });
    if (outcome.kind === 'rejected' || decodeResponse(outcome.reply)?.upgrade[0] !== true) return outcome;
    return this.update(canisterId, arg);
  }

  private async update(canisterId: Uint8Array, arg: Uint8Array): Promise<Outcome> {
    const requestId = this.randomBytes(32);
    const submission = this.replica.submit({
      requestId,
      sender: ANONYMOUS,
      canisterId,
      effectiveCanisterId: canisterId,
      methodName: 'http_request_update',
      arg,
      ingressExpiryNs: this.replica.timeNs() + INGRESS_TTL_NS
    });
    if (!submission.accepted) return { ...submission, kind: 'rejected' };
    const status = await this.replica.waitFor(requestId, UPDATE_WAIT_MS);
    if (status?.status === 'replied') return { kind: 'replied', reply: status.reply };
    if (status?.status === 'rejected') return { ...status, kind: 'rejected' };
    return {
      kind: 'rejected',
      rejectCode: 2,
      errorCode: 'IC0202',
      rejectMessage: `http_request_update did not finish in ${UPDATE_WAIT_MS / 1000} seconds`
    };
  }
}

/** Sends the canister's answer, or 502 when it is none or cannot be sent as HTTP. */
function sendAnswer(exchange: GatewayExchange, answer: CanisterResponse | undefined): void {
  const { request, response, corsHeaders } = exchange;
  if (answer === undefined || !isSendable(answer)) {
    sendText(exchange, 502, 'The canister did not answer with an HTTP response');
    return;
  }
  const headers = groupHeaders(answer.headers.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase())));
  response
    .writeHead(answer.status_code, { ...corsHeaders, ...headers, 'content-length': answer.body.length })
    .end(request.method === 'HEAD' ? undefined : answer.body);
}

function isSendable({ status_code, headers }: CanisterResponse): boolean {
  try {
    for (const [name, value] of headers) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
  } catch {
    return false;
  }
  return status_code >= 200 && status_code < 600;
}

function sendText(exchange: GatewayExchange, status: number, text: string): void {
  exchange.response
    .writeHead(status, { ...exchange.corsHeaders, 'content-type': 'text/plain; charset=utf-8' })
    .end(text);
}

/** The canister in the first label of the host name, else in the query of the URL, else in the referring page's URL. */
function findCanisterId(request: IncomingMessage, url: URL): Uint8Array | undefined {
  const [label = ''] = (request.headers.host ?? '').split('.');
  const referrer = request.headers.referer;
  return (
    parsePrincipal(label) ??
    parseOptional(url.searchParams.get('canisterId')) ??
    (referrer !== undefined && URL.canParse(referrer)
      ? parseOptional(new URL(referrer).searchParams.get('canisterId'))
      : undefined)
  );
}

const parseOptional = (text: string | null): Uint8Array | undefined =>
  text === null ? undefined : parsePrincipal(text);

async function encodeRequest(request: IncomingMessage, url: URL): Promise<Uint8Array> {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]]
  );
  const record = {
    method: request.method ?? 'GET',
    url: url.pathname + url.search,
    headers,
    body: await readBody(request),
    certificate_version: [2]
  };
  return new Uint8Array(IDL.encode([HttpRequest], [record]));
}

function decodeResponse(reply: Uint8Array): CanisterResponse | undefined {
  try {
    const [response] = decodeCandid([HttpResponse], reply);
    // Candid decoded by the type above.
    return response as CanisterResponse;
  } catch (error) {
    if (!(error instanceof CandidError)) throw error;
    return undefined;
  }
}

function groupHeaders(headers: readonly (readonly [string, string])[]): OutgoingHttpHeaders {
  const grouped: Record<string, string[]> = {};
  for (const [name, value] of headers) (grouped[name.toLowerCase()] ??= []).push(value);
  return grouped;
}

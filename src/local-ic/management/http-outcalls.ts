/**
 * The HTTPS outcalls of the management canister (`http_request`), before the caller's transform function.
 *
 * Canisters may name https URLs only, as on the Internet Computer. For development, a routing table sends chosen https
 * origins to servers on this machine over plain http, so that a canister's configuration stays the production one.
 */
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { assertOutcallLimits, findExcess, headerBytes, RESPONSE_BYTES_MAX } from './outcall-limits';
import { RejectionError } from './rejection-error';

export type OutcallHeader = { readonly name: string; readonly value: string };

export type OutcallMethod = 'get' | 'head' | 'post' | 'put' | 'delete' | 'patch';

/** Arguments of `http_request`. `maxResponseBytes` counts body and headers; absent means 2,000,000. */
export type OutcallRequest = {
  readonly url: string;
  readonly method: OutcallMethod;
  /** Whether every replica of a subnet would send it; the one of this network sends it once either way. */
  readonly isReplicated: boolean;
  readonly headers: readonly OutcallHeader[];
  readonly body?: Uint8Array;
  readonly maxResponseBytes?: bigint;
};

/** Header names are in lower case. Redirects are answers like any other. */
export type OutcallResponse = {
  readonly status: number;
  readonly headers: readonly OutcallHeader[];
  readonly body: Uint8Array;
};

/** Port of the management canister to the network. Throws `RejectionError` with the replica's codes and texts. */
export type PerformOutcall = (request: OutcallRequest) => Promise<OutcallResponse>;

/** From https origins (`https://rpc-1.localhost`) to http origins on this machine (`http://127.0.0.1:8545`). */
export type OutcallRoutes = Readonly<Record<string, string>>;

/** A route that does not lead from an https origin to an http origin on this machine. */
export class OutcallRouteError extends Error {
  override readonly name = 'OutcallRouteError';
}

const TIMEOUT_MS = 30_000;
const USER_AGENT = 'ic/1.0';
/** Set by the HTTP client from the body it sends. */
const FRAMING_HEADERS = new Set(['connection', 'content-length', 'transfer-encoding']);
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

const fatal = (rejectMessage: string, cause?: unknown): RejectionError =>
  new RejectionError({ rejectCode: 1, errorCode: 'IC0101', rejectMessage }, { cause });
const transient = (rejectMessage: string, cause?: unknown): RejectionError =>
  new RejectionError({ rejectCode: 2, errorCode: 'IC0201', rejectMessage }, { cause });

function parseOrigin(text: string): URL {
  if (!URL.canParse(text))
    throw new OutcallRouteError(`expected an origin such as https://host:port, got "${text}"`);
  const url = new URL(text);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '')
    throw new OutcallRouteError(`expected an origin without path, got "${text}"`);
  return url;
}

function parseRoutes(routes: OutcallRoutes): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(routes).map(([from, to]) => {
      const source = parseOrigin(from);
      const target = parseOrigin(to);
      if (source.protocol !== 'https:')
        throw new OutcallRouteError(`expected an https origin, got "${from}"`);
      if (target.protocol !== 'http:' || !LOOPBACK_HOSTS.has(target.hostname))
        throw new OutcallRouteError(`expected an http origin on this machine, got "${to}"`);
      return [source.origin, target.origin];
    })
  );
}

/** HTTPS outcalls over Node's HTTP client. */
export class HttpOutcalls {
  private routes: ReadonlyMap<string, string>;
  private readonly timeoutMs: number;
  private readonly closing = new AbortController();

  /** @throws {OutcallRouteError} */
  constructor(options: { readonly routes?: OutcallRoutes; readonly timeoutMs?: number } = {}) {
    this.routes = parseRoutes(options.routes ?? {});
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /** Replaces the routing table. @throws {OutcallRouteError} */
  setRoutes(routes: OutcallRoutes): void {
    this.routes = parseRoutes(routes);
  }

  /** Ends what is under way: it fails. */
  close(): void {
    this.closing.abort();
  }

  readonly perform: PerformOutcall = async (request) => {
    assertOutcallLimits(request);
    const url = this.resolve(request.url);
    const signal = AbortSignal.any([AbortSignal.timeout(this.timeoutMs), this.closing.signal]);
    try {
      const response = await send(url, request, signal);
      return await readResponse(response, request);
    } catch (error) {
      if (error instanceof RejectionError) throw error;
      if (signal.aborted) throw transient('Canister http request timed out', error);
      const reason = error instanceof Error ? error.message : String(error);
      throw transient(`Connecting to ${new URL(request.url).host} failed: ${reason}`, error);
    }
  };

  private resolve(text: string): URL {
    if (!URL.canParse(text)) throw fatal(`Failed to parse URL: ${text}`);
    const url = new URL(text);
    if (url.protocol !== 'https:') throw fatal('Url need to specify https scheme');
    const target = this.routes.get(url.origin);
    return target === undefined ? url : new URL(url.pathname + url.search, target);
  }
}

function send(url: URL, request: OutcallRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const open = url.protocol === 'https:' ? requestHttps : requestHttp;
    // A connection of its own for each outcall: kept ones would outlive the host.
    const outgoing = open(url, { method: request.method.toUpperCase(), signal, agent: false });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    writeRequest(outgoing, request);
  });
}

function writeRequest(outgoing: ClientRequest, request: OutcallRequest): void {
  const headers = request.headers.filter(({ name }) => !FRAMING_HEADERS.has(name.toLowerCase()));
  if (!headers.some(({ name }) => name.toLowerCase() === 'user-agent'))
    outgoing.setHeader('user-agent', USER_AGENT);
  for (const { name, value } of headers) {
    try {
      outgoing.appendHeader(name, value);
    } catch (cause) {
      outgoing.destroy();
      throw fatal(`Failed to parse headers: ${name}`, cause);
    }
  }
  outgoing.end(request.body);
}

async function readResponse(response: IncomingMessage, request: OutcallRequest): Promise<OutcallResponse> {
  const limit = Number(request.maxResponseBytes ?? BigInt(RESPONSE_BYTES_MAX));
  const headers = readHeaders(response);
  const headersLength = headerBytes(headers);
  const tooLong = `Header size exceeds specified response size limit ${limit}`;
  const excess = headersLength > limit ? tooLong : findExcess(headers);
  if (excess !== undefined) {
    response.destroy();
    throw fatal(excess);
  }
  const chunks: Uint8Array[] = [];
  let length = headersLength;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limit) {
      response.destroy();
      throw fatal(`Http body exceeds size limit of ${limit} bytes.`);
    }
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers, body: Uint8Array.from(Buffer.concat(chunks)) };
}

function readHeaders(response: IncomingMessage): readonly OutcallHeader[] {
  const headers: OutcallHeader[] = [];
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2)
    headers.push({
      name: (response.rawHeaders[index] ?? '').toLowerCase(),
      value: response.rawHeaders[index + 1] ?? ''
    });
  return headers;
}

/** The HTTP interface of the local Internet Computer: paths, methods, limits, CORS. No protocol rules. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Answer, type Endpoints } from '../protocol/endpoints';
import { parsePrincipal } from '../protocol/principal';
import { RequestError } from '../protocol/request-error';
import { API_CORS_HEADERS } from './cors';
import { StateFolderError } from '../state/state-folder-error';
import { type Gateway } from './gateway/gateway';
import { isAllowedHost } from './host-guard';
import { ClientGoneError, readBody } from './request-body';
import { type ApiRoute, parseApiRoute } from './route';

export type ServerOptions = {
  readonly endpoints: Endpoints;
  readonly gateway: Gateway;
  /** Address to bind. Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Longest time for a client to send a request, in milliseconds; 60,000 by default. */
  readonly requestTimeoutMs?: number;
  /** Told of errors that are this program's fault; the client gets 500. */
  readonly onInternalError: (error: unknown) => void;
};

export type RunningServer = {
  readonly host: string;
  readonly port: number;
  readonly close: () => Promise<void>;
};

const LOOPBACK = '127.0.0.1';

/** How long a client may take for its headers, and for the whole of its request. */
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 60_000;
const TIMEOUT_CHECK_MS = 5000;
/**
 * How long an idle connection is kept. A canister at its limit of instructions may occupy this process for many
 * seconds; a request that arrives meanwhile must not find its connection closed before it is read.
 */
const IDLE_TIMEOUT_MS = 120_000;

/** Listens until {@link RunningServer.close}. @throws the socket's error when the port is taken. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const host = options.host ?? LOOPBACK;
  const requestTimeout = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const timeouts = {
    requestTimeout,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeout),
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, requestTimeout)
  };
  const server = createServer(timeouts, (request, response) => {
    serve(options, request, response).catch((error: unknown) => sendError(options, response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: options.port ?? 0 }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { host, port, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function serve(
  options: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  if (!isAllowedHost(request.headers.host, options.host ?? LOOPBACK)) {
    sendText(response, 403, 'Host not allowed: this server answers to localhost names only');
    return;
  }
  const target = `http://localhost${request.url ?? '/'}`;
  if (!URL.canParse(target)) throw new RequestError(400, 'Malformed URL');
  const url = new URL(target);
  if (!url.pathname.startsWith('/api/')) {
    await options.gateway.serve(request, response, url);
    return;
  }
  if (request.method === 'OPTIONS') {
    response.writeHead(204, API_CORS_HEADERS).end();
    return;
  }
  const route = parseApiRoute(request.method ?? 'GET', url.pathname);
  if (route === undefined) sendText(response, 404, 'Not found');
  else {
    const given = await answer(options.endpoints, route, request);
    await options.endpoints.whenDurable();
    sendAnswer(response, given);
  }
}

async function answer(endpoints: Endpoints, route: ApiRoute, request: IncomingMessage): Promise<Answer> {
  if (route.endpoint === 'status') return endpoints.status();
  const id = parsePrincipal(route.principalText);
  if (id === undefined) throw new RequestError(400, `Malformed principal in the URL: ${route.principalText}`);
  const contentType = request.headers['content-type'];
  if (contentType !== 'application/cbor')
    throw new RequestError(
      400,
      `Unexpected content-type, expected application/cbor, got ${contentType ?? 'none'}`
    );
  const body = await readBody(request);
  const target = { kind: route.kind, id };
  switch (route.endpoint) {
    case 'call':
      return endpoints.call(body, target, route.mode);
    case 'query':
      return endpoints.query(body, target);
    case 'read_state':
      return endpoints.readState(body, target);
  }
}

function sendAnswer(response: ServerResponse, { status, ...rest }: Answer): void {
  if (!('body' in rest)) {
    response.writeHead(status, { ...API_CORS_HEADERS, 'content-length': 0 }).end();
    return;
  }
  const headers = {
    ...API_CORS_HEADERS,
    'content-type': 'application/cbor',
    'content-length': rest.body.length
  };
  response.writeHead(status, headers).end(rest.body);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...API_CORS_HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

function sendError(options: ServerOptions, response: ServerResponse, error: unknown): void {
  if (error instanceof ClientGoneError) {
    response.destroy();
    return;
  }
  if (error instanceof RequestError) {
    // The rest of a refused body is not read; the connection cannot be used again.
    if (error.status === 413) response.setHeader('connection', 'close');
    sendText(response, error.status, error.message);
    return;
  }
  options.onInternalError(error);
  if (response.headersSent) response.destroy();
  else sendText(response, 500, internalErrorText(error));
}

/** A disk that refuses is something that the client's user can do something about. */
function internalErrorText(error: unknown): string {
  return error instanceof StateFolderError ? `Internal error: ${error.message}` : 'Internal error';
}

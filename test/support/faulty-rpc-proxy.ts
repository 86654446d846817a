/** A local HTTP proxy in front of a JSON-RPC node that can be told to fail, to lie or to wait. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

/** What the proxy does with a request. `rewrite` gets the node's answer and gives another. */
export type ProxyBehaviour =
  | { readonly kind: 'honest' }
  | { readonly kind: 'down' }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'rewrite'; readonly rewrite: (body: string) => string }
  | { readonly kind: 'wait'; readonly until: Promise<void> };

export type FaultyRpcProxy = {
  readonly url: string;
  readonly behave: (behaviour: ProxyBehaviour) => void;
  /** Resolves when the next request has come in. */
  readonly nextRequest: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** A proxy on a free port, honest at first. */
export async function startFaultyRpcProxy(target: string): Promise<FaultyRpcProxy> {
  let behaviour: ProxyBehaviour = { kind: 'honest' };
  let waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    for (const announce of waiting) announce();
    waiting = [];
    forward({ request, response, target, behaviour }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    behave: (next) => {
      behaviour = next;
    },
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      })
  };
}

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: string;
  readonly behaviour: ProxyBehaviour;
};

async function forward({ request, response, target, behaviour }: Exchange): Promise<void> {
  const body = await readBody(request);
  if (behaviour.kind === 'down') {
    request.socket.destroy();
    return;
  }
  if (behaviour.kind === 'status') {
    response.writeHead(behaviour.status, { 'content-type': 'text/plain' }).end('refused');
    return;
  }
  if (behaviour.kind === 'wait') await behaviour.until;
  const headers = { 'content-type': 'application/json' };
  const answer = await (await fetch(target, { method: 'POST', headers, body })).text();
  response.writeHead(200, headers).end(behaviour.kind === 'rewrite' ? behaviour.rewrite(answer) : answer);
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

/** A local HTTP proxy that tells what a program asks and is answered, and may cut it off at either moment. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { type AddressInfo } from 'node:net';

/** `asks`: the request has come in and nobody has seen it. `answered`: it had its effect and the answer is not out. */
export type Moment = 'asks' | 'answered';

/** Whether to go on; when not, the connection is cut. */
export type Observer = (call: string, moment: Moment) => boolean;

export type LethalProxy = { readonly url: string; readonly stop: () => Promise<void> };

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: string;
};

/** A proxy of `target` on a free port. `nameOf` makes a name of what is called. */
export async function startLethalProxy(options: {
  readonly target: string;
  readonly nameOf: (path: string, body: Buffer) => string;
  readonly observe: Observer;
}): Promise<LethalProxy> {
  const server = createServer((request, response) => {
    forward({ request, response, target: options.target }, options).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      })
  };
}

async function forward(
  { request, response, target }: Exchange,
  { nameOf, observe }: Pick<Parameters<typeof startLethalProxy>[0], 'nameOf' | 'observe'>
): Promise<void> {
  const body = await readBody(request);
  const path = request.url ?? '/';
  const call = nameOf(path, body);
  if (!observe(call, 'asks')) return void response.destroy();
  const method = request.method ?? 'GET';
  const answer = await fetch(`${target}${path}`, {
    method,
    headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
    ...(method === 'GET' ? {} : { body: Uint8Array.from(body) })
  });
  const answerBody = Buffer.from(await answer.arrayBuffer());
  if (!observe(call, 'answered')) return void response.destroy();
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
  response.end(answerBody);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A JSON-RPC method; questions about the finalized block apart. */
export function nameOfRpcCall(_path: string, body: Buffer): string {
  const { method, params } = JSON.parse(body.toString()) as { method: string; params: readonly unknown[] };
  return params[0] === 'finalized' ? `${method} finalized` : method;
}

const CANISTER_METHODS = ['accept_evm_checkpoint', 'apply_transitions', 'domain'];

/** What is asked of the Internet Computer, and of which canister method. */
export function nameOfIcCall(path: string, body: Buffer): string {
  const kind = path.split('/').at(-1) ?? path;
  const method = CANISTER_METHODS.find((name) => body.includes(name));
  return method === undefined ? kind : `${kind} ${method}`;
}

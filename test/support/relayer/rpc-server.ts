/** A JSON-RPC server on loopback that answers as scripted, well or badly. */
import { type ServerResponse, createServer } from 'node:http';
import { type AddressInfo } from 'node:net';

export type RpcQuestion = { readonly method: string; readonly params: readonly unknown[] };
/** The result of a call, or how to answer it in another way. */
export type RpcAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } }
  | { readonly raw: (response: ServerResponse) => void };

export type RpcServer = {
  readonly url: string;
  /** All that was asked so far. */
  readonly questions: RpcQuestion[];
  readonly stop: () => Promise<void>;
};

export async function startRpcServer(answer: (question: RpcQuestion) => RpcAnswer): Promise<RpcServer> {
  const questions: RpcQuestion[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { id, method, params } = JSON.parse(body) as RpcQuestion & { readonly id: unknown };
      questions.push({ method, params });
      const given = answer({ method, params });
      if ('raw' in given) return given.raw(response);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, ...given }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    questions,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      })
  };
}

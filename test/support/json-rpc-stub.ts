/**
 * A stub of an Ethereum node's JSON-RPC that knows a few blocks by heart, and its ways of going wrong. Answers single
 * requests and batches.
 */

/** What the stub says of its chain: hashes by height, and the height it calls finalized. */
export type StubChain = { readonly hashes: ReadonlyMap<bigint, string>; readonly finalized: bigint };

/** An HTTP answer before anybody has transformed it. */
export type RawResponse = { readonly status: number; readonly body: string };

type RpcRequest = { readonly id: unknown; readonly method: string; readonly params: readonly unknown[] };

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** The answer to a JSON-RPC request body. */
export function answerJsonRpc(chain: StubChain, body: string): RawResponse {
  const request = JSON.parse(body) as RpcRequest | RpcRequest[];
  const answer = Array.isArray(request)
    ? request.map((one) => answerOne(chain, one))
    : answerOne(chain, request);
  return { status: 200, body: JSON.stringify(answer) };
}

function answerOne(chain: StubChain, request: RpcRequest): unknown {
  if (request.method !== 'eth_getBlockByNumber') {
    return { jsonrpc: '2.0', id: request.id, error: { code: -32601, message: 'the method does not exist' } };
  }
  const tag = String(request.params[0]);
  const height = tag === 'finalized' ? chain.finalized : BigInt(tag);
  const hash = chain.hashes.get(height);
  const block = hash === undefined ? null : { number: hex(height), hash, transactions: [], timestamp: '0x1' };
  return { jsonrpc: '2.0', id: request.id, result: block };
}

/** Answers of a node that is not well, by what is wrong with it. */
export const FAULTY_RESPONSES: Readonly<Record<string, RawResponse>> = {
  'rate limited': { status: 429, body: '{"error":"too many requests"}' },
  'server error': { status: 503, body: '<html>Service Unavailable</html>' },
  'no JSON': { status: 200, body: '{"jsonrpc":"2.0","id":1,"resu' },
  'empty body': { status: 200, body: '' },
  'a string': { status: 200, body: '"0x01"' },
  'an empty batch': { status: 200, body: '[]' },
  'an error object': { status: 200, body: '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}' },
  'deep nesting': { status: 200, body: `${'['.repeat(50_000)}${']'.repeat(50_000)}` }
};

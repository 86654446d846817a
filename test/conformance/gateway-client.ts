/** The HTTP gateway as browsers see it, and its Candid as canisters see it. */
import { request as httpRequest } from 'node:http';
import { IDL } from '@dfinity/candid';
import { type TestNetwork } from './network';
import { FREE_SLOT } from './probe/probe-module';

const { Bool, Func, Nat8, Nat16, Opt, Record, Text, Tuple, Variant, Vec } = IDL;
const Token = Record({ next: Nat16 });
export const StreamResponse = Record({ body: Vec(Nat8), token: Opt(Token) });
const HttpResponse = Record({
  status_code: Nat16,
  headers: Vec(Tuple(Text, Text)),
  body: Vec(Nat8),
  upgrade: Opt(Bool),
  streaming_strategy: Opt(
    Variant({ Callback: Record({ callback: Func([Token], [StreamResponse], ['query']), token: Token }) })
  )
});

export type Page = {
  readonly status_code: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  readonly upgrade?: readonly [boolean];
  readonly streaming_strategy?: readonly [object];
};

export const pageOf = (page: Page): Uint8Array =>
  Uint8Array.from(IDL.encode([HttpResponse], [{ upgrade: [], streaming_strategy: [], ...page }]));

/** Kept slots of a probe whose programs answer. */
export const UPDATE_SLOT = FREE_SLOT + 1;
export const STREAM_SLOT = FREE_SLOT + 2;
export const GATEWAY_METHODS = {
  'canister_query http_request': FREE_SLOT,
  'canister_update http_request_update': UPDATE_SLOT,
  'canister_query stream': STREAM_SLOT
};

type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
};

/** Asks the network's port with a Host header of its own. */
export function ask(
  network: TestNetwork,
  host: string,
  path: string,
  { method = 'GET', body }: { readonly method?: string; readonly body?: string } = {}
): Promise<Answer> {
  const { hostname, port } = new URL(network.url);
  const headers = { host: `${host}:${port}` };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: hostname, port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode = 0 } = response;
        resolve({ status: statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/**
 * Anonymous requests over HTTP without the patience of an agent: a request whose connection breaks is lost at once.
 * Certificates are read and not verified; other tests do that.
 */
import { randomBytes } from 'node:crypto';
import { type HashTree, lookup_path, lookupResultToBuffer } from '@dfinity/agent';
import { decode } from '@dfinity/cbor';
import { Principal } from '@dfinity/principal';
import { ANONYMOUS, type Content, encodeEnvelope, requestIdOfContent } from './signed-envelope';

export type CallOutcome =
  | { readonly kind: 'replied'; readonly reply: Uint8Array }
  | { readonly kind: 'rejected'; readonly message: string }
  /** Taken on, to be executed later. */
  | { readonly kind: 'accepted' }
  /** Nobody knows: the connection broke. */
  | { readonly kind: 'lost' };

export type RawCall = { readonly requestId: Uint8Array; readonly outcome: Promise<CallOutcome> };

export type RawCallOptions = {
  readonly canisterId: Uint8Array;
  readonly methodName: string;
  readonly arg: Uint8Array;
  /** The target's id unless it is the management canister. */
  readonly effectiveCanisterId?: Uint8Array;
  /** `v2` answers as soon as the call is taken on, `v3` when it is executed. */
  readonly version?: 'v2' | 'v3';
};

const EXPIRY_NS = 240_000_000_000n;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export class RawClient {
  constructor(private readonly url: string) {}

  call({ canisterId, methodName, arg, effectiveCanisterId, version = 'v3' }: RawCallOptions): RawCall {
    const content = {
      request_type: 'call',
      canister_id: canisterId,
      method_name: methodName,
      arg,
      nonce: new Uint8Array(randomBytes(16)),
      ...this.#common()
    };
    const requestId = requestIdOfContent(content);
    const target = effectiveCanisterId ?? canisterId;
    const post = this.#post(`/api/${version}/canister/${textOf(target)}/call`, content);
    const outcome = post.then(
      (answer) => outcomeOf(answer, requestId),
      (): CallOutcome => ({ kind: 'lost' })
    );
    return { requestId, outcome };
  }

  /** The reply of a query. */
  async query(canisterId: Uint8Array, methodName: string, arg = new Uint8Array(0)): Promise<Uint8Array> {
    const content = {
      request_type: 'query',
      canister_id: canisterId,
      method_name: methodName,
      arg,
      ...this.#common()
    };
    const { body } = await this.#post(`/api/v2/canister/${textOf(canisterId)}/query`, content);
    const answer = decode<{ readonly reply?: { readonly arg: Uint8Array } }>(body);
    if (!answer.reply) throw new Error(`the query was refused: ${JSON.stringify(answer)}`);
    return answer.reply.arg;
  }

  /** Where a call is, by its certified status; undefined when nothing is known of it. */
  async statusOf(
    canisterId: Uint8Array,
    requestId: Uint8Array
  ): Promise<CallOutcome | 'under way' | undefined> {
    const tree = await this.#readState(canisterId, [utf8('request_status'), requestId]);
    return outcomeIn(tree, requestId);
  }

  /** Whether a canister is there. */
  async hasCanister(canisterId: Uint8Array): Promise<boolean> {
    const path = [utf8('canister'), canisterId, utf8('controllers')];
    return lookupResultToBuffer(lookup_path(path, await this.#readState(canisterId, path))) !== undefined;
  }

  async #readState(canisterId: Uint8Array, path: readonly Uint8Array[]): Promise<HashTree> {
    const content = { request_type: 'read_state', paths: [path], ...this.#common() };
    const { status, body } = await this.#post(`/api/v2/canister/${textOf(canisterId)}/read_state`, content);
    if (status !== 200) throw new Error(`read_state was refused: ${Buffer.from(body).toString()}`);
    return treeOf(decode<{ readonly certificate: Uint8Array }>(body).certificate);
  }

  #common(): Content {
    return { sender: ANONYMOUS, ingress_expiry: BigInt(Date.now()) * 1_000_000n + EXPIRY_NS };
  }

  async #post(
    path: string,
    content: Content
  ): Promise<{ readonly status: number; readonly body: Uint8Array }> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/cbor' },
      body: Buffer.from(encodeEnvelope({ content }))
    });
    return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
  }
}

const textOf = (canisterId: Uint8Array): string => Principal.fromUint8Array(canisterId).toText();

const treeOf = (certificate: Uint8Array): HashTree => decode<{ readonly tree: HashTree }>(certificate).tree;

function outcomeOf(
  { status, body }: { readonly status: number; readonly body: Uint8Array },
  requestId: Uint8Array
): CallOutcome {
  if (status === 202) return { kind: 'accepted' };
  if (status !== 200) throw new Error(`a call was refused: ${Buffer.from(body).toString()}`);
  const answer = decode<{ readonly certificate?: Uint8Array; readonly reject_message?: string }>(body);
  if (!answer.certificate) return { kind: 'rejected', message: answer.reject_message ?? '' };
  const outcome = outcomeIn(treeOf(answer.certificate), requestId);
  if (outcome === undefined || outcome === 'under way')
    throw new Error('a call was answered without its outcome');
  return outcome;
}

function outcomeIn(tree: HashTree, requestId: Uint8Array): CallOutcome | 'under way' | undefined {
  const lookup = (field: string): Uint8Array | undefined =>
    lookupResultToBuffer(lookup_path([utf8('request_status'), requestId, utf8(field)], tree));
  const status = lookup('status');
  if (!status) return undefined;
  switch (Buffer.from(status).toString()) {
    case 'replied':
      return { kind: 'replied', reply: lookup('reply') ?? new Uint8Array(0) };
    case 'rejected':
      return { kind: 'rejected', message: Buffer.from(lookup('reject_message') ?? []).toString() };
    default:
      return 'under way';
  }
}

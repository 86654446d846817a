/**
 * Asking JSON-RPC providers whether a block is final: the request, the part of an answer that all replicas see alike,
 * and the decision over all answers. The finalized head moves between replicas' requests, so an answer is reduced to
 * whether the block is at or below it, and to the hash of the provider's block at that height.
 */
import { type Bytes32, ascii, bytes32, equalBytes, fromHex, toHex } from '../bytes';
import { ProtocolError } from '../error';

/** What a provider says of a height. */
export type FinalityAnswer = { readonly isFinal: boolean; readonly blockHash: Bytes32 };

/** Two blocks with transaction hashes; a block of 60 M gas holds at most 2,857 transactions, 71 bytes each. */
export const MAX_PROVIDER_RESPONSE_BYTES = 512 * 1024;

const FINALIZED_ID = 1;
const HEIGHT_ID = 2;
const NO_ANSWER = ascii('{}');
const CANONICAL_ANSWER = /^\{"isFinal":(true|false),"hash":"([0-9a-f]{64})"\}$/;
const QUANTITY = /^0x(?:0|[1-9a-f][0-9a-f]{0,15})$/;
const HASH = /^0x[0-9a-f]{64}$/;
/** A block nests four deep in a batch; a canister's JSON parser has no limit of its own. */
const MAX_JSON_DEPTH = 8;
/** Two blocks of 3,500 transactions have 14,000, and about as few commas, colons and brackets. */
const MAX_JSON_SEGMENTS = 16_384;
const MAX_JSON_PUNCTUATION = 32_768;

/** Body of the POST: a batch of `eth_getBlockByNumber` for the finalized block and for `height`. */
export function encodeFinalityRequest(height: bigint): Uint8Array {
  const call = (id: number, block: string): unknown => ({
    jsonrpc: '2.0',
    id,
    method: 'eth_getBlockByNumber',
    params: [block, false]
  });
  return ascii(
    JSON.stringify([call(FINALIZED_ID, 'finalized'), call(HEIGHT_ID, `0x${height.toString(16)}`)])
  );
}

/**
 * The canonical form of a raw response, equal on all replicas: `{"isFinal":true,"hash":"..."}` (64 hex digits), or `{}`
 * when the provider did not answer the question. Never throws: it runs in the outcall's transform.
 */
export function reduceFinalityResponse(response: {
  readonly status: number;
  readonly body: Uint8Array;
  readonly height: bigint;
}): Uint8Array {
  if (response.status !== 200 || response.body.length > MAX_PROVIDER_RESPONSE_BYTES) return NO_ANSWER;
  const answer = readAnswer(response);
  if (answer === undefined) return NO_ANSWER;
  return ascii(JSON.stringify({ isFinal: answer.isFinal, hash: toHex(answer.blockHash) }));
}

/**
 * The answer of a canonical form; `undefined` for a provider that did not answer.
 * @throws {ProtocolError} `domain/provider-answer` for bytes that {@link reduceFinalityResponse} never makes.
 */
export function decodeFinalityAnswer(canonical: Uint8Array): FinalityAnswer | undefined {
  if (equalBytes(canonical, NO_ANSWER)) return undefined;
  const match = CANONICAL_ANSWER.exec(latin1(canonical));
  const [, isFinal, hash] = match ?? [];
  if (isFinal === undefined || hash === undefined)
    throw new ProtocolError('domain/provider-answer', 'expected an answer in canonical form');
  return { isFinal: isFinal === 'true', blockHash: bytes32(fromHex(hash), 'block hash') };
}

/**
 * The hash of the final block that the providers agree on. One answer that differs in anything is enough to refuse:
 * whoever is wrong, the truth is not known.
 * @throws {ProtocolError} `domain/providers-disagree`, `domain/providers-too-few` below `agreement` answers,
 * `domain/not-final` when all say so.
 */
export function decideAgreement(answers: readonly FinalityAnswer[], agreement: number): Bytes32 {
  const [first, ...others] = answers;
  const isSame = (a: FinalityAnswer, b: FinalityAnswer): boolean =>
    a.isFinal === b.isFinal && equalBytes(a.blockHash, b.blockHash);
  if (first !== undefined && !others.every((answer) => isSame(first, answer)))
    throw new ProtocolError('domain/providers-disagree', 'the providers do not say the same of the block');
  if (first === undefined || answers.length < agreement) {
    throw new ProtocolError(
      'domain/providers-too-few',
      `expected answers of ${agreement} providers, got ${answers.length}`,
      { agreement, answers: answers.length }
    );
  }
  if (!first.isFinal) throw new ProtocolError('domain/not-final', 'the block is not final yet');
  return first.blockHash;
}

type Block = { readonly number: bigint; readonly hash: string };

function readAnswer(response: {
  readonly body: Uint8Array;
  readonly height: bigint;
}): FinalityAnswer | undefined {
  const replies = parseJson(latin1(response.body));
  if (!Array.isArray(replies)) return undefined;
  const finalized = findBlock(replies, FINALIZED_ID);
  const block = findBlock(replies, HEIGHT_ID);
  if (finalized === undefined || block === undefined || block.number !== response.height) return undefined;
  // A provider that contradicts itself has said nothing.
  if (finalized.number === block.number && finalized.hash !== block.hash) return undefined;
  return { isFinal: finalized.number >= block.number, blockHash: bytes32(fromHex(block.hash), 'block hash') };
}

/** The block in the one reply with this id. */
function findBlock(replies: readonly unknown[], id: number): Block | undefined {
  const matching = replies.filter((reply) => field(reply, 'id') === id);
  const block = matching.length === 1 ? field(matching[0], 'result') : undefined;
  const number = field(block, 'number');
  const hash = field(block, 'hash');
  if (typeof number !== 'string' || typeof hash !== 'string') return undefined;
  const lowerHash = hash.toLowerCase();
  if (!QUANTITY.test(number.toLowerCase()) || !HASH.test(lowerHash)) return undefined;
  return { number: BigInt(number), hash: lowerHash };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** `undefined` for what is not JSON, or is deeper or longer than a block. */
function parseJson(text: string): unknown {
  if (!hasShapeOfBlocks(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether nesting is shallow. What lies between quotes does not count; blocks need no escapes, so a quote is a quote. */
function hasShapeOfBlocks(text: string): boolean {
  const segments = text.split('"');
  if (segments.length > MAX_JSON_SEGMENTS || text.includes('\\')) return false;
  const outside = segments.filter((_, index) => index % 2 === 0).join('');
  if (outside.length > MAX_JSON_PUNCTUATION) return false;
  let depth = 0;
  for (const character of outside) {
    if (character === '[' || character === '{') depth += 1;
    if (character === ']' || character === '}') depth -= 1;
    if (depth > MAX_JSON_DEPTH) return false;
  }
  return true;
}

/** One character a byte: what is read here is ASCII, and a canister's UTF-8 decoder is slow. */
function latin1(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 4_096)
    parts.push(String.fromCharCode(...bytes.subarray(offset, offset + 4_096)));
  return parts.join('');
}

/** A fetch that changes bodies on their way, as a hostile proxy would. */
import { decode, encodeWithSelfDescribedTag } from '@dfinity/cbor';

export type CborObject = Record<string, unknown>;

export type Tampering = {
  /** Changes the envelope of a request, or leaves it. */
  readonly request?: (envelope: CborObject) => CborObject;
  /** Changes the decoded answer, or leaves it. */
  readonly response?: (answer: CborObject) => CborObject;
  /** Paths that are tampered with; others pass as they are. */
  readonly path: RegExp;
};

const decodeObject = (bytes: Uint8Array): CborObject => decode<CborObject>(bytes);
const encodeObject = (value: CborObject): Uint8Array => encodeWithSelfDescribedTag(value as never);

export function tamperWith({ request, response, path }: Tampering): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input.toString();
    if (!path.test(url)) return fetch(input, init);
    const body = init?.body;
    const changed =
      request !== undefined && body instanceof Uint8Array
        ? { ...init, body: encodeObject(request(decodeObject(body))) }
        : init;
    const answer = await fetch(input, changed);
    if (response === undefined || answer.status !== 200) return answer;
    const bytes = encodeObject(response(decodeObject(new Uint8Array(await answer.arrayBuffer()))));
    return new Response(bytes, { status: 200, headers: { 'content-type': 'application/cbor' } });
  };
}

/** `bytes` with one bit of the byte at `index` (from the end when negative) flipped. */
export function flipBit(bytes: Uint8Array, index = -1): Uint8Array {
  const flipped = bytes.slice();
  const position = index < 0 ? flipped.length + index : index;
  flipped[position] = (flipped[position] ?? 0) ^ 1;
  return flipped;
}

/** Just enough DER (ITU-T X.690) to read private keys: definite lengths below 64 KiB, low tag numbers, nothing left over. */
import { ProtocolError } from '../core/error';

/** One element. `tag` is the identifier octet. */
export type DerElement = { readonly tag: number; readonly content: Uint8Array };

export const DER_INTEGER = 0x02;
export const DER_OCTET_STRING = 0x04;
export const DER_OBJECT_IDENTIFIER = 0x06;
export const DER_SEQUENCE = 0x30;

/** The elements that follow each other in `bytes`. @throws {ProtocolError} `identity/der` when it is not DER. */
export function readDerElements(bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const { headerLength, contentLength } = readHeader(bytes, offset);
    const begin = offset + headerLength;
    offset = begin + contentLength;
    if (offset > bytes.length) throw notDer('an element longer than what holds it');
    elements.push({ tag: bytes[begin - headerLength] ?? 0, content: bytes.slice(begin, offset) });
  }
  return elements;
}

/** The elements of the one SEQUENCE that `bytes` is. @throws {ProtocolError} `identity/der`. */
export function readDerSequence(bytes: Uint8Array): DerElement[] {
  const [sequence, ...rest] = readDerElements(bytes);
  if (sequence?.tag !== DER_SEQUENCE || rest.length > 0) throw notDer('something other than one SEQUENCE');
  return readDerElements(sequence.content);
}

function readHeader(
  bytes: Uint8Array,
  offset: number
): { readonly headerLength: number; readonly contentLength: number } {
  const first = bytes[offset + 1];
  if (first === undefined) throw notDer('an element without a length');
  if (first < 0x80) return { headerLength: 2, contentLength: first };
  const lengthBytes = bytes.subarray(offset + 2, offset + 2 + (first & 0x7f));
  if (first === 0x80 || first > 0x82 || lengthBytes.length !== (first & 0x7f))
    throw notDer('a length it does not allow');
  const contentLength = lengthBytes.reduce((length, byte) => length * 256 + byte, 0);
  return { headerLength: 2 + lengthBytes.length, contentLength };
}

const notDer = (found: string): ProtocolError =>
  new ProtocolError('identity/der', `expected DER, got ${found}`);

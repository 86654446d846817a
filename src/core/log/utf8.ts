/** UTF-8, strictly. */
import { ProtocolError } from '../error';
import { utf8ToBytes } from '@noble/hashes/utils';

/** UTF-8 bytes of a text. Lone surrogates become U+FFFD. */
export const encodeUtf8 = (text: string): Uint8Array => utf8ToBytes(text);

/** The text of UTF-8 bytes. @throws {ProtocolError} `log/text` when they are not well-formed. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ProtocolError('log/text', 'expected UTF-8', {}, { cause });
  }
}

/** UTF-8, strictly. A canister's encoder and decoder are JavaScript, and slow: ASCII goes without them. */
import { textOfCodes } from '../bytes';
import { ProtocolError } from '../error';
import { utf8ToBytes } from '@noble/hashes/utils';

const ASCII_END = 0x80;
/** Longer texts are too many arguments for one call. */
const MAX_SHORT_TEXT = 4_096;

/** UTF-8 bytes of a text. Lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= ASCII_END) return utf8ToBytes(text);
    bytes[index] = code;
  }
  return bytes;
}

/** The text of these bytes, when they are ASCII and few enough to be taken at once. */
export function decodeShortAscii(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_SHORT_TEXT || bytes.some((byte) => byte >= ASCII_END)) return undefined;
  return textOfCodes(bytes);
}

/** The text of UTF-8 bytes. @throws {ProtocolError} `log/text` when they are not well-formed. */
export function decodeUtf8(bytes: Uint8Array): string {
  const short = decodeShortAscii(bytes);
  if (short !== undefined) return short;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ProtocolError('log/text', 'expected UTF-8', {}, { cause });
  }
}

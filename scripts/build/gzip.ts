/** Gzip that is equal on every machine. */
import { gzipSync } from 'node:zlib';

/** Offset of the operating system's number in a gzip header; 255 is "unknown" (RFC 1952). */
const OS_OFFSET = 9;
const OS_UNKNOWN = 255;

/** `content` compressed, without a time and without the operating system's number. */
export function gzipDeterministically(content: Uint8Array): Buffer {
  const compressed = gzipSync(content, { level: 9 });
  compressed[OS_OFFSET] = OS_UNKNOWN;
  return compressed;
}

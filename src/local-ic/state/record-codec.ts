import { types } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { StateFolderError } from './state-folder-error';

/** Version of the records this Node writes; it reads those of it and of all before. */
export const RECORD_FORMAT = Number(serialize(undefined)[1]);

/** Bytes of plain data: objects, arrays, maps, text, numbers, bigints, byte arrays. */
export function encodeRecord(record: unknown): Uint8Array {
  return serialize(record);
}

/**
 * What {@link encodeRecord} made bytes of. The state is this program's own: who reads a record knows what it wrote.
 *
 * @throws {StateFolderError} 'damaged' for bytes that are no record.
 */
export function decodeRecord<Shape>(bytes: Uint8Array): Shape {
  return withOwnBytes(deserializeWhole(bytes)) as Shape;
}

function deserializeWhole(bytes: Uint8Array): unknown {
  try {
    return deserialize(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StateFolderError(
      'damaged',
      `A record of the state is damaged: ${reason}. Restore the state folder from a copy, or start anew with --reset`,
      { cause }
    );
  }
}

/**
 * Byte arrays come out as views of the whole record. Each gets memory of its own: it would keep the record from being
 * freed, and there are decoders that look at the memory behind a view from its beginning.
 */
function withOwnBytes(value: unknown): unknown {
  if (types.isUint8Array(value)) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(withOwnBytes);
  if (types.isMap(value)) return new Map([...value].map(([key, entry]) => [key, withOwnBytes(entry)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withOwnBytes(field)]));
}

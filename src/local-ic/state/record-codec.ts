import { deserialize, serialize } from 'node:v8';

/** Bytes of plain data: objects, arrays, maps, text, numbers, bigints, byte arrays. Equal data have equal bytes. */
export function encodeRecord(record: unknown): Uint8Array {
  return serialize(record);
}

/** What {@link encodeRecord} made bytes of. The state is this program's own: who reads a record knows what it wrote. */
export function decodeRecord<Shape>(bytes: Uint8Array): Shape {
  return deserialize(bytes) as Shape;
}

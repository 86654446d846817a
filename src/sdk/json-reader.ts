/** Reads untrusted JSON field by field; every refusal names the path to the field. Nothing unknown is passed over. */
import { type Bytes32, bytes32, fromHex } from '../core/bytes';
import { ProtocolError, isProtocolError } from '../core/error';

const U64_MAX = (1n << 64n) - 1n;

/** A value and where it was found. `code` is the error's. */
export class JsonReader {
  private constructor(
    private readonly value: unknown,
    private readonly place: { readonly code: string; readonly path: string }
  ) {}

  /** The value of a text of at most `limit` characters. @throws {ProtocolError} `code`. */
  static parse(
    text: string,
    source: { readonly code: string; readonly name: string; readonly limit: number }
  ): JsonReader {
    const place = { code: source.code, path: source.name };
    if (text.length > source.limit) {
      throw refusal(place, `expected at most ${source.limit} characters, got ${text.length}`);
    }
    try {
      return new JsonReader(JSON.parse(text), place);
    } catch (cause) {
      throw refusal(place, 'expected JSON', cause);
    }
  }

  /** Its fields: exactly these. */
  record<Field extends string>(fields: readonly Field[]): Readonly<Record<Field, JsonReader>> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.refusal('expected an object');
    const entries = new Map<string, unknown>(Object.entries(value));
    const unknown = [...entries.keys()].find((key) => !fields.some((field) => field === key));
    if (unknown !== undefined) throw this.refusal(`expected no field "${unknown}"`);
    const readers = fields.map((field) => {
      if (!entries.has(field)) throw this.refusal(`expected a field "${field}"`);
      return [field, this.at(`.${field}`, entries.get(field))];
    });
    return Object.fromEntries(readers) as Record<Field, JsonReader>;
  }

  /** Its elements, each read with `read`. */
  list<T>(max: number, read: (element: JsonReader) => T): T[] {
    const { value } = this;
    if (!Array.isArray(value) || value.length > max) throw this.refusal(`expected a list of at most ${max}`);
    return value.map((element: unknown, index) => read(this.at(`[${index}]`, element)));
  }

  /** null, or what `read` makes of it. */
  nullable<T>(read: (reader: JsonReader) => T): T | null {
    return this.value === null ? null : read(this);
  }

  /** Exactly this value. */
  literal(expected: string | number): void {
    if (this.value !== expected) throw this.refusal(`expected ${JSON.stringify(expected)}`);
  }

  /** Text. */
  text(): string {
    if (typeof this.value !== 'string') throw this.refusal('expected text');
    return this.value;
  }

  /** Hex text of `min` to `max` bytes. */
  bytes({ min, max }: { readonly min: number; readonly max: number }): Uint8Array {
    const bytes = this.convert(fromHex);
    if (bytes.length < min || bytes.length > max) {
      throw this.refusal(
        `expected ${min === max ? min : `${min} to ${max}`} bytes in hex, got ${bytes.length}`
      );
    }
    return bytes;
  }

  bytes32(): Bytes32 {
    return bytes32(this.bytes({ min: 32, max: 32 }), this.place.path);
  }

  /** A u64 in decimal text. */
  u64(): bigint {
    const text = this.text();
    const integer = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
    if (integer === undefined || integer > U64_MAX) throw this.refusal('expected a u64 in decimal text');
    return integer;
  }

  /** Text, decoded; a {@link ProtocolError} of `decode` becomes a refusal of this field. */
  convert<T>(decode: (text: string) => T): T {
    const text = this.text();
    try {
      return decode(text);
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      throw this.refusal(error.message, error);
    }
  }

  private at(step: string, value: unknown): JsonReader {
    return new JsonReader(value, { ...this.place, path: `${this.place.path}${step}` });
  }

  private refusal(reason: string, cause?: unknown): ProtocolError {
    return refusal(this.place, reason, cause);
  }
}

function refusal(
  place: { readonly code: string; readonly path: string },
  reason: string,
  cause?: unknown
): ProtocolError {
  return new ProtocolError(place.code, `${place.path}: ${reason}`, { path: place.path }, { cause });
}

/** Codecs of the Candid types that are made of others. */
import { type IDL } from '@dfinity/candid';
import { type ValueCodec, notA } from './value-codec';

/** Name and codec of a field or alternative. */
export type Member = readonly [name: string, codec: ValueCodec];

export const optOf = (codec: ValueCodec): ValueCodec => ({
  write: (writer, value) => {
    if (!Array.isArray(value) || value.length > 1) throw notA('opt');
    writer.byte(value.length);
    if (value.length === 1) codec.write(writer, value[0]);
  },
  read: (reader) => (reader.flag() ? [codec.read(reader)] : []),
  sample: () => []
});

export const vecOf = (codec: ValueCodec): ValueCodec => ({
  write: (writer, value) => {
    if (!Array.isArray(value)) throw notA('vec');
    writer.count(value.length);
    for (const element of value) codec.write(writer, element);
  },
  read: (reader) => {
    const elements: unknown[] = [];
    for (let left = reader.count(); left > 0; left -= 1) elements.push(codec.read(reader));
    return elements;
  },
  sample: () => []
});

/** `fields` in the order of their bytes. */
export const recordOf = (fields: readonly Member[]): ValueCodec => ({
  write: (writer, value) => {
    if (!isObject(value)) throw notA('record');
    for (const [name, codec] of fields) codec.write(writer, value[name]);
  },
  read: (reader) => {
    const record: Record<string, unknown> = {};
    for (const [name, codec] of fields) record[name] = codec.read(reader);
    return record;
  },
  sample: () => Object.fromEntries(fields.map(([name, codec]) => [name, codec.sample()]))
});

export const tupleOf = (components: readonly ValueCodec[]): ValueCodec => ({
  write: (writer, value) => {
    if (!Array.isArray(value) || value.length !== components.length) throw notA('tuple');
    components.forEach((codec, index) => codec.write(writer, value[index]));
  },
  read: (reader) => components.map((codec) => codec.read(reader)),
  sample: () => components.map((codec) => codec.sample())
});

/** `alternatives` in the order of their tags. */
export function variantOf(alternatives: readonly Member[]): ValueCodec {
  const tags = new Map(alternatives.map(([name], tag) => [name, tag]));
  const alternativeAt = (tag: number): Member => {
    const alternative = alternatives[tag];
    if (alternative === undefined) throw notA('variant');
    return alternative;
  };
  return {
    write: (writer, value) => {
      const [name, ...others] = isObject(value) ? Object.entries(value) : [];
      const tag = name === undefined || others.length > 0 ? undefined : tags.get(name[0]);
      if (name === undefined || tag === undefined) throw notA('variant');
      writer.count(tag);
      alternativeAt(tag)[1].write(writer, name[1]);
    },
    read: (reader) => {
      const [name, codec] = alternativeAt(reader.count());
      return { [name]: codec.read(reader) };
    },
    sample: () => {
      const [name, codec] = alternativeAt(0);
      return { [name]: codec.sample() };
    }
  };
}

/** Types of which our messages hold few values, or none: nothing is gained by a codec of our own. */
export const leftToLibrary = (type: IDL.Type): ValueCodec => ({
  write: (writer, value) => {
    type.covariant(value);
    writer.raw(type.encodeValue(value));
  },
  read: () => {
    throw new Error(`the library reads ${type.name}`);
  },
  sample: () => {
    throw new Error(`BUG: a sample of ${type.name} is needed`);
  }
});

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

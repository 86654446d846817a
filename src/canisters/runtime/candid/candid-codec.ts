/**
 * Candid messages of fixed types. A message begins with a description of its types, which is the same in every message
 * that one program makes: here it is made once, by the library, and compared as bytes when a message comes in. A
 * message that begins otherwise (another program's description, a subtype), or whose values are not as expected, is
 * left to the library, whose word counts: it decodes, converts, or refuses (docs/decisions/0009).
 */
import { IDL } from '@dfinity/candid';
import { equalBytes } from '../../../core/bytes';
import { CandidReader, CandidWriter } from './candid-bytes';
import { codecOfType } from './codec-of-type';
import { type ValueCodec } from './value-codec';

/** Encodes and decodes messages of the same types. */
export type CandidCodec = {
  /** @throws when a value is not of its type. */
  readonly encode: (values: readonly unknown[]) => Uint8Array;
  /** The values, none of which is a view of the message. @throws on bytes that are no such message. */
  readonly decode: (message: Uint8Array) => unknown[];
};

/** The codec of messages with values of these types. */
export function createCandidCodec(types: readonly IDL.Type[]): CandidCodec {
  const codecs = types.map(codecOfType);
  const header = describeTypes(types, codecs);
  return {
    encode: (values) => {
      const writer = new CandidWriter();
      writer.raw(header);
      writeValues(writer, codecs, values);
      return writer.written();
    },
    decode: (message) => {
      const startsAsOurs = equalBytes(message.subarray(0, header.length), header);
      const values = startsAsOurs ? readValues(new CandidReader(message, header.length), codecs) : undefined;
      return values ?? IDL.decode([...types], message);
    }
  };
}

/** Magic number, table of types and types: what the library puts before the values. */
function describeTypes(types: readonly IDL.Type[], codecs: readonly ValueCodec[]): Uint8Array {
  const samples = codecs.map((codec) => codec.sample());
  const writer = new CandidWriter();
  writeValues(writer, codecs, samples);
  const message = IDL.encode([...types], samples);
  return message.slice(0, message.length - writer.written().length);
}

function writeValues(writer: CandidWriter, codecs: readonly ValueCodec[], values: readonly unknown[]): void {
  codecs.forEach((codec, index) => codec.write(writer, values[index]));
}

/** The values, or `undefined` when the library has to look. */
function readValues(reader: CandidReader, codecs: readonly ValueCodec[]): unknown[] | undefined {
  try {
    const values = codecs.map((codec) => codec.read(reader));
    reader.end();
    return values;
  } catch {
    return undefined;
  }
}

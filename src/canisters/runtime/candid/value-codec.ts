/** What reads and writes the values of one Candid type: the part of a message behind its description of types. */
import { type CandidReader, type CandidWriter } from './candid-bytes';

/** Writes and reads the values of one type, without the type. */
export type ValueCodec = {
  /** @throws when the value is not of the type. */
  readonly write: (writer: CandidWriter, value: unknown) => void;
  /** @throws on bytes that are no value of the type, and on values this codec leaves to the library. */
  readonly read: (reader: CandidReader) => unknown;
  /** Some value of the type. */
  readonly sample: () => unknown;
};

/** What is thrown when a value, or its bytes, are not of the type with this name. */
export const notA = (name: string): Error => new Error(`expected a Candid ${name}`);

/** Codecs of the Candid types that are not made of others. Of numbers, only those that our messages hold. */
import { Principal } from '@dfinity/principal';
import { type ValueCodec, notA } from './value-codec';

const PRINCIPAL_IN_THE_CLEAR = 1;

export const nullValue: ValueCodec = {
  write: (_writer, value) => {
    if (value !== null) throw notA('null');
  },
  read: () => null,
  sample: () => null
};

export const bool: ValueCodec = {
  write: (writer, value) => {
    if (typeof value !== 'boolean') throw notA('bool');
    writer.byte(value ? 1 : 0);
  },
  read: (reader) => reader.flag(),
  sample: () => false
};

export const text: ValueCodec = {
  write: (writer, value) => {
    if (typeof value !== 'string') throw notA('text');
    writer.text(value);
  },
  read: (reader) => reader.text(),
  sample: () => ''
};

export const nat: ValueCodec = {
  write: (writer, value) => {
    if (typeof value !== 'bigint' || value < 0n) throw notA('nat');
    writer.nat(value);
  },
  read: (reader) => reader.nat(),
  sample: () => 0n
};

export const nat64: ValueCodec = {
  write: (writer, value) => {
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) throw notA('nat64');
    writer.nat64(value);
  },
  read: (reader) => reader.nat64(),
  sample: () => 0n
};

export const nat32: ValueCodec = {
  write: (writer, value) => {
    if (typeof value !== 'number' || value >>> 0 !== value) throw notA('nat32');
    writer.nat32(value);
  },
  read: (reader) => reader.nat32(),
  sample: () => 0
};

export const nat8: ValueCodec = {
  write: (writer, value) => {
    if (typeof value !== 'number' || (value & 0xff) !== value) throw notA('nat8');
    writer.byte(value);
  },
  read: (reader) => reader.byte(),
  sample: () => 0
};

export const blob: ValueCodec = {
  write: (writer, value) => {
    if (!(value instanceof Uint8Array)) throw notA('blob');
    writer.sized(value);
  },
  read: (reader) => reader.blob(),
  sample: () => new Uint8Array()
};

export const principal: ValueCodec = {
  write: (writer, value) => {
    if (!(value instanceof Principal)) throw notA('principal');
    writer.byte(PRINCIPAL_IN_THE_CLEAR);
    writer.sized(value.toUint8Array());
  },
  read: (reader) => {
    if (reader.byte() !== PRINCIPAL_IN_THE_CLEAR) throw notA('principal');
    return Principal.fromUint8Array(reader.blob());
  },
  sample: () => Principal.fromUint8Array(new Uint8Array())
};

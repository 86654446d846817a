/** Candid messages whose values are broken by someone who knows the format. */
import { IDL } from '@dfinity/candid';
import fc from 'fast-check';
import { concat } from '../../../../src/core/bytes';
import { valuesOf } from './candid-values';

type Fault = (values: Uint8Array) => Uint8Array;

/** Lengths at the ends of what fits in so many bits, lengths written too long, texts that are none, marks. */
const PIECES = [
  '00 01 02 7f 80 81 ff 8000 8100 808000 818000 ff7f 80808000 81808000 ffffff7f 8080808001 8080808000 ffffffff07 8080808008',
  'ffffffff0f 8080808010 ffffffffffffffffff01 80808080808080808002 efbbbf c080 eda080 edb080 f4908080 f09f9880 0100 011d 011e'
].flatMap((line) => line.split(' ').map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))));

const splice = (
  values: Uint8Array,
  [at, removed]: readonly [number, number],
  piece: Uint8Array
): Uint8Array =>
  concat(values.subarray(0, at), piece, values.subarray(Math.min(values.length, at + removed)));

/** The same number in more bytes, when the byte at `at` ends a number. */
const lengthen = (values: Uint8Array, at: number, zeros: number): Uint8Array =>
  splice(values, [at, 1], Uint8Array.from([(values[at] ?? 0) | 0x80, ...Array<number>(zeros).fill(0x80), 0]));

const places = fc.nat();
const pieces = fc.oneof(fc.constantFrom(...PIECES), fc.uint8Array({ minLength: 1, maxLength: 4 }));
const faults: fc.Arbitrary<Fault> = fc
  .tuple(
    places,
    fc.integer({ min: 0, max: 12 }),
    pieces,
    fc.constantFrom('replace', 'lengthen', 'copy', 'end')
  )
  .map(([place, size, piece, kind]) => (values) => {
    const at = place % (values.length + 1);
    switch (kind) {
      case 'replace':
        return splice(values, [at, Math.min(size, 3)], piece);
      case 'lengthen':
        return lengthen(values, at, size % 5);
      case 'copy':
        return splice(values, [at, 0], values.slice(at, at + size));
      case 'end':
        return concat(values.subarray(0, at), size === 0 ? piece : new Uint8Array());
    }
  });

/**
 * Messages of these types with one to three faults in their values. Their description of types is left alone: with
 * another one, the library may be told to make 2^28 values of no bytes.
 */
export const brokenMessages = (types: readonly IDL.Type[]): fc.Arbitrary<Uint8Array> =>
  fc.tuple(valuesOf(types), fc.array(faults, { minLength: 1, maxLength: 3 })).map(([sent, changes]) => {
    const message = IDL.encode([...types], sent);
    const values = concat(...types.map((type, place) => type.encodeValue(sent[place])));
    const header = message.subarray(0, message.length - values.length);
    return concat(
      header,
      changes.reduce((broken, fault) => fault(broken), values)
    );
  });

import { decode, encode } from '@dfinity/cbor';
import { hexToBytes } from '@noble/hashes/utils';
import fc from 'fast-check';
import { CborError, type CborValue, decodeCbor } from '../../../../src/local-ic/protocol/cbor-decoding';
import { type CborInput, encodeCbor } from '../../../../src/local-ic/protocol/cbor-encoding';

const decodeHex = (hex: string): CborValue => decodeCbor(hexToBytes(hex));

describe('decodeCbor', () => {
  // RFC 8949 appendix A.
  it.each<[string, CborValue]>([
    ['00', 0n],
    ['17', 23n],
    ['1818', 24n],
    ['1903e8', 1000n],
    ['1a000f4240', 1000000n],
    ['1b000000e8d4a51000', 1000000000000n],
    ['1bffffffffffffffff', 18446744073709551615n],
    ['c249010000000000000000', 18446744073709551616n],
    ['3bffffffffffffffff', -18446744073709551616n],
    ['c349010000000000000000', -18446744073709551617n],
    ['20', -1n],
    ['3903e7', -1000n],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['40', new Uint8Array(0)],
    ['4401020304', Uint8Array.of(1, 2, 3, 4)],
    ['60', ''],
    ['6449455446', 'IETF'],
    ['62c3bc', 'ü'],
    ['64f0908591', '\u{10151}'],
    ['80', []],
    ['8301820203820405', [1n, [2n, 3n], [4n, 5n]]],
    ['5f42010243030405ff', Uint8Array.of(1, 2, 3, 4, 5)],
    ['7f657374726561646d696e67ff', 'streaming'],
    ['9f018202039f0405ffff', [1n, [2n, 3n], [4n, 5n]]]
  ])('reads %s', (hex, value) => {
    expect(decodeHex(hex)).toEqual(value);
  });

  it('reads maps with text and integer keys, of definite and indefinite length', () => {
    expect(decodeHex('a201020304')).toEqual(
      new Map([
        [1n, 2n],
        [3n, 4n]
      ])
    );
    expect(decodeHex('bf61610161629f0203ffff')).toEqual(
      new Map<string, CborValue>([
        ['a', 1n],
        ['b', [2n, 3n]]
      ])
    );
  });

  it('reads the self-describing tag as nothing', () => {
    expect(decodeHex('d9d9f783010203')).toEqual([1n, 2n, 3n]);
  });

  it.each([
    ['nothing', ''],
    ['a half float', 'f93c00'],
    ['a single float', 'fa47c35000'],
    ['a double float', 'fb3ff199999999999a'],
    ['undefined', 'f7'],
    ['an unassigned simple value', 'f0'],
    ['a date tag', 'c11a514b67b0'],
    ['a bignum of text', 'c26161'],
    ['a duplicate text key', 'a2616101616102'],
    ['a duplicate integer key', 'a201020104'],
    ['a byte string key', 'a1416101'],
    ['trailing bytes', '0000'],
    ['a truncated head', '19'],
    ['a truncated string', '4401'],
    ['a string longer than the input', '5b7fffffffffffffff00'],
    ['an array longer than the input', '9b7fffffffffffffff00'],
    ['reserved additional information', '1c'],
    ['an integer of indefinite length', '1f'],
    ['a lone break', 'ff'],
    ['a text chunk in a byte string', '5f6161ff'],
    ['a nested indefinite chunk', '5f5f4101ffff'],
    ['an array without its break', '9f01'],
    ['text that is not UTF-8', '62fffe'],
    ['nesting of 34', `${'81'.repeat(34)}00`]
  ])('refuses %s', (_name, hex) => {
    expect(() => decodeHex(hex)).toThrow(CborError);
  });

  it('refuses more items than its limit, whatever they are', () => {
    const many = new Uint8Array(200_005).fill(0xf6);
    many.set([0x9a, 0x00, 0x03, 0x0d, 0x40]);
    expect(() => decodeCbor(many)).toThrow(CborError);
  });

  it('reads what @dfinity/cbor writes', () => {
    const value = fc.letrec((tie) => ({
      item: fc.oneof(
        { depthSize: 'small' },
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        fc.string(),
        fc.boolean(),
        fc.uint8Array(),
        fc.array(tie('item')),
        // As an array index a key would move to the front; ours are names.
        fc.dictionary(fc.stringMatching(/^[a-z_]{1,9}$/), tie('item'))
      )
    })).item;
    fc.assert(
      fc.property(value, (item) => {
        expect(decodeCbor(encode(item as never))).toEqual(toMaps(item));
      })
    );
  });

  it('answers any bytes with a value or a CborError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeCbor(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CborError);
        }
      }),
      { numRuns: 2000 }
    );
  });
});

function toMaps(item: unknown): unknown {
  if (Array.isArray(item)) return item.map(toMaps);
  if (typeof item !== 'object' || item === null || item instanceof Uint8Array) return item;
  return new Map(Object.entries(item).map(([key, value]) => [key, toMaps(value)]));
}

describe('encodeCbor', () => {
  it.each<[CborInput, string]>([
    [0, 'd9d9f700'],
    [23, 'd9d9f717'],
    [24, 'd9d9f71818'],
    [255, 'd9d9f718ff'],
    [256n, 'd9d9f7190100'],
    [65536n, 'd9d9f71a00010000'],
    [4294967296n, 'd9d9f71b0000000100000000'],
    [18446744073709551615n, 'd9d9f71bffffffffffffffff'],
    ['IETF', 'd9d9f76449455446'],
    [Uint8Array.of(1, 2), 'd9d9f7420102'],
    [[1, [2]], 'd9d9f782018102'],
    [{ a: true, b: undefined, c: null }, 'd9d9f7a26161f56163f6']
  ])('writes %p', (value, hex) => {
    expect(encodeCbor(value)).toEqual(hexToBytes(hex));
  });

  it('refuses negative integers and those of 2^64 and above', () => {
    expect(() => encodeCbor(-1)).toThrow(RangeError);
    expect(() => encodeCbor(1n << 64n)).toThrow(RangeError);
  });

  it('is read back by @dfinity/cbor', () => {
    const value = {
      status: 'replied',
      certificate: new Uint8Array(300).fill(9),
      list: [1, 70_000, 'ü'.repeat(40)]
    };
    expect(decode(encodeCbor(value))).toEqual(value);
  });
});

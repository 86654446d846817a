/** Byte strings and texts against Node's own. */
import fc from 'fast-check';
import { ByteReader, bytesKey, concat, decodeBigEndian, encodeBigEndian } from '../../../src/core/bytes';
import { decodeUtf8, encodeUtf8 } from '../../../src/core/log/utf8';
import { errorCode } from './error-code';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** A view of a larger array, as parts of messages are. */
const viewOf = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from([255, ...bytes, 255]).subarray(1, 1 + bytes.length);
const byteStrings = fc.uint8Array({ maxLength: 70 }).map(viewOf);

describe('big-endian integers', () => {
  it('are the hexadecimal digits of their bytes', () => {
    fc.assert(
      fc.property(byteStrings, (bytes) => {
        const integer = BigInt(`0x0${hexOf(bytes)}`);
        expect(decodeBigEndian(bytes)).toBe(integer);
        expect(hexOf(encodeBigEndian(integer, bytes.length))).toBe(hexOf(bytes));
      }),
      { numRuns: 1_000 }
    );
  });

  it.each([1, 7, 8, 9, 16, 32])('of %i bytes end at their power of 256', (length) => {
    const end = 256n ** BigInt(length);
    expect(hexOf(encodeBigEndian(end - 1n, length))).toBe('ff'.repeat(length));
    expect(errorCode(() => encodeBigEndian(end, length))).toBe('bytes/integer-range');
    expect(errorCode(() => encodeBigEndian(-1n, length))).toBe('bytes/integer-range');
  });
});

describe('ByteReader', () => {
  it('reads numbers of up to six bytes, and no byte twice', () => {
    const reader = new ByteReader(viewOf(Uint8Array.of(1, 2, 3, 255, 254, 253, 252, 251, 250, 9)), 'numbers');
    expect([reader.uint(1), reader.uint(2), reader.uint(6)]).toEqual([1, 0x0203, 0xfffefdfcfbfa]);
    expect(errorCode(() => reader.uint(2))).toBe('bytes/truncated');
    expect(errorCode(() => reader.end())).toBe('bytes/trailing');
    expect(reader.take(1)).toEqual(Uint8Array.of(9));
    expect(() => reader.end()).not.toThrow();
  });
});

describe('concat', () => {
  it('puts parts one after the other', () => {
    fc.assert(
      fc.property(fc.array(byteStrings), (parts) => {
        expect(hexOf(concat(...parts))).toBe(parts.map(hexOf).join(''));
      })
    );
  });
});

describe('bytesKey', () => {
  it('is the same for the same byte strings only', () => {
    const digits = fc.array(fc.uint8Array({ maxLength: 3, max: 0x3a, min: 0x30 }), { maxLength: 4 });
    fc.assert(
      fc.property(digits, digits, (left, right) => {
        const areSame =
          left.map(hexOf).join(' ') === right.map(hexOf).join(' ') && left.length === right.length;
        expect(bytesKey(...left) === bytesKey(...right)).toBe(areSame);
      }),
      { numRuns: 2_000 }
    );
  });
});

describe('UTF-8', () => {
  const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('\uFEFFmark'));

  it("is Node's", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(hexOf(encodeUtf8(text))).toBe(Buffer.from(text, 'utf8').toString('hex'));
        expect(decodeUtf8(encodeUtf8(text))).toBe(text);
      })
    );
  });

  it('reads long texts, and refuses what is not well-formed', () => {
    expect(decodeUtf8(new Uint8Array(300_000).fill(0x61))).toBe('a'.repeat(300_000));
    for (const malformed of [[0x80], [0xc0, 0x80], [0x61, 0xff], [0xed, 0xa0, 0x80], [0xe2, 0x82]])
      expect(errorCode(() => decodeUtf8(Uint8Array.from(malformed)))).toBe('log/text');
  });
});

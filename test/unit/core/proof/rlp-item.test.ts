import fc from 'fast-check';
import { type Hex, toHex as toPrefixedHex, toRlp } from 'viem';
import { concat, fromHex, toHex } from '../../../../src/core/bytes';
import { decodeRlpItem, decodeRlpList } from '../../../../src/core/proof/rlp-item';
import { errorCode } from '../error-code';

const string = fc.uint8Array({ maxLength: 300 });
type Tree = Hex | readonly Tree[];
const encode = (value: Tree): Uint8Array => toRlp(value as Parameters<typeof toRlp>[0], 'bytes');

describe('decodeRlpItem', () => {
  it("reads viem's strings", () => {
    fc.assert(
      fc.property(string, (bytes) => {
        const item = decodeRlpItem(encode(toPrefixedHex(bytes)));
        expect([item.kind, toHex(item.payload)]).toEqual(['string', toHex(bytes)]);
      })
    );
  });

  it('reads a string of more than 64 KiB', () => {
    const bytes = new Uint8Array(70_000).fill(7);
    expect(decodeRlpItem(encode(toPrefixedHex(bytes))).payload).toHaveLength(70_000);
  });

  const refusals: [string, string][] = [
    ['nothing', ''],
    ['a string that ends early', '83aabb'],
    ['a byte behind the item', '8000'],
    ['a byte below 0x80 behind a prefix', '817f'],
    ['a short string with a long length', `b801${'ff'}`],
    ['a long length with a leading zero', `b90038${'ff'.repeat(56)}`],
    ['a long length that ends early', 'b9'],
    ['a length of four bytes', `bb01000000${'ff'.repeat(60)}`],
    ['a length of eight bytes', 'bfffffffffffffffff'],
    ['a short list with a long length', `f801${'80'}`],
    ['a list that ends early', 'c28080'.slice(0, 4)]
  ];
  it.each(refusals)('refuses %s', (_name, hex) => {
    expect(errorCode(() => decodeRlpItem(fromHex(hex)))).toBe('rlp/malformed');
  });

  it('has one encoding for every item: what is read is what viem writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 70 }), (bytes) => {
        let payload: Uint8Array | undefined;
        const code = errorCode(() => {
          const item = decodeRlpItem(bytes);
          if (item.kind === 'string') payload = item.payload;
        });
        if (payload === undefined) expect([undefined, 'rlp/malformed']).toContain(code);
        else expect(toHex(encode(toPrefixedHex(payload)))).toBe(toHex(bytes));
      }),
      { numRuns: 2000 }
    );
  });
});

describe('decodeRlpList', () => {
  it("reads viem's lists, nested lists left encoded", () => {
    const nested = fc.array(
      string.map((bytes) => toPrefixedHex(bytes)),
      { maxLength: 4 }
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            string.map((bytes) => toPrefixedHex(bytes)),
            nested
          ),
          { maxLength: 20 }
        ),
        (list) => {
          const items = decodeRlpList(encode(list));
          expect(items.map((item) => toHex(item.raw))).toEqual(list.map((item) => toHex(encode(item))));
          expect(items.map((item) => item.kind)).toEqual(
            list.map((item) => (Array.isArray(item) ? 'list' : 'string'))
          );
        }
      )
    );
  });

  it('refuses strings, more than 32 items and items beyond the end', () => {
    expect(errorCode(() => decodeRlpList(fromHex('80')))).toBe('rlp/malformed');
    expect(errorCode(() => decodeRlpList(concat(fromHex('e1'), new Uint8Array(33))))).toBe('rlp/malformed');
    expect(errorCode(() => decodeRlpList(fromHex('c283aa')))).toBe('rlp/malformed');
  });

  it('reads lists nested to any depth without recursion', () => {
    const prefixes = Array.from({ length: 100_000 }, () => 0xc1);
    expect(errorCode(() => decodeRlpList(Uint8Array.from([...prefixes, 0xc0])))).toBe('rlp/malformed');
    expect(decodeRlpList(encode(deepList(200)))).toHaveLength(1);
  });
});

const deepList = (depth: number): Tree => Array.from({ length: depth }).reduce<Tree>((inner) => [inner], []);

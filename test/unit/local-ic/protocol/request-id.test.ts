import { requestIdOf } from '@dfinity/agent';
import { encode } from '@dfinity/cbor';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils';
import fc from 'fast-check';
import { type CborMap, type CborValue, decodeCbor } from '../../../../src/local-ic/protocol/cbor-decoding';
import { hashOfMap } from '../../../../src/local-ic/protocol/request-id';

/** Interface specification, "Request ids". */
const SPEC_EXAMPLE = new Map<string, CborValue>([
  ['request_type', 'call'],
  ['sender', Uint8Array.of(4)],
  ['ingress_expiry', 1685570400000000000n],
  ['canister_id', hexToBytes('00000000000004D2')],
  ['method_name', 'hello'],
  ['arg', hexToBytes('4449444c00fd2a')]
]);

describe('hashOfMap', () => {
  it("equals the specification's example", () => {
    expect(bytesToHex(hashOfMap(SPEC_EXAMPLE))).toBe(
      '1d1091364d6bb8a6c16b203ee75467d59ead468f523eb058880ae8ec80e2b101'
    );
  });

  it('does not depend on the order of fields', () => {
    expect(hashOfMap(new Map([...SPEC_EXAMPLE].reverse()))).toEqual(hashOfMap(SPEC_EXAMPLE));
  });

  it.each([...SPEC_EXAMPLE.keys()])('depends on %s', (field) => {
    const changed = new Map(SPEC_EXAMPLE).set(field, 'changed');
    const without = new Map([...SPEC_EXAMPLE].filter(([key]) => key !== field));
    expect(bytesToHex(hashOfMap(changed))).not.toBe(bytesToHex(hashOfMap(SPEC_EXAMPLE)));
    expect(bytesToHex(hashOfMap(without))).not.toBe(bytesToHex(hashOfMap(SPEC_EXAMPLE)));
  });

  it('equals requestIdOf of @dfinity/agent for any content', () => {
    const leaf = fc.oneof(fc.string(), fc.uint8Array(), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
    const value = fc.oneof(leaf, fc.array(fc.array(fc.uint8Array())), fc.array(leaf));
    const content = fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), value, {
      minKeys: 1,
      noNullPrototype: true
    });
    fc.assert(
      fc.property(content, (fields) => {
        const decoded = decodeCbor(encode(fields as never)) as CborMap;
        expect(hashOfMap(decoded)).toEqual(Uint8Array.from(requestIdOf(fields)));
      })
    );
  });

  it.each<[string, CborValue]>([
    ['a negative integer', -1n],
    ['a boolean', true],
    ['null', null],
    ['an array that holds one', [null]]
  ])('refuses %s', (_name, value) => {
    expect(() => hashOfMap(new Map([['field', value]]))).toThrow(TypeError);
  });

  it('refuses an integer key', () => {
    expect(() => hashOfMap(new Map([[1n, 'x']]))).toThrow(TypeError);
  });
});

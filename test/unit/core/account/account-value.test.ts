import fc from 'fast-check';
import {
  type AccountValue,
  decodeAccountValue,
  encodeAccountValue,
  hashAccountValue
} from '../../../../src/core/account/account-value';
import { bytes32, hex32 } from '../../../../src/core/bytes';
import { errorCode } from '../error-code';
import { referenceAccountValue, referenceValueRef } from '../proof/reference-transfer';

const VALUE: AccountValue = {
  owner: Uint8Array.of(9, 9),
  domainId: hex32('11'.repeat(32)),
  holdingsDigest: hex32('22'.repeat(32)),
  intentDigest: hex32('33'.repeat(32)),
  passportDigest: hex32('44'.repeat(32))
};

const arbitraryDigest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => bytes32(bytes, 'digest'));
const arbitraryValue: fc.Arbitrary<AccountValue> = fc.record({
  owner: fc.uint8Array({ minLength: 1, maxLength: 29 }),
  domainId: arbitraryDigest,
  holdingsDigest: arbitraryDigest,
  intentDigest: arbitraryDigest,
  passportDigest: arbitraryDigest
});

describe('encodeAccountValue and decodeAccountValue', () => {
  it('lay the value out as the protocol says', () => {
    const hex = Buffer.from(encodeAccountValue(VALUE)).toString('hex');

    expect(hex).toBe(`01${'020909'}${'11'.repeat(32)}${'22'.repeat(32)}${'33'.repeat(32)}${'44'.repeat(32)}`);
  });

  it('go there and back', () => {
    fc.assert(
      fc.property(arbitraryValue, (value) => {
        expect(encodeAccountValue(value)).toEqual(referenceAccountValue(value));
        expect(decodeAccountValue(referenceAccountValue(value))).toEqual(value);
      })
    );
  });

  it.each([
    ['another version', [2], 'account-value/version'],
    ['an owner without bytes', [1, 0], 'principal/length'],
    ['an owner of 30 bytes', [1, 30], 'principal/length'],
    ['nothing', [], 'bytes/truncated'],
    ['a byte too few', [...encodeAccountValue(VALUE).slice(0, -1)], 'bytes/truncated'],
    ['a byte too many', [...encodeAccountValue(VALUE), 0], 'bytes/trailing']
  ])('refuse %s', (_, bytes, code) => {
    expect(errorCode(() => decodeAccountValue(Uint8Array.from(bytes)))).toBe(code);
  });

  it('refuse to encode an owner without bytes', () => {
    expect(errorCode(() => encodeAccountValue({ ...VALUE, owner: new Uint8Array(0) }))).toBe(
      'principal/length'
    );
  });
});

describe('hashAccountValue', () => {
  it('is the tagged hash of the encoded value', () => {
    expect(hashAccountValue(encodeAccountValue(VALUE))).toEqual(
      referenceValueRef(referenceAccountValue(VALUE))
    );
  });
});

import { secp256k1 } from '@noble/curves/secp256k1';
import fc from 'fast-check';
import { checksumAddress, toHex as toPrefixedHex } from 'viem';
import { publicKeyToAddress } from 'viem/accounts';
import { address, toHex } from '../../../../src/core/bytes';
import { deriveEvmAddress, formatEvmAddress, parseEvmAddress } from '../../../../src/core/keys/evm-address';
import { errorCode } from '../error-code';

const bytes20 = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => address(bytes, 'address'));

describe('deriveEvmAddress', () => {
  it('equals viem on any key, in both encodings', () => {
    const secret = fc.bigInt({ min: 1n, max: secp256k1.Point.Fn.ORDER - 1n });
    fc.assert(
      fc.property(secret, (scalar) => {
        const key = secp256k1.Point.BASE.multiply(scalar);
        const expected = publicKeyToAddress(toPrefixedHex(key.toBytes(false)));

        expect(formatEvmAddress(deriveEvmAddress(key.toBytes(true)))).toBe(expected);
        expect(formatEvmAddress(deriveEvmAddress(key.toBytes(false)))).toBe(expected);
      }),
      { numRuns: 20 }
    );
  });

  it('refuses what is no public key', () => {
    expect(errorCode(() => deriveEvmAddress(new Uint8Array(33)))).toBe('crypto/public-key');
  });
});

describe('formatEvmAddress', () => {
  it('equals viem on any address', () => {
    fc.assert(
      fc.property(bytes20, (value) => {
        expect(formatEvmAddress(value)).toBe(checksumAddress(toPrefixedHex(value)));
      })
    );
  });
});

/** From EIP-55. */
const EIP_55 = [
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb'
];

describe('parseEvmAddress', () => {
  it.each(EIP_55)('takes %s, also in one case', (text) => {
    expect(formatEvmAddress(parseEvmAddress(text))).toBe(text);
    expect(formatEvmAddress(parseEvmAddress(text.toLowerCase()))).toBe(text);
    expect(formatEvmAddress(parseEvmAddress(`0x${text.slice(2).toUpperCase()}`))).toBe(text);
  });

  it('refuses a checksum with one letter in the other case', () => {
    const text = EIP_55[2] ?? '';
    const flipped = text.replace('aA', 'AA');
    expect(errorCode(() => parseEvmAddress(flipped))).toBe('address/checksum');
  });

  it('refuses other lengths, other characters and a missing prefix', () => {
    const digits = '52908400098527886e0f7030069857d2e4169ee7';
    for (const text of [
      '',
      digits,
      `0x${digits}0`,
      `0x${digits.slice(1)}`,
      `0x${digits.slice(1)}g`,
      ` 0x${digits}`
    ])
      expect(errorCode(() => parseEvmAddress(text))).toBe('address/format');
  });

  it('is undone by formatting', () => {
    fc.assert(
      fc.property(bytes20, (value) => {
        expect(toHex(parseEvmAddress(formatEvmAddress(value)))).toBe(toHex(value));
      })
    );
  });
});

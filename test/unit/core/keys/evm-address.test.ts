import { secp256k1 } from '@noble/curves/secp256k1';
import fc from 'fast-check';
import { toHex as toPrefixedHex } from 'viem';
import { publicKeyToAddress } from 'viem/accounts';
import { deriveEvmAddress } from '../../../../src/core/keys/evm-address';
import { errorCode } from '../error-code';

describe('deriveEvmAddress', () => {
  it('equals viem on any key, in both encodings', () => {
    const secret = fc.bigInt({ min: 1n, max: secp256k1.Point.Fn.ORDER - 1n });
    fc.assert(
      fc.property(secret, (scalar) => {
        const key = secp256k1.Point.BASE.multiply(scalar);
        const expected = publicKeyToAddress(toPrefixedHex(key.toBytes(false))).toLowerCase();

        expect(toPrefixedHex(deriveEvmAddress(key.toBytes(true)))).toBe(expected);
        expect(toPrefixedHex(deriveEvmAddress(key.toBytes(false)))).toBe(expected);
      }),
      { numRuns: 20 }
    );
  });

  it('refuses what is no public key', () => {
    expect(errorCode(() => deriveEvmAddress(new Uint8Array(33)))).toBe('crypto/public-key');
  });
});

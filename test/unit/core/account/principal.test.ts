import { Principal } from '@dfinity/principal';
import fc from 'fast-check';
import {
  ANONYMOUS_PRINCIPAL,
  encodePrincipal,
  isAnonymous,
  isSelfAuthenticating,
  principalOfPublicKey,
  readPrincipal
} from '../../../../src/core/account/principal';
import { compareBytes, ByteReader } from '../../../../src/core/bytes';
import { errorCode } from '../error-code';
import { ed25519Party, secp256k1Party } from '../proof/reference-transfer';

const bytesOf = (text: string): Uint8Array => Principal.fromText(text).toUint8Array();
const MANAGEMENT = bytesOf('aaaaa-aa');
const LEDGER = bytesOf('ryjl3-tyaaa-aaaaa-aaaba-cai');

describe('principalOfPublicKey', () => {
  it.each([ed25519Party('a'), secp256k1Party('b')])(
    'is the one that the agent derives',
    ({ publicKeyDer }) => {
      expect(principalOfPublicKey(publicKeyDer)).toEqual(
        Principal.selfAuthenticating(publicKeyDer).toUint8Array()
      );
    }
  );
});

describe('isSelfAuthenticating', () => {
  it('holds for principals of keys alone', () => {
    const principal = principalOfPublicKey(ed25519Party('a').publicKeyDer);

    expect(isSelfAuthenticating(principal)).toBe(true);
    expect([MANAGEMENT, LEDGER, ANONYMOUS_PRINCIPAL, principal.slice(1)].map(isSelfAuthenticating)).toEqual([
      false,
      false,
      false,
      false
    ]);
    expect(isSelfAuthenticating(Uint8Array.from([...principal.slice(0, 28), 4]))).toBe(false);
  });
});

describe('isAnonymous', () => {
  it('holds for the anonymous principal alone', () => {
    expect(isAnonymous(Principal.anonymous().toUint8Array())).toBe(true);
    expect([MANAGEMENT, LEDGER, Uint8Array.of(4, 4), Uint8Array.of(2)].some(isAnonymous)).toBe(false);
  });
});

describe('compareBytes', () => {
  it('orders as their hexadecimal text does', () => {
    const principal = fc.uint8Array({ maxLength: 29 });
    fc.assert(
      fc.property(principal, principal, (a, b) => {
        const [left, right] = [Buffer.from(a).toString('hex'), Buffer.from(b).toString('hex')];

        expect(Math.sign(compareBytes(a, b))).toBe(left < right ? -1 : left > right ? 1 : 0);
      })
    );
  });
});

describe('encodePrincipal and readPrincipal', () => {
  it('write the length before the bytes, and read it back', () => {
    const encoded = encodePrincipal(LEDGER);
    const reader = new ByteReader(encoded, 'principal');

    expect(encoded).toEqual(Uint8Array.from([LEDGER.length, ...LEDGER]));
    expect(readPrincipal(reader)).toEqual(LEDGER);
    expect(errorCode(() => reader.end())).toBeUndefined();
  });

  it.each([0, 30])('refuse %p bytes', (length) => {
    const encoded = Uint8Array.from([length, ...new Uint8Array(length)]);

    expect(errorCode(() => encodePrincipal(new Uint8Array(length)))).toBe('principal/length');
    expect(errorCode(() => readPrincipal(new ByteReader(encoded, 'principal')))).toBe('principal/length');
  });
});

import { Principal } from '@dfinity/principal';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils';
import {
  accountIdentifier,
  accountOf,
  checkedAccountIdentifier,
  icrcAccountKey,
  subaccountOfPrincipal
} from '../../../../src/local-ic/system-canisters/account';

const CMC = Principal.fromText('rkp4c-7iaaa-aaaaa-aaaca-cai');

/** As `icp identity account-id --of-principal P [--of-subaccount 0102]` of icp 1.5.0 prints them. */
const VECTORS: readonly (readonly [string, Principal, Uint8Array | undefined])[] = [
  ['1c7a48ba6a562aa9eaa2481a9049cdf0433b9738c992d698c31d8abf89cadc79', Principal.anonymous(), undefined],
  [
    'be570317c1784274632830118f75af1eeea63772cdfb31c13c832a6f526c5cd3',
    CMC,
    Uint8Array.from([...new Uint8Array(30), 1, 2])
  ]
];

describe('accountIdentifier', () => {
  it.each(VECTORS)('gives %s', (expected, owner, subaccount) => {
    expect(bytesToHex(accountIdentifier(accountOf(owner, subaccount ? [subaccount] : [])))).toBe(expected);
  });

  it('knows no difference between no subaccount and zeros', () => {
    expect(accountIdentifier(accountOf(CMC, [new Uint8Array(32)]))).toEqual(
      accountIdentifier(accountOf(CMC))
    );
  });

  it('refuses a subaccount of 31 bytes', () => {
    expect(() => accountIdentifier(accountOf(CMC, [new Uint8Array(31)]))).toThrow(/32 bytes, got 31/);
  });
});

describe('checkedAccountIdentifier', () => {
  const identifier = hexToBytes(VECTORS[0]?.[0] ?? '');

  it('takes one whose checksum is right', () => {
    expect(checkedAccountIdentifier(identifier)).toEqual(identifier);
  });

  it.each([0, 3, 4, 31])('refuses one with a bit of byte %i flipped', (index) => {
    const broken = identifier.slice();
    broken[index] = (broken[index] ?? 0) ^ 1;
    expect(() => checkedAccountIdentifier(broken)).toThrow(/checksum/);
  });

  it('refuses one without its checksum', () => {
    expect(() => checkedAccountIdentifier(identifier.subarray(4))).toThrow(/32 bytes, got 28/);
  });
});

describe('icrcAccountKey', () => {
  it('differs for each owner and subaccount', () => {
    const one = Uint8Array.from([...new Uint8Array(31), 1]);
    const keys = [accountOf(CMC), accountOf(CMC, [one]), accountOf(Principal.anonymous())].map(
      icrcAccountKey
    );
    expect(new Set(keys).size).toBe(3);
  });
});

it('makes a subaccount of a principal: length, bytes, zeros', () => {
  expect(bytesToHex(subaccountOfPrincipal(CMC))).toBe(
    `0a${bytesToHex(CMC.toUint8Array())}${'00'.repeat(21)}`
  );
});

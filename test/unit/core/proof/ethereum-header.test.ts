import fc from 'fast-check';
import { type Hex, keccak256, pad, toHex as toPrefixedHex, toRlp } from 'viem';
import { concat, toHex } from '../../../../src/core/bytes';
import { MAX_HEADER_BYTES, decodeHeader } from '../../../../src/core/proof/ethereum-header';
import { errorCode } from '../error-code';
import { encodeHeader } from './synthetic-adapter';

const ZERO_32 = pad('0x', { size: 32 });
const EMPTY_TRIE = keccak256('0x80');
/** The genesis block of Ethereum's mainnet. */
const GENESIS: readonly Hex[] = [
  ...[ZERO_32, keccak256('0xc0'), pad('0x', { size: 20 })],
  '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544',
  ...[EMPTY_TRIE, EMPTY_TRIE, pad('0x', { size: 256 })],
  ...(['0x0400000000', '0x', '0x1388', '0x', '0x'] as const),
  '0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
  ...[ZERO_32, '0x0000000000000042' as const]
];

describe('decodeHeader', () => {
  it("reads the mainnet's genesis block, hash and state root", () => {
    const header = decodeHeader(toRlp(GENESIS, 'bytes'));

    expect(toHex(header.hash)).toBe('d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3');
    expect(toHex(header.stateRoot)).toBe('d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544');
    expect([header.number, header.timestamp]).toEqual([0n, 0n]);
  });

  it('reads what the protocol needs, with 15 to 24 fields', () => {
    for (const count of [21, 22, 23, 24]) {
      const appended = Object.fromEntries(
        Array.from({ length: count - 21 }, (_, index) => [21 + index, ZERO_32])
      );
      const header = decodeHeader(encodeHeader(appended));
      expect([header.number, header.timestamp]).toEqual([256n, 1_700_000_000n]);
      expect(toHex(header.parentHash)).toBe('01'.padStart(64, '0'));
      expect(toHex(header.stateRoot)).toBe('04'.padStart(64, '0'));
    }
  });

  it('is refused, or has another hash, with any one bit flipped', () => {
    const rlp = encodeHeader({});
    const { hash } = decodeHeader(rlp);
    fc.assert(
      fc.property(fc.nat(rlp.length - 1), fc.nat(7), (index, bit) => {
        const flipped = rlp.with(index, (rlp[index] ?? 0) ^ (1 << bit));
        let other: string | undefined;
        const code = errorCode(() => (other = toHex(decodeHeader(flipped).hash)));
        if (other === undefined) expect(code).toMatch(/^header\//);
        else expect(other).not.toBe(toHex(hash));
      }),
      { numRuns: 500 }
    );
  });

  const refusals: [string, string, Uint8Array][] = [
    ['14 fields', 'header/fields', toRlp(GENESIS.slice(0, 14), 'bytes')],
    ['25 fields', 'header/fields', encodeHeader({ 21: '0x', 22: '0x', 23: '0x', 24: '0x' })],
    ['no list', 'header/rlp', toRlp('0x1234', 'bytes')],
    ['no bytes', 'header/rlp', new Uint8Array()],
    ['a byte behind it', 'header/rlp', concat(encodeHeader({}), Uint8Array.of(0))],
    [
      'more than 2 KiB',
      'header/too-large',
      encodeHeader({ 12: toPrefixedHex(new Uint8Array(MAX_HEADER_BYTES)) })
    ],
    ['a parent hash of 31 bytes', 'header/field-size', encodeHeader({ 0: pad('0x01', { size: 31 }) })],
    ['a state root of 33 bytes', 'header/field-size', encodeHeader({ 3: pad('0x01', { size: 33 }) })],
    ['a beneficiary of 21 bytes', 'header/field-size', encodeHeader({ 2: pad('0x01', { size: 21 }) })],
    ['a bloom of 255 bytes', 'header/field-size', encodeHeader({ 6: pad('0x01', { size: 255 }) })],
    ['a number of 9 bytes', 'header/field-size', encodeHeader({ 8: `0x${'11'.repeat(9)}` })],
    ['a timestamp of 9 bytes', 'header/field-size', encodeHeader({ 11: `0x${'11'.repeat(9)}` })],
    ['a nonce of 7 bytes', 'header/field-size', encodeHeader({ 14: pad('0x01', { size: 7 }) })],
    ['an appended field of 33 bytes', 'header/field-size', encodeHeader({ 19: pad('0x01', { size: 33 }) })],
    ['a number with a leading zero', 'header/integer', encodeHeader({ 8: '0x0001' })],
    ['a timestamp with a leading zero', 'header/integer', encodeHeader({ 11: '0x00' })],
    [
      'a list among the fields',
      'header/field-size',
      toRlp([...GENESIS.slice(0, 12), ['0x01'], ...GENESIS.slice(13)], 'bytes')
    ]
  ];
  it.each(refusals)('refuses %s: %s', (_name, code, rlp) => {
    expect(errorCode(() => decodeHeader(rlp))).toBe(code);
  });
});

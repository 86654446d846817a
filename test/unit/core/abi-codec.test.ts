import { encodeAbiParameters } from 'viem';
import {
  AbiReader,
  dynamicPart,
  encodeBytes,
  encodeList,
  encodeTuple,
  encodeUint,
  staticPart
} from '../../../src/core/abi-codec';
import { concat, encodeBigEndian, fromHex, toHex } from '../../../src/core/bytes';
import { errorCode } from './error-code';

const word = (value: number): Uint8Array => encodeBigEndian(BigInt(value), 32);

describe('the encoders', () => {
  it('agree with viem on nested lists', () => {
    const ours = encodeTuple([
      staticPart(encodeUint(7)),
      dynamicPart(
        encodeList([dynamicPart(encodeBytes(fromHex('aabb'))), dynamicPart(encodeBytes(new Uint8Array(33)))])
      ),
      staticPart(concat(encodeUint(1n), encodeUint(2n))),
      dynamicPart(encodeList([staticPart(encodeUint(3)), staticPart(encodeUint(4))])),
      dynamicPart(encodeBytes(new Uint8Array(0)))
    ]);
    const theirs = encodeAbiParameters(
      [
        { type: 'uint256' },
        { type: 'bytes[]' },
        { type: 'uint256[2]' },
        { type: 'uint256[]' },
        { type: 'bytes' }
      ],
      [7n, ['0xaabb', `0x${'00'.repeat(33)}`], [1n, 2n], [3n, 4n], '0x']
    );
    expect(`0x${toHex(ours)}`).toBe(theirs);
  });

  it('refuse negative integers', () => {
    expect(errorCode(() => encodeUint(-1))).toBe('bytes/integer-range');
  });
});

describe('AbiReader', () => {
  it('reads what another library wrote', () => {
    const reader = AbiReader.over(
      fromHex(encodeAbiParameters([{ type: 'uint256' }, { type: 'bytes[]' }], [7n, ['0xaabb', '0x']]))
    );
    expect(reader.uint(7)).toBe(7);
    expect(reader.list((elements) => toHex(elements.bytes()))).toEqual(['aabb', '']);
  });

  it('refuses an integer above the bound', () => {
    expect(errorCode(() => AbiReader.over(word(8)).uint(7))).toBe('abi/integer-range');
    expect(errorCode(() => AbiReader.over(new Uint8Array(32).fill(255)).uint(7))).toBe('abi/integer-range');
  });

  it.each([
    ['a word', new Uint8Array(31), (reader: AbiReader): unknown => reader.word(), 'abi/truncated'],
    [
      'an offset',
      concat(word(65), word(0)),
      (reader: AbiReader): unknown => reader.bytes(),
      'abi/integer-range'
    ],
    ['a length', concat(word(32), word(33)), (reader: AbiReader): unknown => reader.bytes(), 'abi/truncated'],
    [
      'a length beyond any input',
      concat(word(32), new Uint8Array(32).fill(255)),
      (reader: AbiReader): unknown => reader.bytes(),
      'abi/integer-range'
    ],
    [
      'a count',
      concat(word(32), word(2), word(0)),
      (reader: AbiReader): unknown => reader.list((elements) => elements.word()),
      'abi/integer-range'
    ]
  ])('refuses %s past the end', (_, input, read, code) => {
    expect(errorCode(() => read(AbiReader.over(input)))).toBe(code);
  });

  it('refuses lists whose elements share one tail', () => {
    const count = 20;
    const blob = encodeBytes(new Uint8Array(320));
    const offsets = Array.from({ length: count }, () => word(32 * count));
    const input = concat(word(32), word(count), ...offsets, blob);
    expect(errorCode(() => AbiReader.over(input).list((elements) => elements.bytes()))).toBe('abi/budget');
  });

  it('accepts tails in another order, as a contract does', () => {
    const [first, second] = [encodeBytes(fromHex('aa')), encodeBytes(fromHex('bb'))];
    const reader = AbiReader.over(concat(word(64 + second.length), word(64), second, first));
    expect([toHex(reader.bytes()), toHex(reader.bytes())]).toEqual(['aa', 'bb']);
  });
});

import { LedgerRecord } from '../../../../src/local-ic/system-canisters/ledger-record';
import { type Block, NO_NOTES } from '../../../../src/local-ic/system-canisters/token-ledger';

const REST = Uint8Array.of(7, 8);
const block = (amount: bigint): Block => ({
  ...NO_NOTES,
  operation: { Mint: { to: 'somebody', amount } },
  timestamp: 5n
});

describe('LedgerRecord', () => {
  it('gives back what it was given, also from within a longer buffer', () => {
    const blocks = Array.from({ length: 200 }, (_, index) => block(2n ** BigInt(index)));
    const record = new LedgerRecord().encode(blocks, () => REST);
    const within = Buffer.from([1, 2, ...record, 3]).subarray(2, 2 + record.length);

    const { blocks: restored, rest } = new LedgerRecord().decode(within);

    expect(restored).toEqual(blocks);
    expect(new Uint8Array(rest)).toEqual(REST);
  });

  it('is the same whether blocks came one by one, at once or after a restart', () => {
    const blocks = [block(1n), block(2n), block(3n)];
    const atOnce = new LedgerRecord().encode(blocks, () => REST);
    const oneByOne = new LedgerRecord();
    for (let count = 0; count <= blocks.length; count += 1)
      oneByOne.encode(blocks.slice(0, count), () => REST);
    const restarted = new LedgerRecord();
    restarted.decode(new LedgerRecord().encode(blocks.slice(0, 2), () => REST));

    expect(oneByOne.encode(blocks, () => REST)).toEqual(atOnce);
    expect(restarted.encode(blocks, () => REST)).toEqual(atOnce);
  });

  it('refuses a record that ends early, wherever', () => {
    const record = new LedgerRecord().encode([block(1n)], () => REST);
    for (let length = 0; length < record.length; length += 1) {
      expect(() => new LedgerRecord().decode(record.subarray(0, length))).toThrow();
    }
  });

  it('refuses a record of another version', () => {
    const record = new LedgerRecord().encode([], () => REST);
    record[0] = 2;
    expect(() => new LedgerRecord().decode(record)).toThrow(/version 1, got 2/);
  });
});

import { type HashTree, LookupPathStatus, lookup_path, reconstruct } from '@dfinity/agent';
import { decode } from '@dfinity/cbor';
import { lebDecode, PipeArrayBuffer } from '@dfinity/candid';
import fc from 'fast-check';
import { bytes32, toHex } from '../../../../src/core/bytes';
import { type LogTip, encodeTipTree, hashTipTree } from '../../../../src/core/log/certified-tip';
import { errorCode } from '../error-code';

const tip: fc.Arbitrary<LogTip> = fc.record({
  lastBlockHash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes32(bytes, 'hash')),
  lastBlockIndex: fc.bigInt({ min: 0n, max: 2n ** 64n })
});
const readTree = (encoded: Uint8Array): HashTree => decode<HashTree>(encoded);

function lookup(tree: HashTree, label: string): Uint8Array {
  const result = lookup_path([label], tree);
  if (result.status !== LookupPathStatus.Found) throw new Error(`${label}: ${result.status}`);
  return result.value;
}

describe('encodeTipTree', () => {
  it('is a tree in which the agent library finds the tip', () => {
    fc.assert(
      fc.property(tip, (candidate) => {
        const tree = readTree(encodeTipTree(candidate));

        expect(toHex(lookup(tree, 'last_block_hash'))).toBe(toHex(candidate.lastBlockHash));
        const index = lebDecode(new PipeArrayBuffer(lookup(tree, 'last_block_index')));
        expect(index).toBe(candidate.lastBlockIndex);
        expect(lookup_path(['last_block_other'], tree).status).toBe(LookupPathStatus.Absent);
      }),
      { numRuns: 50 }
    );
  });

  it('refuses an index that is no natural number', () => {
    const lastBlockHash = bytes32(new Uint8Array(32), 'hash');
    expect(errorCode(() => encodeTipTree({ lastBlockHash, lastBlockIndex: -1n }))).toBe('log/negative-nat');
  });
});

describe('hashTipTree', () => {
  it('is the root hash that the agent library reconstructs from the tree', async () => {
    await fc.assert(
      fc.asyncProperty(tip, async (candidate) => {
        const root = await reconstruct(readTree(encodeTipTree(candidate)));
        expect(toHex(hashTipTree(candidate))).toBe(toHex(new Uint8Array(root)));
      }),
      { numRuns: 50 }
    );
  });
});

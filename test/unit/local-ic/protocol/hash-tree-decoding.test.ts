import { Cbor, lookup_path, LookupPathStatus, type HashTree as AgentTree } from '@dfinity/agent';
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils';
import fc from 'fast-check';
import { decodeCbor } from '../../../../src/local-ic/protocol/cbor-decoding';
import { encodeCbor } from '../../../../src/local-ic/protocol/cbor-encoding';
import { hashTreeToWire, leaf } from '../../../../src/local-ic/protocol/hash-tree';
import {
  hashTreeFromWire,
  HashTreeError,
  isWellFormed,
  leafValues,
  lookupPath
} from '../../../../src/local-ic/protocol/hash-tree-decoding';
import { buildLevel } from '../../../../src/local-ic/protocol/label-map';
import { createWitness } from '../../../../src/local-ic/protocol/witness';

/** The pruned example of the interface specification, "Certification". */
const SPEC_PRUNED =
  '83018301830241618301820458201b4feff9bef8131788b0c9dc6dbad6e81e524249c879e9f10f71ce3749f5a63883024179820345776f726c6483024162820458207b32ac0c6ba8ce35ac82c255fc7906f7fc130dab2a090f80fe12f9c2cae83ba6830182045820ec8324b8a1f1ac16bd2e806edba78006479c9877fed4eb464a25485465af601d830241648203476d6f726e696e67';

const pathOf = (...labels: readonly string[]): readonly Uint8Array[] => labels.map(utf8ToBytes);

describe("the specification's pruned example", () => {
  const tree = hashTreeFromWire(decodeCbor(hexToBytes(SPEC_PRUNED)));

  it('has the root hash of the whole', () => {
    expect(Buffer.from(tree.hash).toString('hex')).toBe(
      'eb5c5b2195e62d996b84c9bcc8259d19a83786a2f59e0878cec84c811f669aa0'
    );
    expect(isWellFormed(tree)).toBe(true);
  });

  it.each([
    [['a', 'a'], 'unknown'],
    [['a', 'y'], 'found'],
    [['aa'], 'absent'],
    [['ax'], 'absent'],
    [['b'], 'unknown'],
    [['bb'], 'unknown'],
    [['d'], 'found'],
    [['e'], 'absent'],
    [['a'], 'error'],
    [[], 'error']
  ])('says of %j: %s', (path, status) => {
    expect(lookupPath(tree, pathOf(...path)).status).toBe(status);
  });

  it('shows two values', () => {
    expect(leafValues(tree)).toEqual(pathOf('world', 'morning'));
  });
});

it('looks up what @dfinity/agent does in any witness', () => {
  // Of one length: the agent takes a label for smaller than its own prefix.
  const label = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
  const labels = fc.uniqueArray(label, { maxLength: 7 });
  fc.assert(
    fc.property(labels, labels, label, (present, shown, asked) => {
      const whole = buildLevel(present.map((name) => [utf8ToBytes(name), leaf(utf8ToBytes(name))]));
      const bytes = encodeCbor(
        hashTreeToWire(
          createWitness(
            whole,
            shown.map((name) => pathOf(name))
          )
        )
      );
      const { status } = lookupPath(hashTreeFromWire(decodeCbor(bytes)), pathOf(asked));
      const agentStatus = lookup_path([asked], Cbor.decode<AgentTree>(bytes)).status;
      expect(status).toBe(
        {
          [LookupPathStatus.Found]: 'found',
          [LookupPathStatus.Absent]: 'absent',
          [LookupPathStatus.Error]: 'error'
        }[agentStatus as string] ?? 'unknown'
      );
    }),
    { numRuns: 500 }
  );
});

describe('a tree that is no tree', () => {
  it.each([
    ['no array', '00'],
    ['an empty array', '80'],
    ['an unknown node', '8105'],
    ['an empty node with content', '820040'],
    ['a fork of one', '82018100'],
    ['a label that is text', '830261618100'],
    ['a leaf without value', '8103'],
    ['a pruned node of 31 bytes', `8204581f${'00'.repeat(31)}`]
  ])('is refused: %s', (_name, hex) => {
    expect(() => hashTreeFromWire(decodeCbor(hexToBytes(hex)))).toThrow(HashTreeError);
  });

  it.each([
    ['labels out of order', '830183024162810083024161 8100'],
    ['a label twice', '830183024161810083024161 8100'],
    ['a leaf beside a label', '8301820340830241618100'],
    ['both below a label', '830241638301 820340830241618100']
  ])('is not well-formed: %s', (_name, hex) => {
    expect(isWellFormed(hashTreeFromWire(decodeCbor(hexToBytes(hex.replaceAll(' ', '')))))).toBe(false);
  });
});

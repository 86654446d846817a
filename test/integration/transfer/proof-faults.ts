/** What can be wrong with the proof and the shape of a presented swap. */
import {
  OTHER,
  type PresentedFault,
  payloadBytes,
  replace,
  unitOf,
  flip,
  withPath,
  withTag,
  withUnit
} from './presented-fault';

/** Limits of the wire. */
const MAX_UNITS = 32;
const MAX_PAYLOAD_BYTES = 6_144;
const MAX_PATH_LENGTH = 64;
const MAX_ACCOUNTS = 16;

const aboutTheCheckpoint: readonly PresentedFault[] = [
  {
    name: 'a height without a checkpoint',
    code: 'checkpoint/unknown',
    present: (batch, { unknownHeight }) => ({ ...batch, height: unknownHeight })
  },
  {
    name: 'a checkpoint from before the action',
    code: 'mpt/node-hash',
    present: (batch, { earlierHeight }) => ({ ...batch, height: earlierHeight })
  },
  {
    name: 'a domain that nobody registered',
    code: 'domain/unknown',
    present: (batch) => ({ ...batch, domain: OTHER })
  },
  {
    name: 'a domain id of 31 bytes',
    code: 'bytes/length',
    present: (batch) => ({ ...batch, domain: OTHER.slice(1) })
  }
];

const aboutTheTree: readonly PresentedFault[] = [0, 1, 2].flatMap((unit): PresentedFault[] => [
  {
    name: `a path one too short in unit ${unit}`,
    code: 'proof/path-length',
    present: withPath(unit, (path) => path.slice(0, -1))
  },
  {
    name: `a path one too long in unit ${unit}`,
    code: 'proof/path-length',
    present: withPath(unit, (path) => [...path, OTHER])
  },
  { name: `an empty path in unit ${unit}`, code: 'proof/path-length', present: withPath(unit, () => []) },
  {
    name: `an index at the leaf count in unit ${unit}`,
    code: 'proof/leaf-out-of-range',
    present: withUnit(unit, (_unit, _batch, { leafCount }) => ({ leaf_index: leafCount }))
  },
  {
    name: `the largest index there is in unit ${unit}`,
    code: 'proof/leaf-out-of-range',
    present: withUnit(unit, () => ({ leaf_index: 2n ** 64n - 1n }))
  },
  {
    name: `the index of another leaf in unit ${unit}`,
    code: 'proof/root-mismatch',
    present: withUnit(unit, ({ leaf_index: index }) => ({ leaf_index: index - 1n }))
  },
  {
    name: `siblings in another order in unit ${unit}`,
    code: 'proof/root-mismatch',
    present: withPath(unit, (path) => [...path.slice(1), ...path.slice(0, 1)])
  },
  {
    name: `a sibling replaced in unit ${unit}`,
    code: 'proof/root-mismatch',
    present: withPath(unit, (path) => replace(path, path.length - 1, OTHER))
  },
  {
    name: `a sibling of 31 bytes in unit ${unit}`,
    code: 'bytes/length',
    present: withPath(unit, (path) => replace(path, 0, OTHER.slice(1)))
  }
]);

const aboutTheNullifier: readonly PresentedFault[] = [0, 1, 2].flatMap((unit): PresentedFault[] => [
  {
    name: `no storage proof of the nullifier in unit ${unit}`,
    code: 'mpt/node-missing',
    present: withUnit(unit, () => ({ nullifier_proof: [] }))
  },
  {
    name: `the storage proof of another nullifier in unit ${unit}`,
    code: 'mpt/node-hash',
    present: withUnit(unit, (_unit, batch) => ({
      nullifier_proof: unitOf(batch, (unit + 1) % 3).nullifier_proof
    }))
  },
  {
    name: `a storage proof of another block in unit ${unit}`,
    code: 'mpt/node-hash',
    present: withUnit(unit, (_unit, _batch, { proofAtOtherBlock }) => ({
      nullifier_proof: [...proofAtOtherBlock]
    }))
  },
  {
    name: `a storage proof of another contract in unit ${unit}`,
    code: 'mpt/node-hash',
    present: withUnit(unit, (_unit, _batch, { proofOfOtherContract }) => ({
      nullifier_proof: [...proofOfOtherContract]
    }))
  },
  {
    name: `a byte changed in the last node in unit ${unit}`,
    code: 'mpt/node-hash',
    present: withUnit(unit, ({ nullifier_proof: nodes }) => ({
      nullifier_proof: nodes.map((node, index) => (index === nodes.length - 1 ? flip(node, 5) : node))
    }))
  }
]);

const aboutTheAction: readonly PresentedFault[] = [
  {
    name: 'no tags and no units',
    code: 'transition/batch-size',
    present: (batch) => ({ ...batch, tags: [], units: [] })
  },
  {
    name: 'an odd number of tags',
    code: 'transition/units',
    present: (batch) => ({ ...batch, tags: [...batch.tags, OTHER] })
  },
  { name: 'a tag of 31 bytes', code: 'bytes/length', present: withTag(0, OTHER.slice(1)) },
  {
    name: 'a unit left out',
    code: 'transition/units',
    present: (batch) => ({ ...batch, units: batch.units.slice(0, 2) })
  },
  {
    name: 'the unit that moves no account left out, with its tags',
    code: 'authority/signature',
    present: (batch) => ({ ...batch, tags: batch.tags.slice(0, 4), units: batch.units.slice(0, 2) })
  },
  {
    name: 'one side of the swap alone',
    code: 'transition/consent-unmet',
    present: withUnit(1, () => ({ payload: [] }))
  },
  {
    name: 'no side of the swap',
    code: 'transition/batch-size',
    present: (batch) => ({ ...batch, units: batch.units.map((unit) => ({ ...unit, payload: [] })) })
  },
  {
    name: 'the units exchanged',
    code: 'mpt/node-hash',
    present: (batch) => ({ ...batch, units: [unitOf(batch, 1), unitOf(batch, 0), unitOf(batch, 2)] })
  },
  {
    name: 'the units and their tags exchanged',
    code: 'authority/signature',
    present: (batch) => ({
      ...batch,
      tags: [...batch.tags.slice(2, 4), ...batch.tags.slice(0, 2), ...batch.tags.slice(4)],
      units: [unitOf(batch, 1), unitOf(batch, 0), unitOf(batch, 2)]
    })
  },
  {
    name: 'a created tag that is not the commitment',
    code: 'transition/commitment',
    present: withTag(1, OTHER)
  },
  {
    name: 'a tag of a unit that moves no account replaced',
    code: 'authority/signature',
    present: withTag(5, OTHER)
  },
  {
    name: 'the inner node above the leaf offered in its place',
    code: 'transition/commitment',
    present: (batch) => ({
      ...batch,
      tags: replace(batch.tags, 1, unitOf(batch, 0).path[0] ?? OTHER),
      units: replace(batch.units, 0, { ...unitOf(batch, 0), path: unitOf(batch, 0).path.slice(1) })
    })
  },
  {
    name: 'a payload on a unit that moves no account',
    code: 'transition/duplicate-account',
    present: withUnit(2, (_unit, batch) => ({ payload: [payloadBytes(batch, 0)] }))
  },
  {
    name: 'seventeen accounts',
    code: 'transition/batch-size',
    present: (batch) => ({
      ...batch,
      tags: Array.from({ length: MAX_ACCOUNTS + 1 }, () => batch.tags.slice(0, 2)).flat(),
      units: Array.from({ length: MAX_ACCOUNTS + 1 }, () => unitOf(batch, 0))
    })
  }
];

const beyondLimits: readonly PresentedFault[] = [
  {
    name: 'more units than an action may have',
    code: 'wire/limit',
    present: (batch) => ({ ...batch, units: Array.from({ length: MAX_UNITS + 1 }, () => unitOf(batch, 0)) })
  },
  {
    name: 'more tags than an action may have',
    code: 'wire/limit',
    present: (batch) => ({ ...batch, tags: Array.from({ length: 2 * MAX_UNITS + 2 }, () => OTHER) })
  },
  {
    name: 'a payload above its limit',
    code: 'wire/limit',
    present: withUnit(0, () => ({ payload: [new Uint8Array(MAX_PAYLOAD_BYTES + 1)] }))
  },
  {
    name: 'a path above its limit',
    code: 'wire/limit',
    present: withUnit(0, () => ({ path: Array.from({ length: MAX_PATH_LENGTH + 1 }, () => OTHER) }))
  },
  {
    name: 'a megabyte of proof in one node',
    code: 'wire/limit',
    present: withUnit(0, () => ({ nullifier_proof: [new Uint8Array(2 ** 20)] }))
  },
  {
    name: 'ten thousand empty nodes',
    code: 'wire/limit',
    present: withUnit(0, () => ({ nullifier_proof: Array.from({ length: 10_000 }, () => new Uint8Array()) }))
  }
];

export const proofFaults: readonly PresentedFault[] = [
  ...aboutTheCheckpoint,
  ...aboutTheTree,
  ...aboutTheNullifier,
  ...aboutTheAction,
  ...beyondLimits
];

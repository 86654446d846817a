import fc from 'fast-check';
import { type Hex, keccak256, toHex as toPrefixedHex, toRlp } from 'viem';
import { type Bytes32, address, bytes32, toHex } from '../../../../src/core/bytes';
import {
  type AdapterStateEvidence,
  type StorageLayout,
  latestRootSlot,
  nullifierSlot,
  verifyAdapterState,
  verifyNullifierMembership
} from '../../../../src/core/proof/adapter-state';
import { decodeHeader } from '../../../../src/core/proof/ethereum-header';
import { errorCode } from '../error-code';
import { buildTrie } from './reference-trie';
import {
  type SyntheticState,
  arraySlot,
  mappingSlot,
  slotHex,
  standardAccount,
  synthesizeState
} from './synthetic-adapter';

const LAYOUT: StorageLayout = { leafCountSlot: 1n, rootValuesSlot: 4n, nullifierPositionsSlot: 7n };
const ADAPTER = address(new Uint8Array(20).fill(0xad), 'adapter');
const filled = (byte: number): Bytes32 => bytes32(new Uint8Array(32).fill(byte), 'value');
const rootAt = (index: number): bigint => BigInt(keccak256(toPrefixedHex(index)));
const NULLIFIERS = Array.from({ length: 30 }, (_, index) => filled(index + 1));
const ABSENT = filled(0xee);

function storageOf(counts: { readonly leaves: bigint; readonly roots: bigint }): Map<Hex, bigint> {
  const roots = Array.from({ length: Number(counts.roots) }, (_, index): [Hex, bigint] => [
    arraySlot(4n, BigInt(index)),
    rootAt(index)
  ]);
  const positions = NULLIFIERS.map((nullifier, index): [Hex, bigint] => [
    mappingSlot(7n, nullifier),
    BigInt(index + 1)
  ]);
  const counters: [Hex, bigint][] = [
    [slotHex(1n), counts.leaves],
    [slotHex(4n), counts.roots]
  ];
  return new Map([...counters, ...roots, ...positions].filter(([, word]) => word !== 0n));
}

const evidenceOf = (state: SyntheticState, roots: bigint): AdapterStateEvidence => ({
  header: decodeHeader(state.header),
  adapter: ADAPTER,
  layout: LAYOUT,
  accountProof: state.accountProof,
  leafCountProof: state.proveSlot(slotHex(1n)),
  rootCountProof: state.proveSlot(slotHex(4n)),
  latestRootProof: state.proveSlot(arraySlot(4n, roots - 1n))
});
const state = synthesizeState({ address: ADAPTER, storage: storageOf({ leaves: 12n, roots: 5n }) });
const evidence = evidenceOf(state, 5n);

describe('verifyAdapterState', () => {
  it('gives block, latest root, leaf count and storage root', () => {
    const verified = verifyAdapterState(evidence);

    expect(toPrefixedHex(verified.root)).toBe(toPrefixedHex(rootAt(4), { size: 32 }));
    expect(toPrefixedHex(verified.blockHash)).toBe(keccak256(state.header));
    expect(verified).toMatchObject({ height: 256n, leafCount: 12n, storageHash: state.storageHash });
  });

  it('reads counts and roots of any size', () => {
    const counts = fc.record({
      leaves: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      roots: fc.bigInt({ min: 1n, max: 40n })
    });
    fc.assert(
      fc.property(counts, ({ leaves, roots }) => {
        const any = synthesizeState({ address: ADAPTER, storage: storageOf({ leaves, roots }) });
        const verified = verifyAdapterState(evidenceOf(any, roots));
        expect(verified.leafCount).toBe(leaves);
        expect(BigInt(toPrefixedHex(verified.root))).toBe(rootAt(Number(roots) - 1));
      }),
      { numRuns: 25 }
    );
  });

  const proofs = ['accountProof', 'leafCountProof', 'rootCountProof', 'latestRootProof'] as const;
  it.each(proofs)('refuses any one bit flipped in a node of the %s', (name) => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(7), (nodeSeed, byteSeed, bit) => {
        const nodes = evidence[name];
        const index = nodeSeed % nodes.length;
        const node = nodes[index] ?? new Uint8Array();
        const position = byteSeed % node.length;
        const broken = nodes.with(index, node.with(position, (node[position] ?? 0) ^ (1 << bit)));
        expect(errorCode(() => verifyAdapterState({ ...evidence, [name]: broken }))).toMatch(/^mpt\//);
      }),
      { numRuns: 60 }
    );
  });

  it.each(proofs)(
    'refuses a %s that is short of a node, has one too many, or belongs to another slot',
    (name) => {
      const nodes = evidence[name];
      const otherProof = name === 'accountProof' ? evidence.leafCountProof : evidence.accountProof;
      for (const broken of [nodes.slice(0, -1), [...nodes, nodes[0] ?? new Uint8Array()], [], otherProof])
        expect(errorCode(() => verifyAdapterState({ ...evidence, [name]: broken }))).toMatch(/^mpt\//);
    }
  );

  it('refuses an earlier root, another address, another layout and another state root', () => {
    const earlier = { ...evidence, latestRootProof: state.proveSlot(arraySlot(4n, 3n)) };
    const elsewhere = { ...evidence, adapter: address(new Uint8Array(20).fill(0xae), 'adapter') };
    const otherLayout = { ...evidence, layout: { ...LAYOUT, rootValuesSlot: 5n } };
    const otherState = { ...evidence, header: { ...evidence.header, stateRoot: filled(1) } };

    for (const wrong of [earlier, elsewhere, otherLayout, otherState])
      expect(errorCode(() => verifyAdapterState(wrong))).toMatch(/^mpt\//);
  });

  it('refuses an address without account, and the storage of another contract', () => {
    const nobody = address(new Uint8Array(20).fill(0x99), 'adapter');
    const other = synthesizeState({ address: nobody, storage: storageOf({ leaves: 12n, roots: 5n }) });
    const absent = {
      ...evidence,
      header: decodeHeader(other.header),
      accountProof: other.proveAccount(toPrefixedHex(ADAPTER))
    };

    expect(errorCode(() => verifyAdapterState(absent))).toBe('adapter/absent');
    const foreign = synthesizeState({ address: ADAPTER, storage: storageOf({ leaves: 13n, roots: 5n }) });
    expect(
      errorCode(() => verifyAdapterState({ ...evidence, leafCountProof: foreign.proveSlot(slotHex(1n)) }))
    ).toBe('mpt/node-hash');
  });

  it('refuses an adapter without roots, and counts of 2^64', () => {
    const empty = synthesizeState({ address: ADAPTER, storage: storageOf({ leaves: 0n, roots: 0n }) });
    const crowded = synthesizeState({
      address: ADAPTER,
      storage: storageOf({ leaves: 2n ** 64n, roots: 5n })
    });

    expect(errorCode(() => verifyAdapterState(evidenceOf(empty, 1n)))).toBe('adapter/no-roots');
    expect(errorCode(() => verifyAdapterState(evidenceOf(crowded, 5n)))).toBe('adapter/count-range');
  });

  it('takes a root slot that was written zero for the zero root, which transitions refuse', () => {
    const storage = storageOf({ leaves: 12n, roots: 5n });
    storage.delete(arraySlot(4n, 4n));
    const zeroed = synthesizeState({ address: ADAPTER, storage });
    expect(toHex(verifyAdapterState(evidenceOf(zeroed, 5n)).root)).toBe('00'.repeat(32));
  });

  const CODE = keccak256('0x6001');
  const malformed: [string, string, (storageHash: Hex) => Uint8Array][] = [
    ['no code', 'adapter/no-code', (hash) => toRlp(['0x01', '0x', hash, keccak256('0x')], 'bytes')],
    ['three fields', 'adapter/account', (hash) => toRlp(['0x01', '0x', hash], 'bytes')],
    ['five fields', 'adapter/account', (hash) => toRlp(['0x01', '0x', hash, CODE, '0x'], 'bytes')],
    [
      'a nonce with a leading zero',
      'adapter/account',
      (hash) => toRlp(['0x0001', '0x', hash, CODE], 'bytes')
    ],
    [
      'a nonce of 9 bytes',
      'adapter/account',
      (hash) => toRlp([`0x${'11'.repeat(9)}`, '0x', hash, CODE], 'bytes')
    ],
    [
      'a balance of 33 bytes',
      'adapter/account',
      (hash) => toRlp(['0x', `0x${'11'.repeat(33)}`, hash, CODE], 'bytes')
    ],
    [
      'a storage root of 31 bytes',
      'adapter/account',
      (hash) => toRlp(['0x', '0x', `0x${hash.slice(4)}`, CODE], 'bytes')
    ],
    ['a list for the code hash', 'adapter/account', (hash) => toRlp(['0x', '0x', hash, [CODE]], 'bytes')],
    ['no list', 'adapter/account', (hash) => toRlp(hash, 'bytes')],
    ['bytes behind it', 'adapter/account', (hash) => Uint8Array.of(...standardAccount(hash), 0)]
  ];
  it.each(malformed)('refuses an account with %s: %s', (_name, code, account) => {
    const odd = synthesizeState({
      address: ADAPTER,
      storage: storageOf({ leaves: 12n, roots: 5n }),
      account
    });
    expect(errorCode(() => verifyAdapterState(evidenceOf(odd, 5n)))).toBe(code);
  });
});

describe('verifyNullifierMembership', () => {
  const storageHash = bytes32(state.storageHash, 'storage hash');
  const proofFor = (nullifier: Bytes32): Uint8Array[] => state.proveSlot(mappingSlot(7n, nullifier));
  const claim = { storageHash, layout: LAYOUT };

  it('proves every member present and others absent', () => {
    for (const nullifier of NULLIFIERS)
      expect(verifyNullifierMembership({ ...claim, nullifier, proof: proofFor(nullifier) })).toBe(true);
    expect(verifyNullifierMembership({ ...claim, nullifier: ABSENT, proof: proofFor(ABSENT) })).toBe(false);
    const first = NULLIFIERS[0] ?? ABSENT;
    expect(errorCode(() => verifyNullifierMembership({ ...claim, nullifier: first, proof: [] }))).toBe(
      'mpt/node-missing'
    );
  });

  it("takes no proof of one nullifier for another's, not even as absence", () => {
    const proof = proofFor(NULLIFIERS[0] ?? ABSENT);
    for (const nullifier of NULLIFIERS.slice(1))
      expect(errorCode(() => verifyNullifierMembership({ ...claim, nullifier, proof }))).toMatch(/^mpt\//);
  });

  const oddValues: [string, Uint8Array][] = [
    ['zero', toRlp('0x', 'bytes')],
    ['a leading zero', toRlp('0x0001', 'bytes')],
    ['33 bytes', toRlp(`0x${'11'.repeat(33)}`, 'bytes')],
    ['a list', toRlp(['0x01'], 'bytes')],
    ['two items', Uint8Array.of(1, 2)],
    ['no item', Uint8Array.of(0x82, 1)]
  ];
  it.each(oddValues)('refuses a storage value that is %s', (_name, value) => {
    const trie = buildTrie(new Map([[keccak256(mappingSlot(7n, ABSENT)), value]]));
    const odd = { ...claim, storageHash: bytes32(trie.root, 'root'), nullifier: ABSENT };
    const proof = trie.prove(keccak256(mappingSlot(7n, ABSENT)));
    expect(errorCode(() => verifyNullifierMembership({ ...odd, proof }))).toBe('adapter/value');
  });

  it('takes no proof under another layout or storage root', () => {
    const nullifier = NULLIFIERS[3] ?? ABSENT;
    const proof = proofFor(nullifier);
    const layout = { ...LAYOUT, nullifierPositionsSlot: 5n };

    expect(errorCode(() => verifyNullifierMembership({ ...claim, nullifier, proof, layout }))).toMatch(
      /^mpt\//
    );
    expect(
      errorCode(() => verifyNullifierMembership({ ...claim, nullifier, proof, storageHash: filled(9) }))
    ).toBe('mpt/node-hash');
  });

  it('says absent of an adapter that never stored anything', () => {
    const empty = bytes32(
      synthesizeState({ address: ADAPTER, storage: new Map() }).storageHash,
      'storage hash'
    );
    expect(
      verifyNullifierMembership({ storageHash: empty, layout: LAYOUT, nullifier: ABSENT, proof: [] })
    ).toBe(false);
  });
});

describe('slots', () => {
  it('are those of the Solidity layout', () => {
    expect(toPrefixedHex(nullifierSlot(ABSENT, LAYOUT))).toBe(mappingSlot(7n, ABSENT));
    expect(toPrefixedHex(latestRootSlot(9n, LAYOUT))).toBe(arraySlot(4n, 8n));
  });
});

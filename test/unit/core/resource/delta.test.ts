import fc from 'fast-check';
import { recoverPublicKey } from 'viem';
import {
  type Bytes32,
  bytes32,
  concat,
  encodeBigEndian,
  fromHex,
  hex32,
  toHex
} from '../../../../src/core/bytes';
import { GROUP_ORDER, multiplyGenerator } from '../../../../src/core/crypto/secp256k1-client';
import {
  type CurvePoint,
  addPoints,
  curvePoint,
  negatePoint
} from '../../../../src/core/crypto/secp256k1-group';
import { assertDeltaProof, deltaMessage } from '../../../../src/core/resource/delta';
import { deriveKind } from '../../../../src/core/resource/kind';
import { composeDeltaWitness, proveDelta, unitDelta } from '../../../../src/core/resource/make-delta';
import { errorCode } from '../error-code';
import { FIXTURE_CONSUMED, FIXTURE_CREATED, ZERO } from './resource-vectors';

/** Delta of `test_tx_reg_01_01.bin`, see resource-vectors.ts: rcv 1, so the unit delta is the generator. */
const TAGS = [hex32(FIXTURE_CONSUMED.nullifier), hex32(FIXTURE_CREATED.commitment)];
const MESSAGE = 'e876f2b184662c649255f5f34824d68f46641a461f8f8bfd678a942121fc3e94';
const PROOF = fromHex(
  'a21be2eed1cce80658c0249feb115cc4611e32eed91124fcb1f6dcc3c9d361b3' +
    '47f5e965e7880d8d04b52363d6e5a438334b60eac379a9964be87dc0edc0ae7b1b'
);
const RCV = word(1n);
const GENERATOR = multiplyGenerator(RCV);

function word(value: bigint): Bytes32 {
  return bytes32(encodeBigEndian(value, 32), 'word');
}

const assertPublished = (changes: {
  proof?: Uint8Array;
  tags?: Bytes32[];
  unitDeltas?: CurvePoint[];
}): void => assertDeltaProof({ proof: PROOF, tags: TAGS, unitDeltas: [GENERATOR], ...changes });

describe('deltaMessage', () => {
  it('is the published digest of the fixture', () => {
    expect(toHex(deltaMessage(TAGS))).toBe(MESSAGE);
  });
});

describe('assertDeltaProof', () => {
  it('accepts the published proof', () => {
    expect(() => assertPublished({})).not.toThrow();
  });

  it('refuses the proof with any one byte changed', () => {
    for (let index = 0; index < 64; index += 1) {
      const proof = PROOF.map((byte, position) => (position === index ? byte ^ 1 : byte));
      expect(errorCode(() => assertPublished({ proof }))).toBe('delta/mismatch');
    }
  });

  it.each([
    ['the other parity', 28, 'delta/mismatch'],
    ['a bare recovery id', 0, 'delta/recovery-id'],
    ['recovery id 2', 29, 'delta/recovery-id'],
    ['recovery id 3', 30, 'delta/recovery-id']
  ])('refuses %s', (_, v, code) => {
    const proof = concat(PROOF.subarray(0, 64), Uint8Array.of(v));
    expect(errorCode(() => assertPublished({ proof }))).toBe(code);
  });

  it('refuses the high-s twin of the signature', () => {
    const s = GROUP_ORDER - BigInt(`0x${toHex(PROOF.subarray(32, 64))}`);
    const proof = concat(PROOF.subarray(0, 32), encodeBigEndian(s, 32), Uint8Array.of(28));
    expect(errorCode(() => assertPublished({ proof }))).toBe('delta/high-s');
  });

  it.each([0, 64, 66])('refuses a proof of %i bytes', (length) => {
    const proof = concat(PROOF, new Uint8Array(1)).slice(0, length);
    expect(errorCode(() => assertPublished({ proof }))).toBe('bytes/length');
  });

  it.each([
    ['in another order', [...TAGS].reverse()],
    ['one fewer', TAGS.slice(1)],
    ['one more', [...TAGS, ZERO]]
  ])('refuses the tags %s', (_, tags) => {
    expect(errorCode(() => assertPublished({ tags }))).toBe('delta/mismatch');
  });

  it.each([
    ['of another key', [multiplyGenerator(word(2n))]],
    ['of the inverse key', [negatePoint(GENERATOR)]],
    ['twice', [GENERATOR, GENERATOR]]
  ])('refuses unit deltas %s', (_, unitDeltas) => {
    expect(errorCode(() => assertPublished({ unitDeltas }))).toBe('delta/mismatch');
  });

  it.each([
    ['none', []],
    ['deltas that cancel', [GENERATOR, negatePoint(GENERATOR)]]
  ])('refuses the identity: %s', (_, unitDeltas) => {
    expect(errorCode(() => assertPublished({ unitDeltas }))).toBe('delta/identity');
  });
});

describe('proveDelta', () => {
  it('makes the published proof', () => {
    expect(toHex(proveDelta(RCV, TAGS))).toBe(toHex(PROOF));
  });

  it('makes proofs that another library recovers to the key of the witness', async () => {
    const witness = word(0xabcdefn);
    const hash = `0x${toHex(deltaMessage(TAGS))}` as const;
    const key = await recoverPublicKey({ hash, signature: `0x${toHex(proveDelta(witness, TAGS))}` });
    expect(key).toBe(`0x04${toHex(multiplyGenerator(witness))}`);
  });
});

describe('composeDeltaWitness', () => {
  it('adds modulo the group order', () => {
    expect(composeDeltaWitness([word(GROUP_ORDER - 1n), word(5n)])).toEqual(word(4n));
  });

  it.each([0n, GROUP_ORDER])('refuses the randomness %s', (rcv) => {
    expect(errorCode(() => composeDeltaWitness([word(1n), word(rcv)]))).toBe('secp256k1/scalar-range');
  });

  it('refuses randomness that sums to zero', () => {
    expect(errorCode(() => composeDeltaWitness([word(1n), word(GROUP_ORDER - 1n)]))).toBe(
      'delta/witness-zero'
    );
    expect(errorCode(() => composeDeltaWitness([]))).toBe('delta/witness-zero');
  });
});

describe('unitDelta', () => {
  const kinds = [1, 2, 3].map((seed) => deriveKind({ logicRef: word(BigInt(seed)), labelRef: ZERO }));
  const kindOf = (index: number): CurvePoint => kinds[index] ?? curvePoint(new Uint8Array(0));

  it('is created less consumed, plus the randomness', () => {
    const delta = unitDelta({
      consumed: { kind: kindOf(0), quantity: 1n },
      created: { kind: kindOf(1), quantity: 2n },
      rcv: word(9n)
    });
    const withoutRandomness = addPoints(delta, negatePoint(multiplyGenerator(word(9n))));
    expect(addPoints(withoutRandomness, kindOf(0))).toEqual(addPoints(kindOf(1), kindOf(1)));
  });

  const unit = fc.record({
    kind: fc.nat(2),
    quantity: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
    rcv: fc.bigInt({ min: 1n, max: GROUP_ORDER - 1n })
  });

  it('of rotated kinds balances, and no longer when one quantity is off by one', () => {
    fc.assert(
      fc.property(fc.array(unit, { minLength: 2, maxLength: 4 }), (units) => {
        const deltasWith = (extra: bigint): CurvePoint[] =>
          units.map((each, index) => {
            const next = units[(index + 1) % units.length] ?? each;
            return unitDelta({
              consumed: { kind: kindOf(each.kind), quantity: each.quantity },
              created: { kind: kindOf(next.kind), quantity: next.quantity + (index === 0 ? extra : 0n) },
              rcv: word(each.rcv)
            });
          });
        const proof = proveDelta(composeDeltaWitness(units.map(({ rcv }) => word(rcv))), TAGS);
        expect(() => assertDeltaProof({ proof, tags: TAGS, unitDeltas: deltasWith(0n) })).not.toThrow();
        expect(errorCode(() => assertDeltaProof({ proof, tags: TAGS, unitDeltas: deltasWith(1n) }))).toBe(
          'delta/mismatch'
        );
      }),
      { numRuns: 20 }
    );
  });
});

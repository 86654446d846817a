import { bn254 } from '@noble/curves/bn254';
import { concat, decodeBigEndian, fromHex, hex32 } from '../../../../src/core/bytes';
import { receiptClaimDigest } from '../../../../src/core/resource/claim';
import {
  FIELD_ORDER,
  GROUP_ORDER,
  type Groth16Instance,
  type Groth16Scalars,
  encodeG1,
  encodeG2,
  encodeG2Point,
  instanceFrom,
  numberFrom,
  replaceAt,
  scalarFrom,
  scalarsFrom,
  smallOrderPoint,
  twistPoint,
  word
} from '../../../support/native/groth16-instances';
import { holdsByPairings } from '../../../support/native/groth16-oracle';
import { type LoadedAdapter } from '../../../support/native/load-adapter';
import { loadBn254 } from '../../../support/native/load-bn254';
import { describeWithVectors, readVectorText } from '../../../support/outside-vectors';

const RANDOM_CASES = 60;
const WORD = 32;
const PAGE = 65_536;

let adapter: LoadedAdapter;

beforeAll(async () => {
  adapter = await loadBn254();
});

const verify = ({ key, proof, inputs }: Groth16Instance): number =>
  adapter.call('groth16_verify', concat(key, proof, inputs), inputs.length / WORD);

/** Where points lie: in the key those of G2, in the proof B; the G1 points of both. */
type Place = { readonly part: 'key' | 'proof'; readonly offset: number };
const g2Places: readonly Place[] = [
  { part: 'key', offset: 64 },
  { part: 'key', offset: 192 },
  { part: 'key', offset: 320 },
  { part: 'proof', offset: 64 }
];
const g1Places: readonly Place[] = [
  { part: 'key', offset: 0 },
  { part: 'key', offset: 448 },
  { part: 'key', offset: 512 },
  { part: 'proof', offset: 0 },
  { part: 'proof', offset: 192 }
];
const coordinates: readonly Place[] = [
  ...g1Places.flatMap((place) => [0, WORD].map((step) => ({ ...place, offset: place.offset + step }))),
  ...g2Places.flatMap((place) => [0, 32, 64, 96].map((step) => ({ ...place, offset: place.offset + step })))
];

const withPart = (
  instance: Groth16Instance,
  { part, offset }: Place,
  bytes: Uint8Array
): Groth16Instance => ({
  ...instance,
  [part]: replaceAt(instance[part], offset, bytes)
});

const numberAt = (bytes: Uint8Array, offset: number): bigint =>
  decodeBigEndian(bytes.subarray(offset, offset + WORD));

describe('groth16_verify', () => {
  it.each([0, 1, 2, 5, 16])('takes a proof of %i inputs that holds, and no other input', (inputCount) => {
    const instance = instanceFrom(scalarsFrom('inputs', inputCount));
    expect(holdsByPairings(instance)).toBe(true);
    expect(verify(instance)).toBe(1);
    expect(verify(instance)).toBe(1);

    for (let index = 0; index < inputCount; index += 1) {
      const inputs = replaceAt(instance.inputs, WORD * index, word(scalarFrom(`other ${index}`)));
      expect(verify({ ...instance, inputs })).toBe(0);
    }
  });

  it('takes the smallest and the greatest inputs', () => {
    for (const input of [0n, 1n, 2n, 2n ** 128n - 1n, 2n ** 128n, GROUP_ORDER - 2n, GROUP_ORDER - 1n]) {
      const instance = instanceFrom(scalarsFrom('range', 2, { inputs: [input, GROUP_ORDER - 1n] }));
      expect(verify(instance)).toBe(1);
    }
  });

  it('refuses other lengths and more than 16 inputs', () => {
    const { key, proof, inputs } = instanceFrom(scalarsFrom('lengths', 2));
    const payload = concat(key, proof, inputs);
    expect(adapter.call('groth16_verify', payload, 2)).toBe(1);
    expect(adapter.call('groth16_verify', payload.subarray(1), 2)).toBe(0);
    expect(adapter.call('groth16_verify', concat(payload, Uint8Array.of(0)), 2)).toBe(0);
    for (const inputCount of [0, 1, 3, 16, 17, 0xffff, -1, 2 ** 31 - 1]) {
      expect(adapter.call('groth16_verify', payload, inputCount)).toBe(0);
    }
    expect(adapter.call('groth16_verify', new Uint8Array(0), 0)).toBe(0);
    const tooMany = 768 + 96 * 17;
    expect(adapter.constant('input_size')).toBe(tooMany - 96);
  });
});

describe('points', () => {
  const zeroes: readonly (readonly [string, Partial<Groth16Scalars>])[] = [
    ['alpha', { alpha: 0n }],
    ['beta', { beta: 0n }],
    ['gamma', { gamma: 0n }],
    ['ic0', { ic: [0n, 5n, 7n] }],
    ['ic1', { ic: [5n, 0n, 7n] }],
    ['all of ic', { ic: [0n, 0n, 0n] }],
    ['the sum of ic', { ic: [GROUP_ORDER - 4n, 1n, 2n], inputs: [2n, 1n] }],
    ['the sum of the terms of inputs', { ic: [9n, 1n, GROUP_ORDER - 2n], inputs: [2n, 1n] }],
    ['A', { a: 0n }],
    ['B', { b: 0n }],
    ['C', { ic: [5n, 0n, 0n], gamma: 1n, alpha: 3n, beta: 1n, a: 4n, b: 2n }],
    ['gamma and A', { gamma: 0n, a: 0n }],
    ['C and the sum', { ic: [0n, 0n, 0n], alpha: 6n, beta: 4n, a: 3n, b: 8n }],
    ['C, A and alpha', { alpha: 0n, a: 0n, ic: [0n, 0n, 0n] }],
    ['delta and C', { delta: 0n, gamma: 1n, ic: [2n, 0n, 0n], alpha: 3n, beta: 1n, a: 5n, b: 1n }],
    ['delta, gamma and C', { delta: 0n, gamma: 0n, alpha: 3n, beta: 2n, a: 6n, b: 1n }]
  ];

  it.each(zeroes)('may be the identity: %s', (_, fixed) => {
    const instance = instanceFrom(scalarsFrom('identity', 2, fixed));
    expect(holdsByPairings(instance)).toBe(true);
    expect(verify(instance)).toBe(1);
    const wrong = withPart(instance, { part: 'proof', offset: 0 }, encodeG1(scalarFrom('another A')));
    expect(verify(wrong)).toBe(holdsByPairings(wrong) ? 1 : 0);
  });

  it.each([...g1Places, ...g2Places])('set to the identity change the answer: $part $offset', (place) => {
    const zeros = new Uint8Array(g2Places.includes(place) ? 128 : 64);
    expect(verify(withPart(instanceFrom(scalarsFrom('zeroed', 2)), place, zeros))).toBe(0);
  });

  it.each(g1Places)('off the curve are refused: $part $offset', (place) => {
    const instance = instanceFrom(scalarsFrom('off', 2));
    const y = numberAt(instance[place.part], place.offset + WORD);
    const offsetOfY = { ...place, offset: place.offset + WORD };
    expect(verify(withPart(instance, offsetOfY, word((y + 1n) % FIELD_ORDER)))).toBe(0);
    expect(verify(withPart(instance, place, concat(word(0n), word(1n))))).toBe(0);
    expect(verify(withPart(instance, place, concat(word(1n), word(0n))))).toBe(0);
    expect(verify(instance)).toBe(1);
  });

  it.each(g2Places)('off the twist or out of the subgroup are refused: $part $offset', (place) => {
    const instance = instanceFrom(scalarsFrom('twist', 2));
    for (const step of [0, 32, 64, 96]) {
      const at = { ...place, offset: place.offset + step };
      const value = numberAt(instance[place.part], at.offset);
      expect(verify(withPart(instance, at, word((value + 1n) % FIELD_ORDER)))).toBe(0);
    }
    const inside = bn254.G2.ProjectivePoint.BASE.multiply(77n);
    for (const point of [
      twistPoint(`${place.part} ${place.offset}`),
      smallOrderPoint('small'),
      inside.add(smallOrderPoint('small')),
      twistPoint('any').add(inside)
    ]) {
      expect(verify(withPart(instance, place, encodeG2Point(point)))).toBe(0);
    }
    expect(verify(instance)).toBe(1);
  });

  /** Each point where the other of its pair is the identity: it plays no part in the equation. */
  const idle: readonly (readonly [string, Place, Partial<Groth16Scalars>])[] = [
    ['alpha', { part: 'key', offset: 0 }, { beta: 0n }],
    ['beta', { part: 'key', offset: 64 }, { alpha: 0n }],
    ['gamma', { part: 'key', offset: 192 }, { ic: [0n, 0n, 0n] }],
    ['delta', { part: 'key', offset: 320 }, { gamma: 0n, alpha: 2n, beta: 3n, a: 6n, b: 1n }],
    ['ic1', { part: 'key', offset: 512 }, { inputs: [0n, 9n] }],
    ['A', { part: 'proof', offset: 0 }, { b: 0n }],
    ['B', { part: 'proof', offset: 64 }, { a: 0n }],
    ['C', { part: 'proof', offset: 192 }, { delta: 0n, gamma: 0n, alpha: 2n, beta: 3n, a: 6n, b: 1n }]
  ];

  it.each(idle)('are refused even if the equation holds whatever they are: %s', (_, place, fixed) => {
    const instance = instanceFrom(scalarsFrom('idle', 2, fixed));
    const verifyWith = (point: Uint8Array): number => verify(withPart(instance, place, point));
    expect(verify(instance)).toBe(1);
    if (g1Places.some(({ part, offset }) => part === place.part && offset === place.offset)) {
      expect(verifyWith(encodeG1(5n))).toBe(1);
      expect(verifyWith(concat(word(5n), word(5n)))).toBe(0);
      return;
    }
    expect(verifyWith(encodeG2(5n))).toBe(1);
    // On the curve y^2 = x^3 + 64b: it has the order and the Frobenius map of the subgroup, so only the equation tells.
    const scaled = [0, 32, 64, 96].map(
      (at) => (numberAt(encodeG2(5n), at) * (at < 64 ? 4n : 8n)) % FIELD_ORDER
    );
    expect(verifyWith(concat(...scaled.map(word)))).toBe(0);
    expect(verifyWith(encodeG2Point(twistPoint('idle')))).toBe(0);
    expect(verifyWith(encodeG2Point(smallOrderPoint('idle')))).toBe(0);
  });

  it.each(coordinates)(
    'with a coordinate that is not below the field order are refused: $part $offset',
    (place) => {
      const instance = instanceFrom(scalarsFrom('above', 2));
      const value = numberAt(instance[place.part], place.offset);
      for (const above of [value + FIELD_ORDER, value + 4n * FIELD_ORDER, FIELD_ORDER, 2n ** 256n - 1n]) {
        expect(verify(withPart(instance, place, word(above)))).toBe(0);
      }
      expect(verify(instance)).toBe(1);
    }
  );
});

describe('inputs', () => {
  it('that are not below the group order are refused', () => {
    const instance = instanceFrom(scalarsFrom('above', 2, { inputs: [0n, scalarFrom('input')] }));
    for (const offset of [0, WORD]) {
      const value = numberAt(instance.inputs, offset);
      for (const above of [value + GROUP_ORDER, value + 4n * GROUP_ORDER, 2n ** 256n - 1n]) {
        expect(verify({ ...instance, inputs: replaceAt(instance.inputs, offset, word(above)) })).toBe(0);
      }
    }
    expect(verify(instance)).toBe(1);
  });
});

describe('the key that is kept', () => {
  const first = instanceFrom(scalarsFrom('first', 2));
  const second = instanceFrom(scalarsFrom('second', 2));
  const longer = instanceFrom(scalarsFrom('longer', 3));

  it('gives way to another, of the same length or not', () => {
    for (const instance of [first, second, longer, first, first, longer, second]) {
      expect(verify(instance)).toBe(1);
    }
    expect(verify({ ...first, key: second.key })).toBe(0);
    expect(verify({ ...second, key: first.key })).toBe(0);
  });

  it.each(coordinates.filter(({ part }) => part === 'key'))('survives no half-made one: $offset', (place) => {
    expect(verify(first)).toBe(1);
    // All but one coordinate are of the second key: whatever was prepared of it must not serve the first.
    const broken = withPart(second, place, word(FIELD_ORDER));
    expect(verify(broken)).toBe(0);
    expect(verify(broken)).toBe(0);
    expect(verify(first)).toBe(1);
    expect(verify({ ...first, key: broken.key })).toBe(0);
    expect(verify(second)).toBe(1);
  });
});

describe('random instances', () => {
  /** One part of every three instances is replaced by a sound point or number that is not the right one. */
  function* randomInstances(): Generator<Groth16Instance> {
    const places = [...g1Places, ...g2Places];
    for (let index = 0; index < RANDOM_CASES; index += 1) {
      const seed = `random ${index}`;
      const inputCount = index % 4;
      const instance = instanceFrom(scalarsFrom(seed, inputCount));
      const place = places[Number(numberFrom(seed, BigInt(places.length)))];
      if (index % 3 !== 0 || place === undefined || (place.offset >= 512 && inputCount === 0)) yield instance;
      else yield withPart(instance, place, g2Places.includes(place) ? encodeG2(7n) : encodeG1(7n));
    }
  }

  it('have the answer that pairings give', () => {
    const counts = [0, 0];
    for (const instance of randomInstances()) {
      const answer = verify(instance);
      expect(answer).toBe(holdsByPairings(instance) ? 1 : 0);
      counts[answer] = (counts[answer] ?? 0) + 1;
    }
    expect(counts.every((count) => count > RANDOM_CASES / 5)).toBe(true);
  });
});

describe('memory', () => {
  it('is that of `pages`; mcl never allocates', async () => {
    const fresh = await loadBn254();
    const bytes = new Uint8Array(fresh.memory.buffer);
    const end = fresh.constant('pages') * PAGE;
    const { key, proof, inputs } = instanceFrom(scalarsFrom('memory', 16));
    expect(fresh.call('prepare')).toBe(1);
    expect(fresh.call('prepare')).toBe(1);
    expect(fresh.call('groth16_verify', concat(key, proof, inputs), 16)).toBe(1);

    expect(fresh.memory.buffer.byteLength).toBe(17 * PAGE);
    expect(bytes.subarray(end).every((byte) => byte === 0)).toBe(true);
    // A quarter of what is left to the stack stays free; mcl's variables end at 31,984.
    const deepest = 31_984 + bytes.subarray(31_984, fresh.constant('input')).findIndex((byte) => byte !== 0);
    expect(fresh.constant('input') - deepest).toBeLessThan((3 * (fresh.constant('input') - 31_984)) / 4);
  });
});

type Receipt = {
  readonly name: string;
  readonly imageId: string;
  readonly journal: string;
  readonly seal: string;
};
type VerifyingKey = {
  readonly controlRoot: string;
  readonly bn254ControlId: string;
  readonly alpha: readonly string[];
  readonly beta: readonly string[];
  readonly gamma: readonly string[];
  readonly delta: readonly string[];
  readonly ic: readonly (readonly string[])[];
};

describeWithVectors('risc0', 'receipts of RISC Zero', () => {
  const readKey = (): VerifyingKey =>
    JSON.parse(readVectorText('risc0/groth16-verifying-key.json')) as VerifyingKey;
  const readReceipts = (): readonly Receipt[] =>
    (JSON.parse(readVectorText('risc0/receipts.json')) as { receipts: Receipt[] }).receipts;

  /** A digest as two numbers of 128 bits: its bytes in reverse, the later half of those first. */
  const halvesOf = (digest: Uint8Array): bigint[] => {
    const reversed = Uint8Array.from(digest).reverse();
    return [decodeBigEndian(reversed.subarray(16)), decodeBigEndian(reversed.subarray(0, 16))];
  };
  const claimOf = ({ imageId, journal }: Receipt): bigint[] =>
    halvesOf(receiptClaimDigest({ imageId: hex32(imageId), journal: fromHex(journal) }));

  function keyBytes(key: VerifyingKey): Uint8Array {
    const { alpha, beta, gamma, delta, ic } = key;
    const numbers = [...alpha, ...beta, ...gamma, ...delta, ...ic.flat()];
    return concat(...numbers.map((number) => word(BigInt(number))));
  }

  function fullInstance(receipt: Receipt): Groth16Instance {
    const key = readKey();
    const inputs = [
      ...halvesOf(fromHex(key.controlRoot)),
      ...claimOf(receipt),
      decodeBigEndian(fromHex(key.bn254ControlId))
    ];
    return {
      key: keyBytes(key),
      proof: fromHex(receipt.seal).subarray(4),
      inputs: concat(...inputs.map(word))
    };
  }

  /** What never changes of the inputs, added to ic0: the claim's halves are all that is left. */
  function foldedInstance(receipt: Receipt): Groth16Instance {
    const { key, proof, inputs } = fullInstance(receipt);
    const pointAt = (index: number): typeof bn254.G1.ProjectivePoint.BASE =>
      bn254.G1.ProjectivePoint.fromAffine({
        x: numberAt(key, 448 + 64 * index),
        y: numberAt(key, 480 + 64 * index)
      });
    const { x, y } = [0, 1, 4]
      .reduce(
        (sum, index) => sum.add(pointAt(index + 1).multiply(numberAt(inputs, WORD * index))),
        pointAt(0)
      )
      .toAffine();
    return {
      key: concat(key.subarray(0, 448), word(x), word(y), key.subarray(640, 768)),
      proof,
      inputs: inputs.subarray(64, 128)
    };
  }

  it.each([fullInstance, foldedInstance])('hold, and not with a field broken: %p', (instanceOf) => {
    const receipts = readReceipts();
    expect(receipts).toHaveLength(6);
    for (const receipt of receipts) {
      const instance = instanceOf(receipt);
      expect(verify(instance)).toBe(1);
      for (const part of ['proof', 'inputs'] as const) {
        for (let offset = 0; offset < instance[part].length; offset += WORD) {
          const value = numberAt(instance[part], offset);
          const broken = replaceAt(instance[part], offset, word(value ^ 1n));
          expect(verify({ ...instance, [part]: broken })).toBe(0);
        }
      }
      for (const offset of [32, 224]) {
        const negated = word(FIELD_ORDER - numberAt(instance.proof, offset));
        expect(verify({ ...instance, proof: replaceAt(instance.proof, offset, negated) })).toBe(0);
      }
    }
  });

  it('hold under no key with a number changed', () => {
    const [receipt] = readReceipts();
    if (receipt === undefined) throw new Error('no receipts');
    const instance = foldedInstance(receipt);
    for (let offset = 0; offset < instance.key.length; offset += WORD) {
      const changed = replaceAt(instance.key, offset, word(numberAt(instance.key, offset) ^ 1n));
      expect(verify({ ...instance, key: changed })).toBe(0);
    }
    const otherAlpha = replaceAt(instance.key, 0, encodeG1(3n));
    expect(verify({ ...instance, key: otherAlpha })).toBe(0);
    expect(verify(instance)).toBe(1);
  });
});

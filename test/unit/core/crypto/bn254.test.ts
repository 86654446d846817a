import { bn254 as noble } from '@noble/curves/bn254';
import fc from 'fast-check';
import { concat } from '../../../../src/core/bytes';
import { MAX_GROTH16_INPUTS, verifyGroth16 } from '../../../../src/core/crypto/bn254';
import {
  FIELD_ORDER,
  GROUP_ORDER,
  type Logarithms,
  claimOf,
  g1,
  g2,
  outsideG2,
  word
} from './groth16-instance';

const LOGARITHMS: Logarithms = {
  alpha: 11n,
  beta: 13n,
  gamma: 17n,
  delta: 19n,
  ic: [23n, 29n, 31n],
  a: 37n,
  b: 41n,
  inputs: [5n, 7n]
};
const VALID = claimOf(LOGARITHMS);

/** `bytes` with `part` in place of what is at `offset`. */
function withPart(bytes: Uint8Array, offset: number, part: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed.set(part, offset);
  return changed;
}

const integerAt = (bytes: Uint8Array, offset: number): bigint =>
  bytes.slice(offset, offset + 32).reduce((value, byte) => 256n * value + BigInt(byte), 0n);

describe('verifyGroth16', () => {
  it('accepts what holds by its logarithms, and refuses it with another input', () => {
    const scalar = fc.bigInt({ min: 1n, max: GROUP_ORDER - 1n });
    const logarithms = fc.record({
      alpha: scalar,
      beta: scalar,
      gamma: scalar,
      delta: scalar,
      ic: fc.tuple(scalar, scalar),
      a: scalar,
      b: scalar,
      inputs: fc.tuple(scalar)
    });
    fc.assert(
      fc.property(logarithms, (chosen) => {
        const claim = claimOf(chosen);
        expect(verifyGroth16(claim)).toBe(true);
        expect(verifyGroth16({ ...claim, inputs: word(chosen.inputs[0] - 1n) })).toBe(false);
      }),
      { numRuns: 8 }
    );
  });

  it.each([0, 1, 2, MAX_GROTH16_INPUTS])('takes %i inputs', (count) => {
    const inputs = Array.from({ length: count }, (_, index) => BigInt(index + 1));
    const claim = claimOf({ ...LOGARITHMS, ic: [3n, ...inputs], inputs });

    expect(verifyGroth16(claim)).toBe(true);
    expect(verifyGroth16({ ...claim, proof: VALID.proof })).toBe(false);
  });

  it('takes inputs up to the group order less one', () => {
    expect(verifyGroth16(claimOf({ ...LOGARITHMS, inputs: [0n, GROUP_ORDER - 1n] }))).toBe(true);
    for (const input of [GROUP_ORDER, GROUP_ORDER + 5n, 2n ** 256n - 1n])
      expect(verifyGroth16({ ...VALID, inputs: concat(word(input), word(7n)) })).toBe(false);
    // The same residue as the valid input.
    expect(verifyGroth16({ ...VALID, inputs: concat(word(GROUP_ORDER + 5n), word(7n)) })).toBe(false);
  });

  it('refuses every word of key, proof and inputs changed by one', () => {
    for (const field of ['key', 'proof', 'inputs'] as const) {
      for (let offset = 0; offset < VALID[field].length; offset += 32) {
        const changed = withPart(VALID[field], offset, word(integerAt(VALID[field], offset) + 1n));
        expect([field, offset, verifyGroth16({ ...VALID, [field]: changed })]).toEqual([
          field,
          offset,
          false
        ]);
      }
    }
  });

  it('refuses coordinates raised by the field order, in proof and key', () => {
    for (const field of ['key', 'proof'] as const) {
      for (let offset = 0; offset < VALID[field].length; offset += 32) {
        const raised = withPart(VALID[field], offset, word(integerAt(VALID[field], offset) + FIELD_ORDER));
        expect([field, offset, verifyGroth16({ ...VALID, [field]: raised })]).toEqual([field, offset, false]);
      }
    }
  });

  it('refuses a shortened or longer part', () => {
    for (const field of ['key', 'proof', 'inputs'] as const) {
      const bytes = VALID[field];
      const others = [bytes.slice(1), bytes.slice(32), concat(bytes, word(0n)), new Uint8Array()];
      for (const changed of others) expect(verifyGroth16({ ...VALID, [field]: changed })).toBe(false);
    }
    const inputs = new Uint8Array(32 * (MAX_GROTH16_INPUTS + 1));
    const key = concat(VALID.key.slice(0, 448), new Uint8Array(64 * (MAX_GROTH16_INPUTS + 2)));
    expect(verifyGroth16({ key, proof: VALID.proof, inputs })).toBe(false);
  });
});

describe('verifyGroth16 at the identity', () => {
  it.each([
    ['A', { a: 0n }],
    ['B', { b: 0n }],
    ['alpha', { alpha: 0n }],
    ['beta', { beta: 0n }],
    ['gamma', { gamma: 0n }],
    ['every ic', { ic: [0n, 0n, 0n] }],
    ['the sum of the ic', { ic: [GROUP_ORDER - 24n, 2n, 2n] }]
  ] as const)('pairs it to one: %s', (_, changes) => {
    const claim = claimOf({ ...LOGARITHMS, ...changes });

    expect(verifyGroth16(claim)).toBe(true);
    expect(verifyGroth16({ ...claim, proof: withPart(claim.proof, 192, g1(999n)) })).toBe(false);
  });

  it('takes C, and all of them', () => {
    const withoutC = claimOf({ ...LOGARITHMS, a: 11n, b: 13n, ic: [0n, 0n, 0n] });
    expect(withoutC.proof.slice(192)).toEqual(new Uint8Array(64));
    expect(verifyGroth16(withoutC)).toBe(true);
    const zeros = { key: new Uint8Array(512), proof: new Uint8Array(256), inputs: new Uint8Array() };
    expect(verifyGroth16(zeros)).toBe(true);
  });

  it('refuses points with one coordinate zero', () => {
    for (const point of [concat(word(0n), word(1n)), concat(word(1n), word(0n))]) {
      expect(verifyGroth16({ ...VALID, proof: withPart(VALID.proof, 0, point) })).toBe(false);
      expect(verifyGroth16({ ...VALID, key: withPart(VALID.key, 448, point) })).toBe(false);
    }
  });
});

describe('verifyGroth16 outside G2', () => {
  /** A on the identity: without a look at the subgroup, B would not matter at all. */
  const blind = claimOf({ ...LOGARITHMS, a: 0n });

  it('refuses B, beta, gamma and delta there', () => {
    const outside = outsideG2();
    const zeros = { key: new Uint8Array(512), proof: new Uint8Array(256), inputs: new Uint8Array() };

    expect(verifyGroth16({ ...blind, proof: withPart(blind.proof, 64, g2(77n)) })).toBe(true);
    expect(verifyGroth16({ ...blind, proof: withPart(blind.proof, 64, outside) })).toBe(false);
    for (const offset of [64, 192, 320]) {
      expect(verifyGroth16({ ...zeros, key: withPart(zeros.key, offset, g2(77n)) })).toBe(true);
      expect(verifyGroth16({ ...zeros, key: withPart(zeros.key, offset, outside) })).toBe(false);
    }
  });

  it('refuses points of another curve', () => {
    const off = withPart(g2(5n), 96, word(1n));
    expect(verifyGroth16({ ...blind, proof: withPart(blind.proof, 64, off) })).toBe(false);
    expect(verifyGroth16({ ...VALID, proof: withPart(VALID.proof, 192, concat(word(1n), word(3n))) })).toBe(
      false
    );
  });
});

describe('what is kept of the last key', () => {
  it('changes no answer: keys may alternate, and change in place', () => {
    const other = claimOf({ ...LOGARITHMS, gamma: 71n });
    const key = VALID.key.slice();
    const answers = [
      verifyGroth16({ ...VALID, key }),
      verifyGroth16(other),
      verifyGroth16({ ...VALID, key }),
      verifyGroth16({ ...other, key: VALID.key })
    ];
    key.set(other.key);
    answers.push(verifyGroth16({ ...VALID, key }), verifyGroth16({ ...other, key }));
    key.fill(1);
    answers.push(verifyGroth16({ ...VALID, key }), verifyGroth16({ ...VALID, key }), verifyGroth16(VALID));

    expect(answers).toEqual([true, true, true, false, false, true, false, false, true]);
  });

  it('spares the Miller loop of alpha and beta', () => {
    const { Fp12 } = noble.fields;
    verifyGroth16(VALID);
    const squares = jest.spyOn(Fp12, 'sqr');
    const lines = jest.spyOn(Fp12, 'mul034');
    verifyGroth16(VALID);
    const warm = { squares: squares.mock.calls.length, lines: lines.mock.calls.length };
    lines.mockClear();
    verifyGroth16({ ...VALID, key: withPart(VALID.key, 0, g1(12n)) });
    const cold = lines.mock.calls.length;
    squares.mockRestore();
    lines.mockRestore();

    expect(warm.squares).toBeGreaterThan(0);
    expect(3 * cold).toBe(4 * warm.lines);
  });
});

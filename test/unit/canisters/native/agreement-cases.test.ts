import { createHash } from 'node:crypto';
import { decodeBigEndian } from '../../../../src/core/bytes';
import { type AgreementCase, DOORS } from '../../../support/agreement/agreement-case';
import { doorCases, takeCases } from '../../../support/agreement/door-cases';
import {
  type EngineCall,
  decodeAnswers,
  decodeCalls,
  encodeAnswers,
  encodeCalls
} from '../../../support/agreement/engine-call';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const COUNT = 1_000;

const casesOf = (door: (typeof DOORS)[number], seed = 1): AgreementCase[] => [
  ...takeCases(doorCases(door, seed), COUNT)
];

const digestOf = (cases: readonly AgreementCase[]): string =>
  createHash('sha256')
    .update(encodeCalls(cases.map(({ call }) => call)))
    .digest('hex');

describe.each(DOORS)('cases of %s', (door) => {
  it('are the same for a seed, and others for another', () => {
    expect(digestOf(casesOf(door))).toBe(digestOf(casesOf(door)));
    expect(digestOf(casesOf(door, 2))).not.toBe(digestOf(casesOf(door)));
  });

  it('keep the shapes that engines may rely on', () => {
    for (const { call, label } of casesOf(door)) expect([label, faultOf(call)]).toEqual([label, undefined]);
  });

  it('come through as bytes unchanged', () => {
    const calls = casesOf(door).map(({ call }) => call);

    const encoded = encodeCalls(calls);
    const decoded = [...decodeCalls(encoded)];
    expect(decoded.map(({ parts }) => parts.length)).toEqual(calls.map(({ parts }) => parts.length));
    expect(Buffer.compare(encodeCalls(decoded), encoded)).toBe(0);
  });
});

it('answers come through as bytes unchanged', () => {
  const answers = [Uint8Array.of(0), Uint8Array.of(1), new Uint8Array(66).fill(7)];

  expect(decodeAnswers(encodeAnswers(answers))).toEqual(answers);
});

/** What a call asks for that the doors would not let through. */
function faultOf({ operation, parts, argument }: EngineCall): string | undefined {
  const lengths = parts.map((part) => part.length).join(' ');
  const [first = new Uint8Array(0), second = new Uint8Array(0), third = new Uint8Array(0)] = parts;
  switch (operation) {
    case 'verifyEcdsa':
    case 'findYParity':
      if (!/^(33|65) 32 64$/.test(lengths)) return lengths;
      return keyFault(first) ?? scalarFault(third, ORDER / 2n);
    case 'recover':
      if (lengths !== '32 64' || argument > 3) return lengths;
      return scalarFault(second, ORDER - 1n);
    case 'verifySchnorr':
      return lengths === '32 32 64' ? undefined : lengths;
    case 'decompress':
      return keyFault(first);
    case 'addTweak':
      if (second.length !== 32 || decodeBigEndian(second) >= ORDER) return 'tweak';
      return keyFault(first);
    case 'addPoints':
      return lengths === '64 64' ? undefined : lengths;
    case 'verifyEd25519':
      return /^32 \d+ 64$/.test(lengths) && second.length <= 65_536 ? undefined : lengths;
    case 'verifyGroth16': {
      const expected = `${512 + (third.length / 32) * 64} 256 ${third.length}`;
      return lengths === expected ? undefined : lengths;
    }
    case 'sha256':
    case 'sha224':
    case 'sha512':
    case 'keccak256':
    case 'ripemd160':
      return undefined;
  }
}

function keyFault(key: Uint8Array): string | undefined {
  const prefix = key[0] ?? 0;
  const isShort = key.length === 33 && (prefix === 2 || prefix === 3);
  return isShort || (key.length === 65 && prefix === 4) ? undefined : `key ${key.length} ${prefix}`;
}

function scalarFault(signature: Uint8Array, largestS: bigint): string | undefined {
  const [r, s] = [decodeBigEndian(signature.subarray(0, 32)), decodeBigEndian(signature.subarray(32))];
  return r > 0n && r < ORDER && s > 0n && s <= largestS ? undefined : `r ${r} s ${s}`;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DER } from '@noble/curves/abstract/weierstrass';
import { schnorr } from '@noble/curves/secp256k1';
import { sha256 } from '@noble/hashes/sha2';
import { concat, fromHex, toHex } from '../../../../src/core/bytes';
import { type LoadedAdapter, instantiateNative, loadAdapter } from '../../../support/native/load-adapter';
import { describeWithVectors, readVectorText } from '../../../support/outside-vectors';
import * as cases from './secp256k1-cases';

const { FIELD, ORDER, Point, word } = cases;
const LIBRARY = join(__dirname, '../../../../node_modules/tiny-secp256k1/lib/secp256k1.wasm');
const OPERATIONS = [
  ...['prepare', 'ecdsa_verify', 'find_parity', 'recover', 'schnorr_verify'],
  ...['decompress', 'add_tweak', 'add_points']
];

async function load(): Promise<LoadedAdapter> {
  const offered = await instantiateNative('secp256k1-imports');
  return loadAdapter({
    adapter: 'secp256k1',
    name: 'secp256k1',
    library: Uint8Array.from(readFileSync(LIBRARY)),
    imports: { './rand.js': offered, './validate_error.js': offered }
  });
}

let adapter: LoadedAdapter;
beforeAll(async () => {
  adapter = await load();
});

const payloadOf = ({ digest, signature, publicKey }: cases.Claim): Uint8Array =>
  concat(digest, signature, publicKey);
const verify = (claim: cases.Claim): boolean => adapter.call('ecdsa_verify', payloadOf(claim)) === 1;
const findParity = (claim: cases.Claim): number | undefined =>
  adapter.compute('find_parity', payloadOf(claim), { size: 1 })?.[0];
const recover = ({ digest, signature }: cases.Claim, argument: number): Uint8Array | undefined =>
  adapter.compute('recover', concat(digest, signature), { size: 65, argument });
const verifySchnorr = (claim: cases.Claim): boolean => adapter.call('schnorr_verify', payloadOf(claim)) === 1;
const decompress = (key: Uint8Array): Uint8Array | undefined =>
  adapter.compute('decompress', key, { size: 65 });
const addTweak = (tweak: bigint, key: Uint8Array): Uint8Array | undefined =>
  adapter.compute('add_tweak', concat(word(tweak), key), { size: 33 });
const addPoints = (left: Uint8Array, right: Uint8Array): Uint8Array | undefined =>
  adapter.compute('add_points', concat(left, right), { size: 64 });

const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && toHex(bytes);
const coordinates = (point: cases.CurvePoint): Uint8Array => point.toBytes(false).slice(1);

/** Runs `trial` on `count` cases; each gives whether it had something to answer. Fails unless a tenth are of either kind. */
function repeat(count: number, trial: (index: number) => boolean): void {
  let answered = 0;
  for (let index = 0; index < count; index++) if (trial(index)) answered++;
  expect(answered).toBeGreaterThan(count / 10);
  expect(answered).toBeLessThan(count - count / 10);
}

describe('the areas of the adapter', () => {
  it('lie behind what the library uses, within its pages', () => {
    const [input, output, end] = [
      adapter.constant('input'),
      adapter.constant('output'),
      adapter.constant('pages') * 65_536
    ];

    expect(end).toBe(adapter.memory.buffer.byteLength);
    expect(input).toBeGreaterThanOrEqual(1_771_888); // the library's __heap_base
    expect(adapter.constant('input_size')).toBeGreaterThanOrEqual(161);
    expect(output).toBeGreaterThanOrEqual(input + adapter.constant('input_size'));
    expect(output + 65).toBeLessThanOrEqual(end);
  });
});

describe('ecdsa_verify, find_parity and recover', () => {
  it('agree with the definition on 1,000 claims', () => {
    const stream = cases.caseStream('claims');
    repeat(1_000, (index) => {
      const claim = cases.claim(stream);
      const { isValid, parity } = cases.judge(claim);
      const told = { index, isValid: verify(claim), parity: findParity(claim) };
      expect(told).toEqual({ index, isValid, parity });
      return isValid;
    });
  });

  it('recover what the definition gives on 1,500 claims, recovery ids 2 and 3 included', () => {
    const stream = cases.caseStream('recovery');
    const recovered = [0, 0, 0, 0];
    repeat(1_500, (index) => {
      const claim = cases.claim(stream);
      const key = cases.recoverKey(claim, index % 4);
      expect({ index, key: hex(recover(claim, index % 4)) }).toEqual({ index, key: hex(key) });
      if (key) recovered[index % 4] = (recovered[index % 4] ?? 0) + 1;
      return key !== undefined;
    });
    expect(Math.min(...recovered)).toBeGreaterThan(20);
  });

  it('tell a nonce point whose x is not below the order', () => {
    const nonce = cases.pointFrom(ORDER + 1n, 1);
    const [r, s] = [nonce.x - ORDER, 5n];
    const key = nonce.multiplyUnsafe(s).subtract(Point.BASE).multiplyUnsafe(Point.Fn.inv(r));
    const claim = {
      digest: word(1n),
      signature: concat(word(r), word(s)),
      publicKey: key.toBytes(true)
    };

    expect(verify(claim)).toBe(true);
    expect(findParity(claim)).toBeUndefined();
    expect(hex(recover(claim, 3))).toBe(hex(key.toBytes(false)));
    expect(hex(recover(claim, 2))).not.toBe(hex(key.toBytes(false)));
  });

  it('give no key at infinity', () => {
    const nonce = Point.BASE.multiplyUnsafe(7n);
    const claim = {
      digest: word(21n),
      signature: concat(word(nonce.x), word(3n)),
      publicKey: nonce.toBytes()
    };
    const parity = Number(nonce.y & 1n);

    expect(recover(claim, parity)).toBeUndefined();
    expect(recover(claim, 1 - parity)).toBeDefined();
    expect(recover(claim, 4)).toBeUndefined();
    expect(recover(claim, 0xffff)).toBeUndefined();
  });
});

describe('schnorr_verify', () => {
  it('agrees with an independent implementation on 1,000 claims', () => {
    const stream = cases.caseStream('schnorr');
    repeat(1_000, (index) => {
      const claim = cases.schnorrClaim(stream);
      const isValid = schnorr.verify(claim.signature, claim.digest, claim.publicKey);
      expect({ index, isValid: verifySchnorr(claim) }).toEqual({ index, isValid });
      return isValid;
    });
  });
});

describe('decompress', () => {
  it('agrees with an independent implementation on 10,000 keys', () => {
    const stream = cases.caseStream('keys');
    repeat(10_000, (index) => {
      const made = stream.point().toBytes(stream.below(2) === 0);
      const anyX = concat(Uint8Array.of(2 + stream.below(2)), word(stream.integer()));
      const key = stream.pick([made, made, stream.damaged(made), anyX]);
      const expected = cases.parsePoint(key)?.toBytes(false);
      expect({ index, key: hex(decompress(key)) }).toEqual({ index, key: hex(expected) });
      return expected !== undefined;
    });
  });

  it('refuses coordinates not below the field order, and hybrid keys', () => {
    const small = Point.fromBytes(concat(Uint8Array.of(2), word(1n)));
    const { x, y } = small.toAffine();
    const lowY = pointOfSmallY();

    expect(decompress(concat(Uint8Array.of(2), word(x)))).toBeDefined();
    expect(decompress(concat(Uint8Array.of(2), word(x + FIELD)))).toBeUndefined();
    expect(decompress(concat(Uint8Array.of(4), word(x + FIELD), word(y)))).toBeUndefined();
    expect(decompress(concat(Uint8Array.of(4), word(lowY.x), word(lowY.y)))).toBeDefined();
    expect(decompress(concat(Uint8Array.of(4), word(lowY.x), word(lowY.y + FIELD)))).toBeUndefined();
    expect(decompress(concat(Uint8Array.of(6 + Number(y & 1n)), coordinates(small)))).toBeUndefined();
  });
});

/** y below 2^32, so that y plus the field order fits 32 bytes; x is a cube root, as the field order is 7 modulo 9. */
function pointOfSmallY(y = 1n): { readonly x: bigint; readonly y: bigint } {
  const x = Point.Fp.pow(Point.Fp.create(y * y - 7n), (FIELD + 2n) / 9n);
  return Point.Fp.create(x * x * x + 7n - y * y) === 0n ? { x, y } : pointOfSmallY(y + 1n);
}

describe('add_tweak', () => {
  it('agrees with an independent implementation on 3,000 keys', () => {
    const stream = cases.caseStream('tweaks');
    repeat(3_000, (index) => {
      const [tweak, compressed] = [stream.integer(), stream.below(2) === 0];
      const product = Point.BASE.multiplyUnsafe((tweak % (ORDER - 1n)) + 1n);
      const made = stream.pick([stream.point(), product, product.negate()]).toBytes(compressed);
      const key = stream.pick([made, made, stream.damaged(made)]);
      const scalar = stream.pick([tweak, tweak, (tweak % (ORDER - 1n)) + 1n]);
      const sum = scalar < ORDER ? cases.parsePoint(key)?.add(Point.BASE.multiplyUnsafe(scalar)) : undefined;
      const expected = sum?.is0() === false ? sum.toBytes(true) : undefined;
      expect({ index, key: hex(addTweak(scalar, key)) }).toEqual({ index, key: hex(expected) });
      return expected !== undefined;
    });
  });

  it('gives nothing at infinity, and the key itself for zero', () => {
    const key = Point.BASE.multiplyUnsafe(9n);

    expect(addTweak(ORDER - 9n, key.toBytes(true))).toBeUndefined();
    expect(addTweak(9n, key.negate().toBytes(false))).toBeUndefined();
    expect(hex(addTweak(9n, key.toBytes(false)))).toBe(hex(key.double().toBytes(true)));
    expect(hex(addTweak(0n, key.toBytes(false)))).toBe(hex(key.toBytes(true)));
    expect(addTweak(ORDER, key.toBytes(true))).toBeUndefined();
  });
});

describe('add_points', () => {
  it('agrees with an independent implementation on 5,000 pairs', () => {
    const stream = cases.caseStream('pairs');
    repeat(5_000, (index) => {
      const point = stream.point();
      const other = stream.pick([stream.point(), stream.point(), point, point.negate()]);
      const [left, right] = [point, other].map(coordinates).map((made) => {
        const kind = stream.below(16);
        return kind > 1 ? made : kind === 1 ? stream.damaged(made) : new Uint8Array(64);
      }) as [Uint8Array, Uint8Array];
      const [first, second] = [left, right].map((bytes) => cases.parsePoint(concat(Uint8Array.of(4), bytes)));
      const sum = first && second && first.add(second);
      const expected = sum?.is0() === false ? coordinates(sum) : undefined;
      expect({ index, sum: hex(addPoints(left, right)) }).toEqual({ index, sum: hex(expected) });
      return expected !== undefined;
    });
  });
});

describe('an adapter', () => {
  it('answers yes or no, without a trap, to 6,000 payloads of any length and bytes', () => {
    const stream = cases.caseStream('noise');
    const lengths = [0, 1, 31, 32, 33, 64, 65, 96, 97, 128, 129, 160, 161, 255, 256];
    const statuses = new Set<number>();
    for (let index = 0; index < 6_000; index++) {
      const payload = stream.bytes(stream.pick(lengths));
      // A third look like keys, where the operations expect them.
      if (index % 3 === 0) [0, 32, 96].forEach((at) => payload.fill(stream.pick([2, 3, 4, 6]), at, at + 1));
      statuses.add(adapter.call(stream.pick(OPERATIONS), payload, stream.pick([0, 1, 2, 3, 4, 0xffff])));
    }
    expect([...statuses].sort()).toEqual([0, 1]);
  });

  it('answers no to payloads a byte too short or too long', () => {
    const key = Point.BASE.toBytes(true);
    const nonce = word(Point.BASE.x);
    const payloads = {
      ecdsa_verify: concat(word(0n), nonce, nonce, key),
      find_parity: concat(word(0n), nonce, nonce, key),
      recover: concat(word(0n), nonce, word(1n)),
      schnorr_verify: concat(word(7n), schnorr.sign(word(7n), word(1n)), nonce),
      decompress: key,
      add_tweak: concat(word(1n), key),
      add_points: concat(coordinates(Point.BASE), coordinates(Point.BASE))
    };
    const statuses = Object.entries(payloads).map(([operation, payload]) => [
      operation,
      adapter.call(operation, payload),
      adapter.call(operation, payload.slice(0, -1)),
      adapter.call(operation, concat(payload, Uint8Array.of(0)))
    ]);
    expect(statuses).toEqual(Object.keys(payloads).map((operation) => [operation, 1, 0, 0]));
  });

  it('loses nothing to malformed keys: its stack would be used up after 4,000', () => {
    const offCurve = concat(Uint8Array.of(4), new Uint8Array(64).fill(1));
    for (let index = 0; index < 10_000; index++) {
      if (decompress(offCurve) !== undefined || addTweak(1n, offCurve) !== undefined)
        throw new Error('a point off the curve was taken');
    }
    expect(hex(decompress(Point.BASE.toBytes(true)))).toBe(hex(Point.BASE.toBytes(false)));
  });

  it('answers the same whatever came before, prepared or not', async () => {
    const stream = cases.caseStream('history');
    const claims = Array.from({ length: 60 }, () => cases.claim(stream));
    const answers = (list: readonly cases.Claim[]): unknown[] =>
      list.map((claim) => [verify(claim), findParity(claim), hex(recover(claim, 1))]);
    const before = answers(claims);
    adapter = await load();
    expect(answers([...claims].reverse()).reverse()).toEqual(before);
    expect(adapter.call('prepare')).toBe(1);
    expect(adapter.call('prepare')).toBe(1);
    expect(answers(claims)).toEqual(before);
  });
});

type WycheproofFile = {
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  }[];
};
const WYCHEPROOF = 'wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json';

describeWithVectors(WYCHEPROOF, 'Wycheproof, ECDSA secp256k1 SHA-256 by Bitcoin rules', () => {
  it('has our verdict on every signature of two integers of 32 bytes', () => {
    const { testGroups } = JSON.parse(readVectorText(WYCHEPROOF)) as WycheproofFile;
    const found = testGroups.flatMap((group) => {
      const key = Point.fromBytes(fromHex(group.publicKey.uncompressed));
      return group.tests.flatMap((test) => {
        const signature = compactFromDer(fromHex(test.sig));
        if (signature === undefined) {
          expect(test.result).toBe('invalid');
          return [];
        }
        const verdicts = [true, false].map((compressed) =>
          verify({ digest: sha256(fromHex(test.msg)), signature, publicKey: key.toBytes(compressed) })
        );
        return [{ ...test, isRight: verdicts.every((verdict) => verdict === (test.result === 'valid')) }];
      });
    });

    expect(found.filter((test) => !test.isRight).map((test) => test.tcId)).toEqual([]);
    expect(found.filter((test) => test.result === 'valid').length).toBeGreaterThan(100);
    expect(found.filter((test) => test.result === 'invalid').length).toBeGreaterThan(50);
  });
});

function compactFromDer(der: Uint8Array): Uint8Array | undefined {
  try {
    const { r, s } = DER.toSig(der);
    return concat(word(r), word(s));
  } catch {
    return undefined;
  }
}

const BIP340 = 'bip340/test-vectors.csv';

describeWithVectors(BIP340, 'BIP-340', () => {
  it('has our verdict on every signature over 32 bytes', () => {
    const rows = readVectorText(BIP340)
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(','))
      .filter(([, , , , message]) => message?.length === 64);
    const wrong = rows.filter(([, , publicKey = '', , digest = '', signature = '', verdict]) => {
      const claim = {
        publicKey: fromHex(publicKey.toLowerCase()),
        digest: fromHex(digest.toLowerCase()),
        signature: fromHex(signature.toLowerCase())
      };
      return verifySchnorr(claim) !== (verdict === 'TRUE');
    });

    expect(rows).toHaveLength(15);
    expect(rows.filter((row) => row[6] === 'FALSE').length).toBeGreaterThan(8);
    expect(wrong.map(([index]) => index)).toEqual([]);
  });
});

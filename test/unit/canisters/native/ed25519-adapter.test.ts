import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519';
import fc from 'fast-check';
import { concat, fromHex, toHex } from '../../../../src/core/bytes';
import { SECTION, parseSections } from '../../../../src/local-ic/execution/wasm-sections';
import {
  type Ed25519Claim,
  GROUP_ORDER,
  NOT_CANONICAL_ENCODINGS,
  SMALL_ORDER_ENCODINGS,
  challengeOf,
  decodeLittleEndian,
  encodeLittleEndian,
  holdsLeniently,
  isValidByRule,
  signWith,
  torsionPoint
} from '../../../support/native/edge-signatures';
import { type LoadedAdapter, loadAdapter } from '../../../support/native/load-adapter';
import { readPackagedWasm } from '../../../support/native/packaged-wasm';
import { RFC_8032 } from '../../../support/rfc8032-vectors';

const { Point } = ed25519;
const PAGES = 3;
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** The library beginning with, and never having, more than the pages given. */
function withPages(library: Uint8Array, pages: number): Uint8Array {
  const changed = library.slice();
  const section = parseSections(library).raw.find(({ id }) => id === SECTION.memory);
  const from = section?.from ?? 0;
  // One memory, with a maximum; 64 pages at first.
  expect([...library.subarray(from, from + 3)]).toEqual([1, 1, 64]);
  changed[from + 2] = pages;
  return changed;
}

const never = (): never => {
  throw new Error('the library called out');
};

let loaded: LoadedAdapter;
beforeAll(async () => {
  const library = withPages(readPackagedWasm('libsodium-sumo/dist/modules-sumo/libsodium-sumo.js'), PAGES);
  const imports = { a: { a: never, b: never, c: never, d: never } };
  loaded = await loadAdapter({ adapter: 'ed25519', name: 'sodium', library, imports, memoryExport: 'e' });
});

const verify = ({ publicKey, message, signature }: Ed25519Claim): number =>
  loaded.call('ed25519_verify', concat(publicKey, signature, message));

/** The first of the claims, by message, whose challenge is `remainder` modulo 8. */
function findClaim(make: (message: Uint8Array) => Ed25519Claim, remainder: number): Ed25519Claim {
  for (let count = 0; ; count++) {
    const claim = make(text(`message ${count}`));
    const challenge = challengeOf(claim.signature.slice(0, 32), claim.publicKey, claim.message);
    if (challenge % 8n === BigInt(remainder)) return claim;
  }
}

const SECRET = 0x1234567890abcdef1234567890abcdefn;
const NONCE = 0xfedcba0987654321fedcba0987654321n;
const point = (scalar: bigint, torsion: number): Uint8Array =>
  Point.BASE.multiply(scalar).add(torsionPoint(torsion)).toBytes();

const honest = signWith({
  secret: SECRET,
  nonce: NONCE,
  commitment: point(NONCE, 0),
  publicKey: point(SECRET, 0),
  message: text('a message')
});

/** OpenSSL's Ed25519, by way of Node. */
function signWithOpenSsl(seed: Uint8Array, message: Uint8Array): Ed25519Claim {
  const der = concat(fromHex('302e020100300506032b657004220420'), seed);
  const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: new Uint8Array(spki).slice(12),
    message,
    signature: new Uint8Array(sign(null, message, key))
  };
}

describe('signatures made by the book', () => {
  it('accepts the vectors of RFC 8032', () => {
    expect(RFC_8032.map(verify)).toEqual([1, 1, 1, 1]);
  });

  it('accepts what OpenSSL signs, up to the longest message', () => {
    fc.assert(
      fc.property(bytesOf(32), fc.uint8Array({ maxLength: 400 }), (seed, message) => {
        expect(verify(signWithOpenSsl(seed, message))).toBe(1);
      })
    );
    for (const length of [4_096, 65_535, 65_536])
      expect(verify(signWithOpenSsl(new Uint8Array(32).fill(7), new Uint8Array(length).fill(5)))).toBe(1);
  });

  it.each(['publicKey', 'message', 'signature'] as const)('refuses every flipped bit of the %s', (field) => {
    for (const claim of RFC_8032) {
      for (let bit = 0; bit < claim[field].length * 8; bit++) {
        const flipped = claim[field].slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(verify({ ...claim, [field]: flipped })).toBe(0);
      }
    }
  });

  it('refuses what is too short to hold key and signature', () => {
    const whole = concat(honest.publicKey, honest.signature, honest.message);

    expect(loaded.constant('input_size')).toBe(96 + 65_536);
    expect(loaded.call('ed25519_verify', whole)).toBe(1);
    for (const length of [0, 32, 95])
      expect(loaded.call('ed25519_verify', whole.subarray(0, length))).toBe(0);
  });
});

const SMALL_ORDER = SMALL_ORDER_ENCODINGS.map((bytes) => ({ hex: toHex(bytes), bytes }));

describe('the edges of the rule', () => {
  it('refuses s from the group order on', () => {
    const commitment = honest.signature.slice(0, 32);
    const s = decodeLittleEndian(honest.signature.slice(32));
    const raised: bigint[] = [];
    for (let value = s + GROUP_ORDER; value < 2n ** 256n; value += GROUP_ORDER) raised.push(value);

    expect(verify(honest)).toBe(1);
    expect(raised).toHaveLength(15);
    for (const value of [
      ...raised,
      GROUP_ORDER,
      GROUP_ORDER - 1n,
      2n ** 256n - 1n,
      s + 2n ** 253n,
      s + 2n ** 255n
    ])
      expect(verify({ ...honest, signature: concat(commitment, encodeLittleEndian(value)) })).toBe(0);
  });

  it.each(SMALL_ORDER)('refuses the key $hex, of small order, though the equation holds', ({ bytes }) => {
    const publicKey = bytes;
    const commitment = point(NONCE, 0);
    const claim = findClaim(
      (message) => signWith({ secret: 0n, nonce: NONCE, commitment, publicKey, message }),
      0
    );

    expect(holdsLeniently(claim)).toBe(true);
    expect(verify(claim)).toBe(0);
  });

  it.each(SMALL_ORDER)('refuses R $hex, of small order, though the equation holds', ({ bytes }) => {
    const commitment = bytes;
    const decoded = Point.fromBytes(commitment, true);
    const index =
      Array.from({ length: 8 }, (_, at) => at).find((at) => torsionPoint(at).equals(decoded)) ?? 0;
    const publicKey = point(SECRET, 1);
    // [s]B - [k]A is then -k times the point of order 8 in the key.
    const claim = findClaim(
      (message) => signWith({ secret: SECRET, nonce: 0n, commitment, publicKey, message }),
      (8 - index) % 8
    );

    expect(holdsLeniently(claim)).toBe(true);
    expect(verify(claim)).toBe(0);
  });

  it('takes keys and R with a part of small order exactly when the equation holds without the factor 8', () => {
    const answers = new Set<number>();
    for (let keyPart = 0; keyPart < 8; keyPart++) {
      for (let noncePart = 0; noncePart < 8; noncePart++) {
        const [publicKey, commitment] = [point(SECRET, keyPart), point(NONCE, noncePart)];
        for (let remainder = 0; remainder < 8; remainder++) {
          const make = (message: Uint8Array): Ed25519Claim =>
            signWith({ secret: SECRET, nonce: NONCE, commitment, publicKey, message });
          const claim = findClaim(make, remainder);
          const expected = (noncePart + remainder * keyPart) % 8 === 0 ? 1 : 0;
          answers.add(expected);

          expect([holdsLeniently(claim), verify(claim)]).toEqual([true, expected]);
        }
      }
    }
    expect(answers.size).toBe(2);
  });

  it('answers as the rule says to any mixture of odd parts', () => {
    const odd = [...SMALL_ORDER_ENCODINGS, ...NOT_CANONICAL_ENCODINGS];
    const points = [point(SECRET, 0), point(NONCE, 0), point(SECRET, 1), new Uint8Array(32).fill(2)];
    const part = fc.oneof(fc.constantFrom(...odd), fc.constantFrom(...points), bytesOf(32));
    const scalar = fc.constantFrom(0n, SECRET, NONCE);
    const made = fc.record({
      secret: scalar,
      nonce: scalar,
      commitment: part,
      publicKey: part,
      message: fc.uint8Array({ maxLength: 3 })
    });
    fc.assert(
      fc.property(made.map(signWith), (claim) => expect(verify(claim)).toBe(isValidByRule(claim) ? 1 : 0)),
      { numRuns: 1_000 }
    );
  });

  it('refuses keys and R that are not canonically encoded', () => {
    for (const bytes of NOT_CANONICAL_ENCODINGS) {
      expect(verify({ ...honest, publicKey: bytes })).toBe(0);
      expect(verify({ ...honest, signature: concat(bytes, honest.signature.slice(32)) })).toBe(0);
    }
  });
});

describe('memory', () => {
  const CONSTANTS_END = 42_112;
  const STACK_TOP = 107_648;

  it('is of the pages it says, of which only the stack and the input are written', () => {
    const memory = new Uint8Array(loaded.memory.buffer);
    const inputEnd = loaded.constant('input') + loaded.constant('input_size');
    const constants = memory.slice(0, CONSTANTS_END);
    memory.fill(0xa5, CONSTANTS_END, STACK_TOP);
    memory.fill(0xa5, inputEnd);

    expect(verify(signWithOpenSsl(new Uint8Array(32).fill(7), new Uint8Array(65_536)))).toBe(1);
    expect(loaded.constant('pages')).toBe(PAGES);
    expect(memory).toHaveLength(PAGES * 65_536);
    expect(memory.slice(0, CONSTANTS_END)).toEqual(constants);
    expect(memory.subarray(inputEnd).every((byte) => byte === 0xa5)).toBe(true);
    const stackUsed = STACK_TOP - memory.findIndex((byte, at) => at >= CONSTANTS_END && byte !== 0xa5);
    expect(stackUsed).toBeGreaterThan(0);
    expect(stackUsed).toBeLessThan(8_192);
  });
});

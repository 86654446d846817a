/** 100,000 envelopes that were damaged on the way: each is refused with a 4xx, or answered as what was signed. */
import { parseEnvelope } from '../../../../src/local-ic/protocol/envelope';
import { RequestError } from '../../../../src/local-ic/protocol/request-error';
import { type IngressMessage, type QueryMessage } from '../../../../src/local-ic/replica/replica-port';
import {
  anonymously,
  callContent,
  CANISTER,
  createFixture,
  queryContent,
  readContent,
  SECOND_NS,
  signed,
  utf8
} from '../../../support/local-ic/endpoints-fixture';
import { delegate, encodeEnvelope, signContent } from '../../../support/local-ic/signed-envelope';
import { createTestSigner } from '../../../support/local-ic/test-signer';

const SEED = 20_260_817;
const ENVELOPES_PER_KIND = 20_000;
const TARGET = { kind: 'canister', id: CANISTER } as const;
/** Heads of CBOR items that ask for trouble: indefinite, of 8 bytes, tags, floats, breaks. */
const HEADS = [
  0x1b, 0x3b, 0x5b, 0x5f, 0x7b, 0x7f, 0x9b, 0x9f, 0xbb, 0xbf, 0xc2, 0xc3, 0xd9, 0xdb, 0xf6, 0xf9, 0xfb, 0xff
];

/** A generator of numbers below `limit`, the same for the same seed (mulberry32). */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

type Random = ReturnType<typeof createRandom>;
type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const splice = (bytes: Uint8Array, start: number, removed: number, inserted: Uint8Array): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, start), ...inserted, ...bytes.subarray(start + removed)]);

const setByte = (bytes: Uint8Array, index: number, value: number): Uint8Array => {
  const changed = bytes.slice();
  changed[index] = value;
  return changed;
};

const partOf = (bytes: Uint8Array, random: Random): Uint8Array => {
  const start = random(bytes.length);
  return bytes.subarray(start, start + 1 + random(40));
};

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const index = random(bytes.length);
    return setByte(bytes, index, (bytes[index] ?? 0) ^ (1 << random(8)));
  },
  (bytes, random) => setByte(bytes, random(bytes.length), random(256)),
  (bytes, random) => setByte(bytes, random(bytes.length), HEADS[random(HEADS.length)] ?? 0xff),
  (bytes, random) => splice(bytes, random(bytes.length), 1 + random(20), new Uint8Array(0)),
  (bytes, random) => splice(bytes, random(bytes.length), 0, partOf(bytes, random)),
  (bytes, random) =>
    splice(bytes, random(bytes.length), 0, Uint8Array.of(HEADS[random(HEADS.length)] ?? 0xff)),
  (bytes, random, other) => splice(bytes, random(bytes.length), random(40), partOf(other, random)),
  (bytes, random, other) =>
    Uint8Array.from([...bytes.subarray(0, random(bytes.length)), ...partOf(other, random)]),
  (bytes, random) => bytes.slice(0, random(bytes.length))
];

function mutate(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  let mutated = bytes;
  for (let count = 1 + random(3); count > 0; count -= 1)
    mutated = (MUTATIONS[random(MUTATIONS.length)] ?? MUTATIONS[0])?.(mutated, random, other) ?? mutated;
  return mutated.length === 0 ? Uint8Array.of(0) : mutated;
}

const fixture = createFixture();
const { replica, endpoints } = fixture;
const session = createTestSigner('ed25519');
const root = createTestSigner('ed25519');

function delegated(): Uint8Array {
  const content = callContent(replica, { sender: root.sender, nonce: Uint8Array.of(1, 2) });
  const delegations = [
    delegate(root, session, {
      expiration: replica.nowNs + 60n * SECOND_NS,
      targets: [CANISTER],
      permissions: 'all'
    })
  ];
  return encodeEnvelope(signContent(content, session, { from: root, delegations }));
}

const ENVELOPES = {
  call: signed(callContent(replica)),
  query: signed(queryContent(replica)),
  read_state: signed(readContent(replica, [[utf8('time')], [utf8('subnet')]])),
  delegatedCall: delegated()
};

const typeOf = (kind: keyof typeof ENVELOPES): 'call' | 'query' | 'read_state' =>
  kind === 'delegatedCall' ? 'call' : kind;

/** What reached the replica of the last request. */
let seen: IngressMessage | QueryMessage | undefined;
replica.onQuery = (message) => {
  seen = message;
  return Promise.resolve({ kind: 'replied', reply: message.arg });
};

/** Answers, or refuses with a 4xx; anything else fails the test. */
async function isAnswered(body: Uint8Array, type: 'call' | 'query' | 'read_state'): Promise<boolean> {
  try {
    if (type === 'call') await endpoints.call(body, TARGET, 'async');
    else if (type === 'query') await endpoints.query(body, TARGET);
    else endpoints.readState(body, TARGET);
    return true;
  } catch (error) {
    // A RequestError is a 4xx by its type.
    if (!(error instanceof RequestError)) throw error;
    return false;
  }
}

it.each(Object.keys(ENVELOPES) as (keyof typeof ENVELOPES)[])(
  `%s, damaged in ${ENVELOPES_PER_KIND} ways`,
  async (kind) => {
    const type = typeOf(kind);
    const body = ENVELOPES[kind];
    const { request } = parseEnvelope(body, type);
    const random = createRandom(SEED);
    const others = Object.values(ENVELOPES);
    let answeredCount = 0;
    for (let count = 0; count < ENVELOPES_PER_KIND; count += 1) {
      const mutated = mutate(body, random, others[random(others.length)] ?? body);
      seen = undefined;
      if (!(await isAnswered(mutated, type))) continue;
      answeredCount += 1;
      expect(parseEnvelope(mutated, type).request).toEqual(request);
      if (seen !== undefined) expect(seen).toMatchObject({ methodName: 'greet', arg: Uint8Array.of(1) });
    }
    // Some damage is none: a byte replaced by itself, the tag in front cut off.
    expect(answeredCount).toBeGreaterThan(0);
    expect(answeredCount).toBeLessThan(ENVELOPES_PER_KIND / 20);
    expect(replica.submitted.length).toBeLessThanOrEqual(2);
  },
  30_000
);

it(`anonymous calls, damaged in ${ENVELOPES_PER_KIND} ways, become another valid call or none`, async () => {
  const open = createFixture();
  const random = createRandom(SEED);
  const body = anonymously(callContent(open.replica));
  for (let count = 0; count < ENVELOPES_PER_KIND; count += 1) {
    const mutated = mutate(body, random, ENVELOPES.call);
    try {
      await open.endpoints.call(mutated, TARGET, 'async');
      const { request } = parseEnvelope(mutated, 'call');
      expect(request.canisterId).toEqual(CANISTER);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
    }
  }
});

/** The engine wherever a canister may call it, and the system call whose place it takes, which must stay what it was. */
import { Actor, Certificate, HttpAgent } from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import { chosenVariant } from '../../../scripts/build/variant';
import { toHex } from '../../../src/core/bytes';
import { engine as noble } from '../../../src/core/crypto/noble/engine';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { errorCodeOf, rejectMessageOf } from '../../fixtures/local-ic/test-replica';
import { type Door } from '../../support/agreement/agreement-case';
import { BLOB, CryptoCanister, decodeBlob, decodeReply } from '../../support/agreement/crypto-canister';
import { doorCases, takeCases } from '../../support/agreement/door-cases';
import { type EngineCall, answerOf, encodeAnswers, encodeCalls } from '../../support/agreement/engine-call';
import { buildFixtureCanister } from '../../support/build-fixture-canister';

const IS_NATIVE = chosenVariant() === 'native';
const itNative = IS_NATIVE ? it : it.skip;
const onlyLinked = IS_NATIVE ? '' : ' (skipped: these canisters have no native code)';
const GUARD_LENGTH = 64;
const GUARD = 0xa5;
const MAGIC = [...'HYPHA/NC'].map((character) => character.charCodeAt(0));
const STATUS_OFFSET = 11;
const MALFORMED = 2;

/** Calls of every door, far enough apart to be of many kinds, with the answers of noble. */
const sampleOf = (door: Door, step: number): EngineCall[] =>
  [...takeCases(doorCases(door, 5), 8 * step)]
    .filter((_, index) => index % step === 0)
    .map(({ call }) => call);
const sample = [
  ...sampleOf('hash', 300),
  ...sampleOf('secp256k1', 5),
  ...sampleOf('ed25519', 5),
  // A single one by noble is more than a query may cost.
  ...(IS_NATIVE ? sampleOf('bn254', 10) : [])
];
const CALLS = encodeCalls(sample);
const ANSWERS = encodeAnswers(sample.map((call) => answerOf(noble, call)));
const GENEROUS = 30_000_000_000n;

const bytes32 = (seed: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, index) => seed + index);

let wasmModule: Uint8Array;
let canisters: CryptoCanister[] = [];

beforeAll(async () => {
  wasmModule = await buildFixtureCanister('test/fixtures/local-ic/azle-crypto.ts', chosenVariant());
}, 120_000);

afterEach(() => {
  for (const canister of canisters) canister.close();
  canisters = [];
});

function newCanister(): CryptoCanister {
  const canister = new CryptoCanister(wasmModule);
  canisters.push(canister);
  return canister;
}

const expectAnswers = (answers: Uint8Array): void => expect(Buffer.compare(answers, ANSWERS)).toBe(0);

const run = async (canister: CryptoCanister): Promise<Uint8Array> =>
  decodeBlob(await canister.update('run', [BLOB, IDL.Nat64], [CALLS, GENEROUS]));

/** What the network certifies for the canister. */
async function certifiedData(canister: CryptoCanister): Promise<Uint8Array | undefined> {
  const { id } = await canister.canister();
  return canister.host.replica.canister(id)?.certifiedData;
}

describe('the engine', () => {
  it('answers in updates and in queries', async () => {
    const canister = newCanister();

    expectAnswers(await run(canister));
    expectAnswers(encodeAnswers(await canister.answer(sample, { inQueries: true })));
    expectAnswers(await run(canister));
  });

  it('answers before an await and after it', async () => {
    const outcome = await newCanister().update('runAroundAwait', [BLOB], [CALLS]);

    const answers = decodeReply(IDL.Vec(BLOB), outcome) as Uint8Array[];
    expect(answers).toHaveLength(2);
    for (const each of answers) expectAnswers(Uint8Array.from(each));
  });

  it('answers in timers', async () => {
    const canister = newCanister();
    await canister.update('runInTimer', [BLOB], [CALLS]);

    await canister.host.advance(1);

    expectAnswers(decodeBlob(await canister.query('readTimerAnswers')));
  });

  it('answers as before after a trap, whose message is undone', async () => {
    const canister = newCanister();
    await canister.update('certify', [BLOB, BLOB], [CALLS, bytes32(1)]);

    const trapped = await canister.update('runAndTrap', [BLOB, BLOB], [CALLS, bytes32(2)]);
    const trappedLater = await canister.update('runAndTrapAfterAwait', [BLOB], [CALLS]);

    expect(rejectMessageOf(trapped)).toContain('trapped on purpose');
    expect(rejectMessageOf(trappedLater)).toContain('trapped on purpose');
    expect(await certifiedData(canister)).toEqual(bytes32(1));
    expectAnswers(await run(canister));
    await canister.update('certify', [BLOB, BLOB], [CALLS, bytes32(3)]);
    expect(await certifiedData(canister)).toEqual(bytes32(3));
  });

  it('answers as before when the heap has grown, and leaves the heap alone', async () => {
    const canister = newCanister();
    for (const grown of [20, 60]) {
      expectAnswers(await run(canister));
      await canister.update('grow', [IDL.Nat32], [grown - Number(await intactChunks(canister))]);

      expectAnswers(await run(canister));
      expect(await intactChunks(canister)).toBe(grown);
    }
  });

  it('answers as before after an upgrade', async () => {
    const canister = newCanister();
    expectAnswers(await run(canister));

    const outcome = await canister.host.installCode(await canister.canister(), wasmModule, {
      mode: { upgrade: [] },
      arg: new Uint8Array(IDL.encode([], []))
    });

    expect(outcome.kind).toBe('replied');
    expectAnswers(encodeAnswers(await canister.answer(sample, { inQueries: true })));
    expectAnswers(await run(canister));
  });
});

const intactChunks = async (canister: CryptoCanister): Promise<number> =>
  Number(decodeReply(IDL.Nat32, await canister.query('intactChunks')));

/** The buffer as the system call left it; fails when a byte around it was changed. */
async function handToSystemCall(canister: CryptoCanister, buffer: Uint8Array): Promise<Uint8Array> {
  const guarded = decodeBlob(await canister.update('handToSystemCall', [BLOB], [buffer]));
  expect(guarded).toHaveLength(buffer.length + 2 * GUARD_LENGTH);
  const guards = [guarded.subarray(0, GUARD_LENGTH), guarded.subarray(-GUARD_LENGTH)];
  for (const guard of guards) expect(guard).toEqual(new Uint8Array(GUARD_LENGTH).fill(GUARD));
  return guarded.subarray(GUARD_LENGTH, -GUARD_LENGTH);
}

describe('the system call', () => {
  it.each([0, 1, 16, 31, 32])('takes %d bytes as they are', async (length) => {
    const canister = newCanister();
    const data = bytes32(7).subarray(0, length);

    expect(await handToSystemCall(canister, data)).toEqual(data);
    expect(await certifiedData(canister)).toEqual(data);
  });

  it('takes 32 bytes that begin like a request', async () => {
    const canister = newCanister();
    const data = Uint8Array.from([...MAGIC, ...bytes32(7).subarray(MAGIC.length)]);

    expect(await handToSystemCall(canister, data)).toEqual(data);
    expect(await certifiedData(canister)).toEqual(data);
  });

  it.each([
    ['33 bytes', new Uint8Array(33)],
    ['a thousand bytes', new Uint8Array(1_000).fill(7)],
    ['nearly a request', Uint8Array.from([...MAGIC.slice(0, 7), 0, 1, 1, ...new Uint8Array(40)])]
  ])('traps on %s', async (_, buffer) => {
    const canister = newCanister();
    await canister.update('certify', [BLOB, BLOB], [CALLS, bytes32(1)]);

    const outcome = await canister.update('handToSystemCall', [BLOB], [buffer]);

    expect(errorCodeOf(outcome)).toBe('IC0504');
    expect(rejectMessageOf(outcome)).toContain('certified');
    expect(await certifiedData(canister)).toEqual(bytes32(1));
    expectAnswers(await run(canister));
  });

  it('may not be made in a query', async () => {
    const outcome = await newCanister().query('certifyInQuery', [BLOB], [bytes32(1)]);

    expect(errorCodeOf(outcome)).toBe('IC0504');
  });
});

type Request = {
  readonly version?: number;
  readonly operation: number;
  readonly argument?: number;
  /** As the header says; the payload's by default. */
  readonly length?: number;
  readonly payload: Uint8Array;
};

function encodeRequest({
  version = 1,
  operation,
  argument = 0,
  payload,
  length = payload.length
}: Request): Uint8Array {
  const request = new Uint8Array(16 + payload.length);
  request.set([...MAGIC, version, operation, argument, 0xff]);
  new DataView(request.buffer).setUint32(12, length, true);
  request.set(payload, 16);
  return request;
}

describe(`a request to the native code${onlyLinked}`, () => {
  itNative('is answered in place', async () => {
    const payload = new Uint8Array(40).fill(9);
    payload.set([0x61, 0x62, 0x63]);
    const answer = await handToSystemCall(newCanister(), encodeRequest({ operation: 1, length: 3, payload }));

    // SHA-256 of "abc", FIPS 180-4.
    expect(toHex(answer.subarray(16, 48))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    );
    expect(answer[STATUS_OFFSET]).toBe(1);
    expect(answer.subarray(48)).toEqual(new Uint8Array(8).fill(9));
  });

  const payload = new Uint8Array(200).fill(3);
  const malformed: readonly (readonly [string, Request])[] = [
    ['of another version', { version: 2, operation: 1, payload }],
    ['of version zero', { version: 0, operation: 1, payload }],
    ...[6, 15, 23, 31, 33, 47, 49, 255].map(
      (operation) => [`for the operation ${operation}, which there is not`, { operation, payload }] as const
    ),
    ['longer than its buffer', { operation: 1, length: 201, payload }],
    ['longer than memory', { operation: 1, length: 0xffffffff, payload }],
    ['without room for its digest', { operation: 1, payload: payload.subarray(0, 17) }],
    ...[16, 17, 18, 19, 20, 21, 22, 32, 48].flatMap((operation) => [
      [`too short for the operation ${operation}`, { operation, payload: payload.subarray(0, 20) }] as const,
      [`too long for the operation ${operation}`, { operation, payload: new Uint8Array(70_000) }] as const
    ]),
    [
      'for a Groth16 check with more inputs than came',
      { operation: 48, argument: 2, payload: new Uint8Array(768) }
    ],
    [
      'for a Groth16 check with too many inputs',
      { operation: 48, argument: 17, payload: new Uint8Array(768 + 17 * 96) }
    ]
  ];

  itNative('that is malformed is called so and left as it is', async () => {
    const canister = newCanister();
    for (const [name, request] of malformed) {
      const buffer = encodeRequest(request);
      const answer = await handToSystemCall(canister, buffer);

      expect([name, answer[STATUS_OFFSET]]).toEqual([name, MALFORMED]);
      answer[STATUS_OFFSET] = 0xff;
      expect([name, Buffer.compare(answer, buffer)]).toEqual([name, 0]);
    }
    expect(await certifiedData(canister)).toEqual(new Uint8Array(0));
    expectAnswers(await run(canister));
  });
});

describe('certified data', () => {
  it('is in the certificate that a query sees, with native code before and after', async () => {
    const localIc = await LocalIc.start({});
    try {
      const canisterId = await localIc.installCanister({ wasmModule });
      const agent = await HttpAgent.create({ host: localIc.url, shouldFetchRootKey: true });
      const service = Actor.createActor<CryptoService>(() => cryptoInterface, { agent, canisterId });
      await service.certify(CALLS, bytes32(11));
      await service.run(CALLS, GENEROUS);

      const certificates = await service.certificates(CALLS);

      expect(certificates).toHaveLength(2);
      for (const certificate of certificates) {
        const verified = await Certificate.create({
          certificate: Uint8Array.from(certificate),
          rootKey: agent.rootKey ?? new Uint8Array(0),
          canisterId
        });
        const found = verified.lookup_path(['canister', canisterId.toUint8Array(), 'certified_data']);
        expect(found).toMatchObject({ value: bytes32(11) });
      }
    } finally {
      await localIc.stop();
    }
  });
});

type CryptoService = {
  certify(calls: Uint8Array, data: Uint8Array): Promise<void>;
  run(calls: Uint8Array, budget: bigint): Promise<Uint8Array>;
  certificates(calls: Uint8Array): Promise<Uint8Array[]>;
};

const cryptoInterface = IDL.Service({
  certify: IDL.Func([BLOB, BLOB], [], []),
  run: IDL.Func([BLOB, IDL.Nat64], [BLOB], []),
  certificates: IDL.Func([BLOB], [IDL.Vec(BLOB)], ['query'])
});

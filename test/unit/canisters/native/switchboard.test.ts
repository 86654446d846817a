/** The switchboard in Node: what it takes for a request, what it refuses, and that it touches nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NativeInNode, startNativeInNode } from '../../../support/native/node-engine';

const HEADER_BYTES = 16;
const NO_SUCH_REQUEST = 2;
const UNANSWERED = 0xff;
const DOCUMENT = join(__dirname, '../../../../docs/native.md');

let native: NativeInNode;

beforeAll(async () => {
  native = await startNativeInNode();
}, 60_000);

type Request = { operation: number; length: number; version?: number; argument?: number; room?: number };

function request({
  operation,
  length,
  version = 1,
  argument = 0,
  room = Math.max(length, 65)
}: Request): Uint8Array {
  const buffer = new Uint8Array(HEADER_BYTES + room).fill(0xa5, HEADER_BYTES);
  buffer.set([...Buffer.from('HYPHA/NC'), version, operation, argument, UNANSWERED]);
  new DataView(buffer.buffer).setUint32(12, length, true);
  return buffer;
}

function statusOf(asked: Request): number | undefined {
  const buffer = request(asked);
  const passedOn = native.passedOn.length;
  native.systemCall(buffer);
  expect(native.passedOn).toHaveLength(passedOn);
  return buffer[11];
}

const OPERATIONS = [0, 1, 2, 3, 4, 5, 16, 17, 18, 19, 20, 21, 22, 32, 48];
/** Payload lengths that operations with a fixed one take. */
const LENGTHS: Readonly<Record<number, readonly number[]>> = {
  16: [129, 161],
  17: [129, 161],
  18: [96],
  19: [128],
  20: [33, 65],
  21: [65, 97],
  22: [128]
};

describe('what is no request', () => {
  it('goes on to the system call as it is', () => {
    for (const length of [0, 1, 31, 32]) {
      const buffer = request({ operation: 1, length: 0 }).subarray(0, length).slice();
      const before = buffer.slice();
      native.systemCall(buffer);
      expect(native.passedOn.at(-1)).toEqual(before);
      expect(buffer).toEqual(before);
    }
  });

  it('is every buffer whose first eight bytes are not the magic', () => {
    for (let bit = 0; bit < 64; bit += 1) {
      const buffer = request({ operation: 1, length: 3 });
      buffer[bit >> 3] = (buffer[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const before = buffer.slice();
      native.systemCall(buffer);
      expect(native.passedOn.at(-1)).toEqual(before);
      expect(buffer).toEqual(before);
    }
  });
});

describe('a request', () => {
  it('of another version, or of no operation, is refused', () => {
    for (const version of [0, 2, 255])
      expect(statusOf({ operation: 1, length: 3, version })).toBe(NO_SUCH_REQUEST);
    for (let operation = 0; operation < 256; operation += 1) {
      const status = statusOf({ operation, length: 0 });
      if (!OPERATIONS.includes(operation)) expect(status).toBe(NO_SUCH_REQUEST);
    }
  });

  it('whose payload is longer than its buffer is refused', () => {
    for (const length of [66, 1_000, 2 ** 31, 2 ** 32 - 1]) {
      expect(statusOf({ operation: 1, length, room: 65 })).toBe(NO_SUCH_REQUEST);
    }
  });

  it('without room for the value is refused', () => {
    for (const [operation, room] of [
      [1, 31],
      [2, 63],
      [3, 31],
      [4, 19],
      [5, 27]
    ] as const) {
      expect(statusOf({ operation, length: 0, room })).toBe(NO_SUCH_REQUEST);
      expect(statusOf({ operation, length: 0, room: room + 1 })).toBe(1);
    }
  });

  it.each(Object.entries(LENGTHS))('of operation %s has one of the lengths %j', (operation, lengths) => {
    for (let length = 0; length < 200; length += 1) {
      const refused = statusOf({ operation: Number(operation), length }) === NO_SUCH_REQUEST;
      expect(refused).toBe(!lengths.includes(length));
    }
  });

  it('of Ed25519 has a message of at most 65,536 bytes', () => {
    for (const length of [0, 95, 96 + 65_537, 2 ** 20])
      expect(statusOf({ operation: 32, length })).toBe(NO_SUCH_REQUEST);
    for (const length of [96, 97, 96 + 65_536]) expect(statusOf({ operation: 32, length })).toBe(0);
  });

  it('of Groth16 has a key and inputs of as many as its argument says, 16 at most', () => {
    for (let argument = 0; argument < 20; argument += 1) {
      const length = 768 + 96 * argument;
      expect(statusOf({ operation: 48, length, argument })).toBe(argument <= 16 ? 0 : NO_SUCH_REQUEST);
      expect(statusOf({ operation: 48, length: length - 1, argument })).toBe(NO_SUCH_REQUEST);
      expect(statusOf({ operation: 48, length: length + 96, argument })).toBe(NO_SUCH_REQUEST);
    }
  });

  it('changes its buffer in the status and the value alone', () => {
    const buffer = request({ operation: 1, length: 40, room: 200 });
    const before = buffer.slice();
    native.systemCall(buffer);
    expect(buffer[11]).toBe(1);
    expect(buffer.subarray(0, 11)).toEqual(before.subarray(0, 11));
    expect(buffer.subarray(12, 16)).toEqual(before.subarray(12, 16));
    expect(buffer.subarray(48)).toEqual(before.subarray(48));
    const refused = request({ operation: 20, length: 33, room: 200 });
    const refusedBefore = refused.slice();
    native.systemCall(refused);
    expect(refused[11]).toBe(0);
    expect(refused.subarray(12)).toEqual(refusedBefore.subarray(12));
  });
});

describe('docs/native.md', () => {
  it('has a row for every operation', () => {
    const [, table = ''] = /^\| operation .*\n((?:\|.*\n)+)/m.exec(readFileSync(DOCUMENT, 'utf8')) ?? [];
    const rows = [...table.matchAll(/^\| (\d+) /gm)].map(([, number]) => Number(number));
    expect(rows).toEqual(OPERATIONS);
  });
});

/**
 * Calls of a crypto engine as bytes, and their answers. It is part of the fixture canister too, so nothing here may be
 * of Node alone.
 *
 * A call: operation, argument, number of parts, the length of each part (4 bytes, little-endian), the parts. An answer:
 * its length (1 byte), then 0 for no or no value, or 1 and the value.
 */
import { type CryptoEngine } from '../../../src/core/crypto/engine';

/** In the numbers that the operations have in requests to the linked code. */
export const OPERATIONS = {
  sha256: 1,
  sha512: 2,
  keccak256: 3,
  ripemd160: 4,
  sha224: 5,
  verifyEcdsa: 16,
  findYParity: 17,
  recover: 18,
  verifySchnorr: 19,
  decompress: 20,
  addTweak: 21,
  addPoints: 22,
  verifyEd25519: 32,
  verifyGroth16: 48
} as const;

export type Operation = keyof typeof OPERATIONS;

export type EngineCall = {
  readonly operation: Operation;
  /** What the engine takes, in its order; for a hash the parts of the message. */
  readonly parts: readonly Uint8Array[];
  /** Recovery id of `recover`; 0 elsewhere. */
  readonly argument: number;
};

const NAMES = new Map<number, Operation>(
  (Object.entries(OPERATIONS) as [Operation, number][]).map(([name, number]) => [number, name])
);
const EMPTY = new Uint8Array(0);

export const NO = Uint8Array.of(0);
export const YES = Uint8Array.of(1);

/** The answer that carries a value. */
export function valueAnswer(value: Uint8Array): Uint8Array {
  const answer = new Uint8Array(1 + value.length);
  answer[0] = 1;
  answer.set(value, 1);
  return answer;
}

export const engineCall = (operation: Operation, ...parts: Uint8Array[]): EngineCall => ({
  operation,
  parts,
  argument: 0
});

/** Asks the engine. */
export function answerOf(engine: CryptoEngine, call: EngineCall): Uint8Array {
  const { operation, parts, argument } = call;
  const [first = EMPTY, second = EMPTY, third = EMPTY] = parts;
  switch (operation) {
    case 'sha256':
    case 'sha224':
    case 'sha512':
    case 'keccak256':
    case 'ripemd160':
      return valueAnswer(engine.hash[operation](parts));
    case 'verifyEcdsa':
    case 'verifySchnorr':
      return engine.secp256k1[operation](first, second, third) ? YES : NO;
    case 'findYParity': {
      const parity = engine.secp256k1.findYParity(first, second, third);
      return parity === undefined ? NO : Uint8Array.of(1, parity);
    }
    case 'recover':
      return optionalAnswer(engine.secp256k1.recover(first, second, argument));
    case 'decompress':
      return optionalAnswer(engine.secp256k1.decompress(first));
    case 'addTweak':
    case 'addPoints':
      return optionalAnswer(engine.secp256k1[operation](first, second));
    case 'verifyEd25519':
      return engine.ed25519.verify(first, second, third) ? YES : NO;
    case 'verifyGroth16':
      return engine.bn254.verifyGroth16(first, second, third) ? YES : NO;
  }
}

const optionalAnswer = (value: Uint8Array | undefined): Uint8Array =>
  value === undefined ? NO : valueAnswer(value);

/** Calls one after the other. */
export function encodeCalls(calls: readonly EngineCall[]): Uint8Array {
  const size = calls.reduce((sum, call) => sum + encodedLength(call), 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const { operation, argument, parts } of calls) {
    bytes.set([OPERATIONS[operation], argument, parts.length], offset);
    offset += 3;
    for (const part of parts) {
      view.setUint32(offset, part.length, true);
      offset += 4;
    }
    for (const part of parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
  }
  return bytes;
}

export const encodedLength = ({ parts }: EngineCall): number =>
  parts.reduce((sum, part) => sum + 4 + part.length, 3);

/** One by one, so that who runs them can stop between two. */
export function* decodeCalls(bytes: Uint8Array): Generator<EngineCall> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let offset = 0; offset < bytes.length;) {
    const operation = NAMES.get(view.getUint8(offset));
    if (operation === undefined) throw new Error(`no operation has the number ${view.getUint8(offset)}`);
    const argument = view.getUint8(offset + 1);
    const partCount = view.getUint8(offset + 2);
    const parts: Uint8Array[] = [];
    let start = offset + 3 + 4 * partCount;
    for (let index = 0; index < partCount; index += 1) {
      const end = start + view.getUint32(offset + 3 + 4 * index, true);
      parts.push(bytes.subarray(start, end));
      start = end;
    }
    offset = start;
    yield { operation, argument, parts };
  }
}

export function encodeAnswers(answers: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(answers.reduce((sum, answer) => sum + 1 + answer.length, 0));
  let offset = 0;
  for (const answer of answers) {
    bytes[offset] = answer.length;
    bytes.set(answer, offset + 1);
    offset += 1 + answer.length;
  }
  return bytes;
}

export function decodeAnswers(bytes: Uint8Array): Uint8Array[] {
  const answers: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const end = offset + 1 + (bytes[offset] ?? 0);
    answers.push(bytes.subarray(offset + 1, end));
    offset = end;
  }
  return answers;
}

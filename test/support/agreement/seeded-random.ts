/** Random choices that a seed determines: the same on every machine, and fast enough for millions of them. */
import { createHash } from 'node:crypto';
import { encodeBigEndian } from '../../../src/core/bytes';

/** Bits drawn beyond those of the bound, so that reducing prefers no residue noticeably. */
const EXTRA_BYTES = 8;

/** The generator sfc32 (Doty-Humphrey, PractRand), its state taken from SHA-256 of the label and the seed. */
export class SeededRandom {
  readonly #state: Uint32Array;

  constructor(label: string, seed: number) {
    const digest = createHash('sha256').update(`${label} ${seed}`).digest();
    this.#state = Uint32Array.from([0, 4, 8, 12], (offset) => digest.readUInt32LE(offset));
    for (let round = 0; round < 16; round += 1) this.word();
  }

  /** 32 bits. */
  word(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state;
    const result = (a + b + counter) >>> 0;
    this.#state[0] = b ^ (b >>> 9);
    this.#state[1] = c + (c << 3);
    this.#state[2] = ((c << 21) | (c >>> 11)) + result;
    this.#state[3] = counter + 1;
    return result;
  }

  /** An integer from 0 to `bound` less one. */
  below(bound: number): number {
    return Math.floor((this.word() / 2 ** 32) * bound);
  }

  bytes(length: number): Uint8Array {
    const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => this.word());
    return new Uint8Array(words.buffer, 0, length);
  }

  /** An integer from 1 to `order` less one. */
  scalar(order: bigint): bigint {
    const length = Math.ceil(order.toString(16).length / 2) + EXTRA_BYTES;
    return (BigInt(`0x${Buffer.from(this.bytes(length)).toString('hex')}`) % (order - 1n)) + 1n;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error('BUG: nothing to pick from');
    return choice;
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let rest = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [name, weight] of entries) {
      rest -= weight;
      if (rest < 0) return name;
    }
    throw new Error('BUG: weights must be positive integers');
  }

  /** A copy with one bit turned. */
  flip(bytes: Uint8Array): Uint8Array {
    const flipped = bytes.slice();
    const bit = this.below(bytes.length * 8);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return flipped;
  }
}

/** An integer in 32 bytes, big-endian. */
export const word32 = (value: bigint): Uint8Array => encodeBigEndian(value, 32);

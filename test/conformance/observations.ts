/** What tests read off a probe. */
import { replyInt, replyOf } from './client';
import { type Probe } from './network';
import { type Program, program } from './probe/program';

const WIDE_BYTES = 16;

/** A register of the probe's heap. */
export const registerOf = async (probe: Probe, number = 0): Promise<bigint> =>
  replyInt(await probe.query(program().register(number).replyInt()));

/** What a program leaves on the stack, in a query. */
export const valueOf = async (probe: Probe, run: Program): Promise<bigint> =>
  replyInt(await probe.query(run.replyInt()));

/** The amount of cycles, 16 bytes little endian, at the `index`th place. */
export function cyclesIn(bytes: Uint8Array, index = 0): bigint {
  const buffer = Buffer.from(bytes);
  const at = index * WIDE_BYTES;
  return buffer.readBigUInt64LE(at) + (buffer.readBigUInt64LE(at + 8) << 64n);
}

/** All amounts of cycles that the bytes hold. */
export const allCyclesIn = (bytes: Uint8Array): bigint[] =>
  Array.from({ length: bytes.length / WIDE_BYTES }, (_, index) => cyclesIn(bytes, index));

export const balanceOf = async (probe: Probe): Promise<bigint> =>
  cyclesIn(replyOf(await probe.query(program().wide('canister_cycle_balance128').reply())));

/** By how much both balances change while something happens, and its result. */
export async function balanceChanges<T>(
  [first, second]: readonly [Probe, Probe],
  happening: () => Promise<T>
): Promise<{ readonly first: bigint; readonly second: bigint; readonly result: T }> {
  const before = [await balanceOf(first), await balanceOf(second)] as const;
  const result = await happening();
  return {
    first: (await balanceOf(first)) - before[0],
    second: (await balanceOf(second)) - before[1],
    result
  };
}

export const TRILLION = 1_000_000_000_000n;
/** More than a few messages cost, less than the amounts that tests move. */
const FEES = TRILLION / 10n;

/** Expects a change of a balance by `expected`, less some fees. */
export function expectAbout(change: bigint, expected: bigint): void {
  expect(change).toBeLessThanOrEqual(expected);
  expect(change).toBeGreaterThan(expected - FEES);
}

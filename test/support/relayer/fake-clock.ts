/** Time that moves only when somebody sleeps. */
import { type Clock, type RandomSource } from '../../../src/relayer/clock';

export class FakeClock implements Clock {
  constructor(private timeMs = 1_700_000_000_000) {}

  nowMs(): number {
    return this.timeMs;
  }

  /** Moves the clock, backwards too. */
  advance(durationMs: number): void {
    this.timeMs += durationMs;
  }

  sleep(durationMs: number): Promise<void> {
    this.timeMs += durationMs;
    return Promise.resolve();
  }
}

/** A fixed sequence in [0, 1): the same in every run. */
export function fixedRandom(seed = 1): RandomSource {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

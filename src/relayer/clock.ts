/** Time and chance as ports, so that tests decide both. */
import { randomInt } from 'node:crypto';

export interface Clock {
  /** Milliseconds since 1970. It may jump: nothing but delays depends on it. */
  nowMs(): number;
  /** Resolves after `durationMs`, or at once when `signal` aborts. Never rejects. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}

/** A number in [0, 1). */
export type RandomSource = () => number;

const RANDOM_STEPS = 2 ** 32;

export const systemRandom: RandomSource = () => randomInt(RANDOM_STEPS) / RANDOM_STEPS;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, durationMs);
      signal.addEventListener('abort', wake);
    })
};

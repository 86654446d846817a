/** Waiting for other programs: asks again until it holds, and gives up with what it was waiting for. */
import { setTimeout as delay } from 'node:timers/promises';

/** The first value of `probe` that is not undefined. @throws after `timeoutMs`, naming `what`. */
export async function pollUntil<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  limits: { readonly timeoutMs: number; readonly intervalMs: number }
): Promise<T> {
  const deadline = performance.now() + limits.timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`waited ${limits.timeoutMs} ms for ${what}`);
    await delay(limits.intervalMs);
  }
}

/** Median of `samples` runs after a warm-up, in milliseconds. */
export async function medianMs(
  run: () => unknown,
  { samples, warmUp = Math.ceil(samples / 4) }: { readonly samples: number; readonly warmUp?: number }
): Promise<number> {
  const times: number[] = [];
  for (let round = -warmUp; round < samples; round += 1) {
    const startedAt = performance.now();
    await run();
    if (round >= 0) times.push(performance.now() - startedAt);
  }
  times.sort((left, right) => left - right);
  return times[Math.floor(times.length / 2)] ?? NaN;
}

export const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits));

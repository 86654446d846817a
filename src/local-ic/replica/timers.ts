/** Nanoseconds since 1970. */
export type Clock = { readonly now: () => bigint };

export const SYSTEM_CLOCK: Clock = { now: () => BigInt(Date.now()) * 1_000_000n };

type Entry = { readonly dueNs: bigint; readonly run: () => void };

/** Later than any time a canister can name. */
const NEVER_NS = 1n << 64n;
const NS_PER_MS = 1_000_000n;
/** The clock may be one that tests move, so it is looked at again at least this often. */
const MAX_SLEEP_MS = 1000;

/** Runs functions when the clock has reached a time. */
export class Timers {
  readonly #entries = new Set<Entry>();
  #timeout: NodeJS.Timeout | undefined;
  #isClosed = false;
  #wakeNs = NEVER_NS;

  constructor(private readonly clock: Clock) {}

  nowNs(): bigint {
    return this.clock.now();
  }

  /** Runs at once when the time has come already. The function returned cancels. */
  schedule(dueNs: bigint, run: () => void): () => void {
    if (this.#isClosed) return () => undefined;
    if (dueNs <= this.clock.now()) {
      run();
      return () => undefined;
    }
    const entry = { dueNs, run };
    this.#entries.add(entry);
    if (dueNs < this.#wakeNs) this.#sleepUntil(dueNs);
    return () => {
      this.#entries.delete(entry);
    };
  }

  /** Runs everything that is due. */
  fireDue(): void {
    const now = this.clock.now();
    const due = [...this.#entries].filter((entry) => entry.dueNs <= now);
    due.sort((left, right) => (left.dueNs < right.dueNs ? -1 : 1));
    for (const entry of due) {
      // One that ran before may have cancelled it.
      if (this.#entries.delete(entry)) entry.run();
    }
    this.#sleepUntilNext();
  }

  close(): void {
    this.#isClosed = true;
    this.#entries.clear();
    clearTimeout(this.#timeout);
  }

  #sleepUntilNext(): void {
    let nextNs = NEVER_NS;
    for (const { dueNs } of this.#entries) if (dueNs < nextNs) nextNs = dueNs;
    this.#sleepUntil(nextNs);
  }

  #sleepUntil(wakeNs: bigint): void {
    clearTimeout(this.#timeout);
    this.#wakeNs = wakeNs;
    if (wakeNs === NEVER_NS) return;
    const waitNs = wakeNs - this.clock.now();
    const waitMs = waitNs > 0n ? Number((waitNs + NS_PER_MS - 1n) / NS_PER_MS) : 0;
    this.#timeout = setTimeout(
      () => {
        this.fireDue();
      },
      Math.min(waitMs, MAX_SLEEP_MS)
    );
    this.#timeout.unref();
  }
}

/** Nanoseconds since 1970. */
export type Clock = { readonly now: () => bigint };

export const SYSTEM_CLOCK: Clock = { now: () => BigInt(Date.now()) * 1_000_000n };

type Entry = { readonly dueNs: bigint; readonly run: () => void };

const NS_PER_MS = 1_000_000n;
/** The clock may be one that tests move, so it is looked at again at least this often. */
const MAX_SLEEP_MS = 1000;

/** Runs functions when the clock has reached a time. */
export class Timers {
  #entries: Entry[] = [];
  #timeout: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(private readonly clock: Clock) {}

  /** Runs at once when the time has come already. */
  schedule(dueNs: bigint, run: () => void): void {
    if (this.#isClosed) return;
    if (dueNs <= this.clock.now()) {
      run();
      return;
    }
    this.#entries.push({ dueNs, run });
    this.#sleep();
  }

  /** Runs everything that is due. */
  fireDue(): void {
    const now = this.clock.now();
    const due = this.#entries.filter((entry) => entry.dueNs <= now);
    this.#entries = this.#entries.filter((entry) => entry.dueNs > now);
    due.sort((left, right) => (left.dueNs < right.dueNs ? -1 : 1));
    for (const { run } of due) run();
    this.#sleep();
  }

  close(): void {
    this.#isClosed = true;
    this.#entries = [];
    clearTimeout(this.#timeout);
  }

  #sleep(): void {
    clearTimeout(this.#timeout);
    const [first, ...rest] = this.#entries;
    if (!first) return;
    const nextNs = rest.reduce((next, { dueNs }) => (dueNs < next ? dueNs : next), first.dueNs);
    const waitNs = nextNs - this.clock.now();
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

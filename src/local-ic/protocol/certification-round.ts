/** Settled calls wait for each other a moment, so that one tree and one signature serve them all. */

/** Longest wait of a settled call while others are still running. */
const ROUND_MS = 10;

export class CertificationRound {
  private waiting: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** Resolves when the round ends: at once when nothing else is running, else after {@link ROUND_MS} at most. */
  join(isOthersRunning: boolean): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (isOthersRunning) this.timer ??= setTimeout(() => this.end(), ROUND_MS);
      else this.end();
    });
  }

  private end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}

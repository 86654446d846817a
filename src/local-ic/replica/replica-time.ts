import { type Clock } from './timers';

/** Time of the network: its clock's, moved by what tests ask for, never going back. Nanoseconds since 1970. */
export class ReplicaTime implements Clock {
  /** The latest time that was told. */
  latestNs = 0n;
  /** How far the network is ahead of its clock. */
  offsetNs = 0n;

  constructor(private readonly clock: Clock) {}

  readonly now = (): bigint => {
    const now = this.clock.now() + this.offsetNs;
    if (now > this.latestNs) this.latestNs = now;
    return this.latestNs;
  };

  /** @throws RangeError when `timeNs` is in the past. */
  set(timeNs: bigint): void {
    if (timeNs < this.now()) throw new RangeError(`time cannot go back to ${timeNs}, it is ${this.latestNs}`);
    this.offsetNs = timeNs - this.clock.now();
    this.latestNs = timeNs;
  }
}

import { type Canister } from './canister';
import { type CyclesUse } from './cycles-use';

/** Where cycles come from and go to: what was minted equals what canisters and calls hold plus what was burned. */
export class CyclesLedger {
  mintedCycles = 0n;
  burnedCycles = 0n;

  mint(amount: bigint): bigint {
    this.mintedCycles += amount;
    return amount;
  }

  /** Takes up to `amount` from a canister; a canister cannot owe. */
  charge(canister: Canister, amount: bigint, use: CyclesUse): void {
    const taken = canister.cycles < amount ? canister.cycles : amount;
    canister.cycles -= taken;
    this.consume(canister, taken, use);
  }

  /** Burns cycles that the canister gave up already. */
  consume(canister: Canister, amount: bigint, use: CyclesUse): void {
    canister.consumedCycles[use] += amount;
    this.burn(amount);
  }

  burn(amount: bigint): void {
    this.burnedCycles += amount;
  }
}

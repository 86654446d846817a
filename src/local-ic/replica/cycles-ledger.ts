import { type Canister } from './canister';

/** Where cycles come from and go to: what was minted equals what canisters and calls hold plus what was burned. */
export class CyclesLedger {
  mintedCycles = 0n;
  burnedCycles = 0n;

  mint(amount: bigint): bigint {
    this.mintedCycles += amount;
    return amount;
  }

  /** Takes up to `amount` from a canister; a canister cannot owe. */
  charge(canister: Canister, amount: bigint): void {
    const taken = canister.cycles < amount ? canister.cycles : amount;
    canister.cycles -= taken;
    this.burnedCycles += taken;
  }

  burn(amount: bigint): void {
    this.burnedCycles += amount;
  }
}

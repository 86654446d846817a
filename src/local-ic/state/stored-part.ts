import { type StateChange } from './state-store';

/** A part of the state, on its way to the store and back. */
export interface StoredPart {
  /** Puts what is stored into the part, before anything runs. */
  restore(): void;
  /** Hands over what changed since the last call. Called between messages only. */
  collect(changes: StateChange[]): void;
}

/** A stable map in plain memory, with a dump to compare whole states. */
import { type StableMap } from '../../src/canisters/runtime/canister-runtime';

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const copy = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);

export class MemoryStableMap implements StableMap {
  private readonly entries = new Map<string, Uint8Array>();

  get(key: Uint8Array): Uint8Array | undefined {
    const value = this.entries.get(toText(key));
    return value && copy(value);
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.entries.set(toText(key), copy(value));
  }

  delete(key: Uint8Array): void {
    this.entries.delete(toText(key));
  }

  has(key: Uint8Array): boolean {
    return this.entries.has(toText(key));
  }

  size(): bigint {
    return BigInt(this.entries.size);
  }

  /** Every entry in hex, in key order. */
  dump(): [string, string][] {
    return [...this.entries].map(([key, value]): [string, string] => [key, toText(value)]).sort();
  }

  /** Puts a dump back, as a trap's rollback does. */
  restore(dump: readonly [string, string][]): void {
    this.entries.clear();
    for (const [key, value] of dump) this.entries.set(key, Uint8Array.from(Buffer.from(value, 'hex')));
  }
}

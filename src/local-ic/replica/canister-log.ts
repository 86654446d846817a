export type LogRecord = {
  readonly index: bigint;
  readonly timestampNs: bigint;
  readonly content: Uint8Array;
};

const MAX_LOG_BYTES = 4096;

/** The latest lines a canister printed, and its traps; at most 4 KiB in all. */
export class CanisterLog {
  #records: LogRecord[] = [];
  #bytes = 0;
  #nextIndex = 0n;

  get byteLength(): number {
    return this.#bytes;
  }

  append(content: Uint8Array, timestampNs: bigint): void {
    const kept = content.slice(0, MAX_LOG_BYTES);
    this.#records.push({ index: this.#nextIndex++, timestampNs, content: kept });
    this.#bytes += kept.length;
    while (this.#bytes > MAX_LOG_BYTES) this.#bytes -= this.#records.shift()?.content.length ?? 0;
  }

  records(): readonly LogRecord[] {
    return this.#records;
  }

  clear(): void {
    this.#records = [];
    this.#bytes = 0;
  }
}

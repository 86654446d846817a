export type LogRecord = {
  readonly index: bigint;
  readonly timestampNs: bigint;
  readonly content: Uint8Array;
};

const DEFAULT_LIMIT_BYTES = 4096;
/** Of a record, besides its content: index and time. */
const RECORD_BYTES = 16;

/** The latest lines a canister printed, and its traps. */
export class CanisterLog {
  #records: LogRecord[] = [];
  #bytes = 0;
  #nextIndex = 0n;
  #limitBytes = DEFAULT_LIMIT_BYTES;

  get byteLength(): number {
    return this.#bytes;
  }

  /** Bytes of all records together; with 0 nothing is kept. The oldest records go when the limit is passed. */
  set limitBytes(limit: number) {
    this.#limitBytes = limit;
    this.#dropOldest();
  }

  /** Number of the next line. */
  get nextIndex(): bigint {
    return this.#nextIndex;
  }

  /** Takes over what was stored. */
  restore(records: readonly LogRecord[], nextIndex: bigint): void {
    for (const { index, content, timestampNs } of records) {
      this.#nextIndex = index;
      this.append(content, timestampNs);
    }
    this.#nextIndex = nextIndex;
  }

  /** Keeps what it is now; calling what is returned makes it that again. */
  remember(): () => void {
    const [records, bytes, nextIndex, limitBytes] = [
      [...this.#records],
      this.#bytes,
      this.#nextIndex,
      this.#limitBytes
    ];
    return () => {
      this.#records = records;
      this.#bytes = bytes;
      this.#nextIndex = nextIndex;
      this.#limitBytes = limitBytes;
    };
  }

  append(content: Uint8Array, timestampNs: bigint): void {
    const kept = content.slice(0, Math.max(0, this.#limitBytes - RECORD_BYTES));
    this.#records.push({ index: this.#nextIndex++, timestampNs, content: kept });
    this.#bytes += RECORD_BYTES + kept.length;
    this.#dropOldest();
  }

  records(): readonly LogRecord[] {
    return this.#records;
  }

  /** Forgets the records; their numbers are not given again. */
  clear(): void {
    this.#records = [];
    this.#bytes = 0;
  }

  /** Forgets the records with a lower number. */
  forgetBefore(index: bigint): void {
    this.#records = this.#records.filter((record) => record.index >= index);
    this.#bytes = this.#records.reduce((sum, { content }) => sum + RECORD_BYTES + content.length, 0);
  }

  #dropOldest(): void {
    while (this.#bytes > this.#limitBytes) {
      const oldest = this.#records.shift();
      if (oldest) this.#bytes -= RECORD_BYTES + oldest.content.length;
    }
  }
}

import { CanisterFault, ERROR_CODE } from './canister-fault';
import { type ContextName } from './execution-context';

const PAGE_BYTES = 4096;
const GIB = 1024 ** 3;
const KIB = 1024;

/** Bytes of stable memory, in whole pages of 4 KiB, one execution may read and write. */
const LIMIT_BYTES = { message: 2 * GIB, upgrade: 8 * GIB, query: GIB } as const;

type LimitKind = keyof typeof LIMIT_BYTES;

const LIMIT_OF_CONTEXT: Readonly<Partial<Record<ContextName, LimitKind>>> = {
  start: 'upgrade',
  init: 'upgrade',
  preUpgrade: 'upgrade',
  replicatedQuery: 'query',
  query: 'query',
  transform: 'query',
  compositeQuery: 'query',
  compositeReplyCallback: 'query',
  compositeRejectCallback: 'query',
  compositeCleanup: 'query'
};

/** The pages of stable memory that one execution touches; the limits are the replica's. */
export class StableAccess {
  #accessed = new PageSet();
  #written = new PageSet();
  #limitPages: number;

  constructor(context: ContextName) {
    this.#limitPages = LIMIT_BYTES[LIMIT_OF_CONTEXT[context] ?? 'message'] / PAGE_BYTES;
  }

  /** @throws IC0524 when the execution has read and written too many pages. */
  read(offset: number, size: number): void {
    this.#accessed.add(offset, size);
    if (this.#accessed.size > this.#limitPages) throw tooMuchAccessed();
  }

  /** Number of pages written for the first time. @throws IC0524 as {@link read}. */
  write(offset: number, size: number): number {
    this.read(offset, size);
    const added = this.#written.add(offset, size);
    if (this.#written.size > this.#limitPages) throw tooMuchWritten();
    return added;
  }
}

class PageSet {
  #pages = new Set<number>();
  /** Most accesses are to the page of the one before. */
  #latest = -1;

  get size(): number {
    return this.#pages.size;
  }

  /** Adds the pages of a range; number of those that are new. */
  add(offset: number, size: number): number {
    const first = Math.floor(offset / PAGE_BYTES);
    const last = Math.floor((offset + size - 1) / PAGE_BYTES);
    if (first === last && first === this.#latest) return 0;
    const former = this.#pages.size;
    for (let page = first; page <= last; page++) this.#pages.add(page);
    this.#latest = last;
    return this.#pages.size - former;
  }
}

const inKib = (kind: LimitKind): string => `${LIMIT_BYTES[kind] / KIB} KB`;

function tooMuchWritten(): CanisterFault {
  return new CanisterFault(
    ERROR_CODE.memoryAccessLimit,
    `Canister exceeded memory access limits: Exceeded the limit for the number of modified pages in the stable memory in a single execution: limit ${inKib('message')} for regular messages, ${inKib('upgrade')} for upgrade messages and ${inKib('query')} for queries.`
  );
}

function tooMuchAccessed(): CanisterFault {
  return new CanisterFault(
    ERROR_CODE.memoryAccessLimit,
    `Canister exceeded memory access limits: Exceeded the limit for the number of accessed pages in the stable memory in a single message execution: limit ${inKib('message')} for regular messages and ${inKib('query')} for queries.`
  );
}

/** The parts of a memory that were written since changes were last asked for. */
export type PageChanges = {
  /** Length of the whole memory now, in bytes. */
  readonly byteLength: number;
  /** Whole pages by index, copies that nobody changes; a page that is all zeros again, or cut off, has no content. */
  readonly pages: ReadonlyMap<number, Uint8Array | undefined>;
};

/** A memory as it was stored. Pages are read when they are needed first; one without content is all zeros. */
export type PagedImage = {
  readonly byteLength: number;
  readonly readPage: (index: number) => Uint8Array | undefined;
};

/**
 * What besides the pages of its heap makes up an instance: plain values that can be stored. Tables are not part of it:
 * as on the network, every execution begins with the module's own.
 */
export type InstanceRegisters = {
  /** Values of the module's mutable globals, in their order. */
  readonly globals: readonly (number | bigint)[];
};

export type HeapChanges = PageChanges & InstanceRegisters;

export type HeapImage = PagedImage & InstanceRegisters;

/**
 * What a stable memory implements. Asked between messages only. The first call on an object that was not made from an
 * image gives everything that is not zero and begins to watch; an object that nobody asks watches nothing.
 */
export interface StableChangeSource {
  /** Undefined when nothing changed since the last call. */
  drainChanges(): PageChanges | undefined;
}

/** What an instance implements for its heap, by the same rules; it is made anew by its constructor's third parameter. */
export interface HeapChangeSource {
  /** Undefined when nothing changed since the last call. */
  drainHeapChanges(): HeapChanges | undefined;
}

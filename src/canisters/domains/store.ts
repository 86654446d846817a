/** Everything the `domains` canister remembers: which domains there are, and their latest checkpoints. */
import { type Bytes32, bytes32, encodeBigEndian } from '../../core/bytes';
import { type Checkpoint } from '../../core/domain/checkpoint';
import { ProtocolError } from '../../core/error';
import { type StableMap } from '../runtime/canister-runtime';
import {
  type DomainRecord,
  type HeightList,
  type StoredDomain,
  checkpointKey,
  countHeights,
  decodeCheckpoint,
  decodeDomainRecord,
  encodeCheckpoint,
  encodeDomainRecord,
  heightAt,
  insertHeight,
  lowerBound,
  sliceHeights
} from './stored-records';

/** The one table of stable memories of this canister. An id that has been used is never given to something else. */
export const DOMAINS_MEMORY = {
  layout: 0,
  domains: 1,
  registrations: 2,
  checkpoints: 3,
  heights: 4
} as const;

/** Each domain costs outcalls to watch and a row in every listing. */
export const MAX_DOMAINS = 64;
/** Checkpoints kept per domain; the lowest goes first. */
export const MAX_CHECKPOINTS = 1_000;

/** Byte maps behind a {@link DomainStore}, one per memory. */
export type DomainMaps = Readonly<Record<Exclude<keyof typeof DOMAINS_MEMORY, 'layout'>, StableMap>>;

/** The checkpoints next to a height, not counting one at that height itself. */
export type Neighbours = { readonly below: Checkpoint | undefined; readonly above: Checkpoint | undefined };

/** State of the canister. Nothing is cached: what is read after an await is what is stored then. */
export type DomainStore = {
  readonly findDomain: (id: Bytes32) => StoredDomain | undefined;
  /** All domains in the order of their registration. */
  readonly listDomains: () => StoredDomain[];
  /** Writes a domain under the next revision; a new one is registered. @throws {ProtocolError} `domain/limit`. */
  readonly saveDomain: (record: DomainRecord) => void;
  readonly findCheckpoint: (domain: Bytes32, height: bigint) => Checkpoint | undefined;
  readonly findLatest: (domain: Bytes32) => Checkpoint | undefined;
  readonly findNeighbours: (domain: Bytes32, height: bigint) => Neighbours;
  /** Whether a checkpoint at this height would be kept: false below all of a full history. */
  readonly keepsHeight: (domain: Bytes32, height: bigint) => boolean;
  /** Writes a checkpoint and drops the lowest one when there are more than {@link MAX_CHECKPOINTS}. */
  readonly addCheckpoint: (checkpoint: Checkpoint) => void;
  /** Forgets every checkpoint of a domain at `height` and above. */
  readonly discardFrom: (domain: Bytes32, height: bigint) => void;
};

/** The store over these maps. Nothing is read or written before one of its functions is called. */
export function createDomainStore(maps: DomainMaps): DomainStore {
  return { ...domainRows(maps), ...checkpointReads(maps), ...checkpointWrites(maps) };
}

function domainRows({
  domains,
  registrations
}: DomainMaps): Pick<DomainStore, 'findDomain' | 'listDomains' | 'saveDomain'> {
  const findDomain = (id: Bytes32): StoredDomain | undefined => {
    const bytes = domains.get(id);
    return bytes === undefined ? undefined : decodeDomainRecord(id, bytes);
  };
  return {
    findDomain,
    listDomains: () =>
      Array.from({ length: Number(registrations.size()) }, (_, index) => {
        const id = registrations.get(registrationKey(index));
        const record = id === undefined ? undefined : findDomain(bytes32(id, 'domain id'));
        if (record === undefined) throw new Error(`BUG: registration ${index} names no domain`);
        return record;
      }),
    saveDomain: (record) => {
      const stored = findDomain(record.id);
      if (stored === undefined) {
        const count = Number(registrations.size());
        if (count >= MAX_DOMAINS) {
          throw new ProtocolError('domain/limit', `expected at most ${MAX_DOMAINS} domains`);
        }
        registrations.set(registrationKey(count), record.id);
      }
      const revision = stored === undefined ? 1n : stored.revision + 1n;
      domains.set(record.id, encodeDomainRecord({ ...record, revision }));
    }
  };
}

function checkpointReads(
  maps: DomainMaps
): Pick<DomainStore, 'findCheckpoint' | 'findLatest' | 'findNeighbours' | 'keepsHeight'> {
  const findCheckpoint = (domain: Bytes32, height: bigint | undefined): Checkpoint | undefined => {
    const bytes = height === undefined ? undefined : maps.checkpoints.get(checkpointKey(domain, height));
    return height === undefined || bytes === undefined
      ? undefined
      : decodeCheckpoint({ domainId: domain, height }, bytes);
  };
  return {
    findCheckpoint,
    findLatest: (domain) => {
      const heights = readHeights(maps, domain);
      return findCheckpoint(domain, heightAt(heights, countHeights(heights) - 1));
    },
    findNeighbours: (domain, height) => {
      const heights = readHeights(maps, domain);
      const index = lowerBound(heights, height);
      const isThere = heightAt(heights, index) === height;
      return {
        below: findCheckpoint(domain, heightAt(heights, index - 1)),
        above: findCheckpoint(domain, heightAt(heights, isThere ? index + 1 : index))
      };
    },
    keepsHeight: (domain, height) => {
      const heights = readHeights(maps, domain);
      const lowest = heightAt(heights, 0);
      return countHeights(heights) < MAX_CHECKPOINTS || lowest === undefined || height >= lowest;
    }
  };
}

function checkpointWrites(maps: DomainMaps): Pick<DomainStore, 'addCheckpoint' | 'discardFrom'> {
  const deleteAll = (domain: Bytes32, heights: HeightList): void => {
    for (let index = 0; index < countHeights(heights); index += 1) {
      const height = heightAt(heights, index);
      if (height !== undefined) maps.checkpoints.delete(checkpointKey(domain, height));
    }
  };
  const keepRange = (domain: Bytes32, { start, end }: { start: number; end: number }): void => {
    const heights = readHeights(maps, domain);
    deleteAll(domain, sliceHeights(heights, { start: 0, end: start }));
    deleteAll(domain, sliceHeights(heights, { start: end, end: countHeights(heights) }));
    maps.heights.set(domain, sliceHeights(heights, { start, end }).bytes);
  };
  return {
    addCheckpoint: (checkpoint) => {
      const { domainId, height } = checkpoint;
      maps.checkpoints.set(checkpointKey(domainId, height), encodeCheckpoint(checkpoint));
      const heights = insertHeight(readHeights(maps, domainId), height);
      maps.heights.set(domainId, heights.bytes);
      const excess = countHeights(heights) - MAX_CHECKPOINTS;
      if (excess > 0) keepRange(domainId, { start: excess, end: countHeights(heights) });
    },
    discardFrom: (domain, height) =>
      keepRange(domain, { start: 0, end: lowerBound(readHeights(maps, domain), height) })
  };
}

const registrationKey = (index: number): Uint8Array => encodeBigEndian(BigInt(index), 4);

function readHeights(maps: DomainMaps, domain: Bytes32): HeightList {
  return { bytes: maps.heights.get(domain) ?? new Uint8Array() };
}

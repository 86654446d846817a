/**
 * The relayer's memory on disk (LMDB, one file): where it is on the chain, every commitment so far, and its jobs.
 *
 * A step is one transaction, flushed to the disk before `commit` returns: after a crash at any point the journal holds
 * the step wholly or not at all. Opening a journal takes it over: an older process that still has it open can commit
 * nothing more.
 *
 * | database | key         | value                                              |
 * | -------- | ----------- | -------------------------------------------------- |
 * | meta     | format      | u8 version                                         |
 * | meta     | domain      | DomainId (32)                                      |
 * | meta     | session     | u64 big-endian, one more with each opening         |
 * | meta     | cursor      | block followed to                                  |
 * | meta     | verified    | last block where the chain's own tree was the same |
 * | meta     | checkpoint  | last checkpoint the `domains` canister accepted    |
 * | leaves   | leaf index  | commitment (32)                                    |
 * | open     | job id      | job                                                |
 * | closed   | job id      | job                                                |
 */
import { closeSync, existsSync, mkdirSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { type Database, type RootDatabase, open } from 'lmdb';
import { type Bytes32, bytes32, decodeBigEndian, encodeBigEndian, equalBytes } from '../core/bytes';
import { ProtocolError } from '../core/error';
import { type CheckpointRef, type Job, isClosed } from './job';
import {
  type FollowedBlock,
  corrupt,
  decodeCheckpointRef,
  decodeFollowedBlock,
  decodeJob,
  encodeRecord
} from './journal-record';

/** Changes to be made together. What is absent stays as it is. */
export type JournalStep = {
  readonly cursor?: FollowedBlock;
  readonly verified?: FollowedBlock;
  readonly checkpoint?: CheckpointRef | 'none';
  /** Commitments from leaf index `first` on; all that was there from `first` on goes. */
  readonly leaves?: { readonly first: bigint; readonly commitments: readonly Bytes32[] };
  readonly jobs?: readonly Job[];
  /** Ids of open jobs to be forgotten. */
  readonly dropJobs?: readonly string[];
};

export type JournalContent = {
  readonly cursor: FollowedBlock | undefined;
  readonly verified: FollowedBlock | undefined;
  readonly checkpoint: CheckpointRef | undefined;
  readonly leaves: readonly Bytes32[];
  readonly openJobs: readonly Job[];
};

export interface Journal {
  /** All of it but the closed jobs. @throws {ProtocolError} `journal/corrupt`. */
  read(): JournalContent;
  /** The jobs that are closed, by id. */
  closedJobs(): Iterable<Job>;
  /** Whether a job of this id is known, open or closed. */
  hasJob(id: string): boolean;
  /** Makes all changes of the step, on disk when it returns. @throws {ProtocolError} `journal/taken-over`. */
  commit(step: JournalStep): void;
  close(): Promise<void>;
}

type Databases = {
  readonly root: RootDatabase<Uint8Array, string>;
  readonly meta: Database<Uint8Array, string>;
  readonly leaves: Database<Uint8Array, number>;
  readonly open: Database<Uint8Array, string>;
  readonly closed: Database<Uint8Array, string>;
};

const FORMAT_VERSION = 1;
/** `MDB_MAGIC`, behind the 24-byte header of the first page (lmdb-js 3.5, `mdb.c`). */
const LMDB_MAGIC = 0xbeefc0de;
const LMDB_MAGIC_OFFSET = 24;

/**
 * The journal in `folder`, made when there is none.
 * @throws {ProtocolError} `journal/newer-version`, `journal/other-domain`, `journal/corrupt`: nothing is changed then.
 */
export function openJournal(options: { readonly folder: string; readonly domain: Bytes32 }): Journal {
  const databases = openDatabases(options.folder);
  const session = startSessionOrClose(databases, options.domain);
  return {
    read: () => readContent(databases),
    *closedJobs() {
      for (const { value } of databases.closed.getRange()) yield decodeJob(value);
    },
    hasJob: (id) => databases.open.doesExist(id) || databases.closed.doesExist(id),
    commit: (step) =>
      databases.root.transactionSync(() => {
        assertSession(databases, session);
        applyStep(databases, step);
      }),
    close: () => databases.root.close()
  };
}

function openDatabases(folder: string): Databases {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'journal.mdb');
  if (existsSync(path)) assertLmdbFile(path);
  const root = open<Uint8Array, string>({
    path,
    noSubdir: true,
    encoding: 'binary',
    maxDbs: 8,
    // Otherwise a commit returns before it is on disk.
    overlappingSync: false
  });
  const database = <K extends string | number>(name: string): Database<Uint8Array, K> =>
    root.openDB<Uint8Array, K>({ name, encoding: 'binary' });
  return {
    root,
    meta: database('meta'),
    leaves: database('leaves'),
    open: database('open'),
    closed: database('closed')
  };
}

/** The store takes the whole process down over a file that is not its own. An empty one is a journal never written. */
function assertLmdbFile(path: string): void {
  const header = readHead(path, LMDB_MAGIC_OFFSET + 4);
  if (header.byteLength === 0) return;
  const isLittleEndian = endianness() === 'LE';
  const isWhole = header.byteLength === LMDB_MAGIC_OFFSET + 4;
  if (isWhole && header.getUint32(LMDB_MAGIC_OFFSET, isLittleEndian) === LMDB_MAGIC) return;
  throw corrupt(`an LMDB file at ${path}`);
}

function readHead(path: string, length: number): DataView {
  const file = openSync(path, 'r');
  try {
    const buffer = new ArrayBuffer(length);
    return new DataView(buffer, 0, readSync(file, new Uint8Array(buffer), 0, length, 0));
  } finally {
    closeSync(file);
  }
}

function startSessionOrClose(databases: Databases, domain: Bytes32): bigint {
  try {
    return startSession(databases, domain);
  } catch (error) {
    void databases.root.close();
    throw error;
  }
}

function startSession(databases: Databases, domain: Bytes32): bigint {
  const { meta, root } = databases;
  return root.transactionSync(() => {
    const format = meta.get('format')?.[0] ?? FORMAT_VERSION;
    if (format > FORMAT_VERSION) {
      throw new ProtocolError(
        'journal/newer-version',
        `expected a journal of version ${FORMAT_VERSION} or older, got ${format}: it was written by a newer relayer`,
        { expected: FORMAT_VERSION, actual: format }
      );
    }
    const owner = meta.get('domain');
    if (owner !== undefined && !equalBytes(owner, domain)) {
      throw new ProtocolError('journal/other-domain', 'expected the journal of this domain', {
        expected: domain,
        actual: owner
      });
    }
    const session = decodeBigEndian(meta.get('session') ?? new Uint8Array()) + 1n;
    meta.putSync('format', Uint8Array.of(FORMAT_VERSION));
    meta.putSync('domain', domain);
    meta.putSync('session', encodeBigEndian(session, 8));
    return session;
  });
}

function assertSession({ meta }: Databases, session: bigint): void {
  if (decodeBigEndian(meta.get('session') ?? new Uint8Array()) === session) return;
  throw new ProtocolError('journal/taken-over', 'another relayer has opened this journal since');
}

function applyStep(databases: Databases, step: JournalStep): void {
  const { meta, open: openJobs, closed } = databases;
  if (step.cursor !== undefined) meta.putSync('cursor', encodeRecord(step.cursor));
  if (step.verified !== undefined) meta.putSync('verified', encodeRecord(step.verified));
  if (step.checkpoint === 'none') meta.removeSync('checkpoint');
  else if (step.checkpoint !== undefined) meta.putSync('checkpoint', encodeRecord(step.checkpoint));
  if (step.leaves !== undefined) writeLeaves(databases, step.leaves);
  for (const id of step.dropJobs ?? []) openJobs.removeSync(id);
  for (const job of step.jobs ?? []) {
    const [to, from] = isClosed(job) ? [closed, openJobs] : [openJobs, closed];
    from.removeSync(job.id);
    to.putSync(job.id, encodeRecord(job));
  }
}

function writeLeaves({ leaves }: Databases, change: NonNullable<JournalStep['leaves']>): void {
  const first = Number(change.first);
  const known = leaves.getCount();
  if (first > known) throw new Error(`BUG: leaves from ${first} on, but only ${known} are known`);
  for (let index = first; index < known; index += 1) leaves.removeSync(index);
  change.commitments.forEach((commitment, offset) => leaves.putSync(first + offset, commitment));
}

function readContent({ meta, leaves, open: openJobs }: Databases): JournalContent {
  const cursor = meta.get('cursor');
  const verified = meta.get('verified');
  const checkpoint = meta.get('checkpoint');
  return {
    cursor: cursor && decodeFollowedBlock(cursor),
    verified: verified && decodeFollowedBlock(verified),
    checkpoint: checkpoint && decodeCheckpointRef(checkpoint),
    leaves: Array.from(leaves.getRange(), ({ key, value }, index) => decodeLeaf({ key, value, index })),
    openJobs: Array.from(openJobs.getRange(), ({ value }) => decodeJob(value))
  };
}

function decodeLeaf(entry: {
  readonly key: number;
  readonly value: Uint8Array;
  readonly index: number;
}): Bytes32 {
  if (entry.key !== entry.index || entry.value.length !== 32)
    throw corrupt(`32 bytes as leaf ${entry.index}`);
  // A plain copy: the store hands out views of its own memory.
  return bytes32(Uint8Array.from(entry.value), 'leaf');
}

import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { existsSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isLockFile, lockFolder } from './folder-lock';
import { RECORD_FORMAT } from './record-codec';
import { StateFolderError, withDisk } from './state-folder-error';

/** Version of what this program stores. */
const STATE_FORMAT_VERSION = 1;

const MARKER_FILE = 'local-ic-state.json';
const MARKER_DRAFT = `${MARKER_FILE}.new`;
const DATA_FILE = 'data.mdb';
const DATA_LOCK_FILE = 'data.mdb-lock';
const WHAT = 'state of a local Internet Computer';

/** What the marker says. While a folder is not ready nothing in it was ever acknowledged. */
type Marker = {
  readonly what: string;
  readonly formatVersion: number;
  /** Newest form that Node may have given the records in it. */
  readonly recordFormat: number;
  /** Version of the Node that wrote the marker. */
  readonly node: string;
  readonly isReady: boolean;
};

/** A folder held by this process. */
export type ClaimedFolder = {
  readonly dataFile: string;
  /** Whether there is state in it; a new folder, and one whose making was interrupted, has none. */
  readonly isReady: boolean;
  /** Tells that from now on there is state in it. */
  markReady(): void;
  release(): void;
};

/**
 * Takes hold of a state folder, made when it is not there. Nothing in a folder of something else is touched.
 *
 * @throws {StateFolderError}
 */
export function claimStateFolder(folder: string): ClaimedFolder {
  return withDisk(folder, () => {
    makeFolder(folder);
    // Before the lock, which is a file, and again when nobody else can write it.
    readMarker(folder);
    const release = lockFolder(folder);
    try {
      const marker = readMarker(folder);
      const isReady = marker?.isReady ?? false;
      // It would be taken as it is; whoever wrote it is gone.
      rmSync(join(folder, DATA_LOCK_FILE), { force: true });
      if (!isReady) {
        writeMarker(folder, false);
        rmSync(join(folder, DATA_FILE), { force: true });
      } else if (marker?.recordFormat !== RECORD_FORMAT) {
        // Before this Node puts records in that the former one cannot read.
        writeMarker(folder, true);
      }
      return {
        dataFile: join(folder, DATA_FILE),
        isReady,
        markReady: () => withDisk(folder, () => writeMarker(folder, true)),
        release
      };
    } catch (error) {
      release();
      throw error;
    }
  });
}

/**
 * Removes the state in a folder, and the folder if nothing else is in it. Nothing happens when there is none.
 *
 * @throws {StateFolderError} when it is in use or a folder of something else.
 */
export function resetStateFolder(folder: string): void {
  withDisk(folder, () => {
    if (!existsSync(folder)) return;
    if (!existsSync(join(folder, MARKER_FILE))) assertNothingElse(folder);
    const release = lockFolder(folder);
    // The marker goes last: what is left by an interruption can still be told from a folder of something else.
    for (const name of [DATA_FILE, DATA_LOCK_FILE, MARKER_DRAFT, MARKER_FILE])
      rmSync(join(folder, name), { force: true });
    release();
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  });
}

function makeFolder(folder: string): void {
  const firstMade = mkdirSync(folder, { recursive: true });
  if (firstMade !== undefined) syncFolder(dirname(resolve(folder)));
}

/** The marker, or undefined in a folder with nothing in it. */
function readMarker(folder: string): Marker | undefined {
  const path = join(folder, MARKER_FILE);
  if (!existsSync(path)) {
    assertNothingElse(folder);
    return undefined;
  }
  return parseMarker(folder, readFileSync(path, 'utf8'));
}

function parseMarker(folder: string, text: string): Marker {
  const { what, formatVersion, recordFormat = 0, node, isReady } = parseObject(text);
  if (what !== WHAT || typeof formatVersion !== 'number' || formatVersion < 1) {
    throw new StateFolderError(
      'damaged',
      `${join(folder, MARKER_FILE)} does not say what it should. Start anew with --reset`
    );
  }
  if (formatVersion > STATE_FORMAT_VERSION) {
    throw new StateFolderError(
      'newer-version',
      `The state folder ${folder} was made by a newer version of this program: found format ${formatVersion}, ` +
        `expected ${STATE_FORMAT_VERSION}. Use that version, choose another folder, or start anew with --reset`
    );
  }
  if (Number(recordFormat) > RECORD_FORMAT) {
    throw new StateFolderError(
      'newer-version',
      `The state folder ${folder} was written by Node ${String(node)}, in a form that this Node, ` +
        `${process.version}, cannot read. Use that version or a newer one, choose another folder, or start anew with --reset`
    );
  }
  return {
    what,
    formatVersion,
    recordFormat: Number(recordFormat),
    node: String(node),
    isReady: isReady === true
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

function assertNothingElse(folder: string): void {
  const found = readdirSync(folder).find((name) => name !== MARKER_DRAFT && !isLockFile(name));
  if (found === undefined) return;
  throw new StateFolderError(
    'not-a-state-folder',
    `${folder} is not a state folder: it has '${found}' in it and no ${MARKER_FILE}. Choose an empty folder`
  );
}

function writeMarker(folder: string, isReady: boolean): void {
  const marker: Marker = {
    what: WHAT,
    formatVersion: STATE_FORMAT_VERSION,
    recordFormat: RECORD_FORMAT,
    node: process.version,
    isReady
  };
  const draft = join(folder, MARKER_DRAFT);
  writeFileSync(draft, `${JSON.stringify(marker, undefined, 2)}\n`, { flush: true });
  renameSync(draft, join(folder, MARKER_FILE));
  syncFolder(folder);
}

/** So that names made in a folder outlive a loss of power. */
function syncFolder(folder: string): void {
  // Windows has no such thing.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Small text files: read within a limit, written whole or not at all. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs';
import { dirname } from 'node:path';
import { ProtocolError } from '../core/error';

/** Bytes of the largest file any command reads. */
const BYTES_MAX = 512 * 1024;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** Which file, and what a refusal to read or write it is called. `hint` says what to do about a missing one. */
export type TextFile = { readonly path: string; readonly code: string; readonly hint?: string };

/** The file's UTF-8 text. @throws {ProtocolError} `code` when it is missing, no file, or too large. */
export function readTextFile(file: TextFile): string {
  const { path, code, hint } = file;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new ProtocolError(code, `${path} is not a file`);
    if (stats.size > BYTES_MAX) throw new ProtocolError(code, `${path} has more than ${BYTES_MAX} bytes`);
    return readFileSync(descriptor, 'utf8');
  } catch (cause) {
    throw asRefusal(cause, { file, doing: 'read', hint });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Writes a file that is not there yet, for its owner's eyes only. @throws {ProtocolError} `code`. */
export function createTextFile(file: TextFile, text: string): void {
  write(file, {
    text,
    publish: (temporary) => {
      try {
        linkSync(temporary, file.path);
      } catch (cause) {
        if (!isSystemError(cause, 'EEXIST')) throw cause;
        throw new ProtocolError(file.code, `${file.path} is there already and is not overwritten`);
      }
    }
  });
}

/**
 * Puts a new text in place of the one that was read. @throws {ProtocolError} `code`, also when the file has changed since:
 * somebody else is at work on it.
 */
export function replaceTextFile(
  file: TextFile,
  change: { readonly from: string; readonly to: string }
): void {
  write(file, {
    text: change.to,
    publish: (temporary) => {
      if (readTextFile(file) !== change.from) {
        throw new ProtocolError(file.code, `${file.path} was changed meanwhile; run the command again`);
      }
      renameSync(temporary, file.path);
    }
  });
}

/** To a temporary file beside the wanted one first: whatever happens, no half of a text has its name. */
function write(
  file: TextFile,
  { text, publish }: { readonly text: string; readonly publish: (temporary: string) => void }
): void {
  const temporary = `${file.path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    mkdirSync(dirname(file.path), { recursive: true, mode: OWNER_ONLY_FOLDER });
    const descriptor = openSync(temporary, 'wx', OWNER_ONLY);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    publish(temporary);
  } catch (cause) {
    throw asRefusal(cause, { file, doing: 'written' });
  } finally {
    rmSync(temporary, { force: true });
  }
}

function asRefusal(
  cause: unknown,
  {
    file,
    doing,
    hint
  }: { readonly file: TextFile; readonly doing: string; readonly hint?: string | undefined }
): unknown {
  if (cause instanceof ProtocolError || !isSystemError(cause)) return cause;
  const reason = cause.code === 'ENOENT' ? 'there is no such file' : cause.code;
  const advice = hint === undefined ? '' : `; ${hint}`;
  return new ProtocolError(file.code, `${file.path} cannot be ${doing}: ${reason}${advice}`, {}, { cause });
}

/** Errors of the operating system, which Node gives a `code` and the call that failed. */
function isSystemError(error: unknown, code?: string): error is { readonly code: string } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'syscall' in error &&
    'code' in error &&
    typeof error.code === 'string' &&
    (code === undefined || error.code === code)
  );
}

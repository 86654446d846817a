import { statfsSync } from 'node:fs';

/** Why a state folder cannot be used. The words are stable. */
export type StateFolderFault = 'newer-version' | 'not-a-state-folder' | 'damaged' | 'in-use' | 'disk-refused';

/** Thrown when a state folder cannot be opened, kept or removed; the message says what was found and what to do. */
export class StateFolderError extends Error {
  override readonly name = 'StateFolderError';

  constructor(
    readonly fault: StateFolderFault,
    message: string,
    options?: ErrorOptions
  ) {
    super(message, options);
  }
}

/** Runs `action`; what the file system refuses becomes a {@link StateFolderError}. */
export function withDisk<T>(folder: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof StateFolderError) throw cause;
    throw diskRefused(folder, cause);
  }
}

export function diskRefused(folder: string, cause: unknown): StateFolderError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StateFolderError(
    'disk-refused',
    `The state folder ${folder} cannot be used: ${reason}${spaceLeft(folder)}`,
    { cause }
  );
}

const MIB = 1024 * 1024;

/** A full disk is the commonest reason, and what the store says of it is not always that. */
function spaceLeft(folder: string): string {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return `. Its disk has ${Math.floor((bavail * bsize) / MIB)} MiB left`;
  } catch {
    return '';
  }
}

/** Starts one of this project's TypeScript programs as a child, waits for the line that says it is ready, ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { projectRoot } from '../project-files';
import { stopChild } from '../stop-child';

const READY_DEADLINE_MS = 60_000;

export type ChildProgram = {
  readonly pid: number;
  /** The line that `isReady` recognised. */
  readonly readyLine: string;
  /** How it ended: the signal, or the exit code with the last line it wrote. */
  readonly ended: Promise<string>;
  /** Asks it to end, insists after a while, resolves when it is gone. */
  readonly stop: () => Promise<void>;
};

/** A running program. Its output goes to `onLine`. @throws when it exits or stays silent before it is ready. */
export async function startProgram(options: {
  readonly program: string;
  readonly args: readonly string[];
  readonly isReady: (line: string) => boolean;
  readonly onLine?: (line: string) => void;
}): Promise<ChildProgram> {
  const tsNode = join(projectRoot, 'node_modules', 'ts-node', 'dist', 'bin.js');
  const child = spawn(process.execPath, [tsNode, join(projectRoot, options.program), ...options.args], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe']
  });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const stop = async (): Promise<void> => {
    process.off('exit', killWithUs);
    await stopChild(child);
  };
  let lastLine = '';
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${String(code)}: ${lastLine}`));
  });
  const onLine = (line: string): void => {
    lastLine = line;
    options.onLine?.(line);
  };
  try {
    const readyLine = await firstReadyLine(child, { ...options, onLine });
    return { pid: child.pid ?? 0, readyLine, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function firstReadyLine(
  child: ChildProcess,
  options: {
    readonly program: string;
    readonly isReady: (line: string) => boolean;
    readonly onLine?: (line: string) => void;
  }
): Promise<string> {
  return new Promise((resolve, reject) => {
    const recent: string[] = [];
    const fail = (reason: string): void =>
      reject(
        new Error(`${options.program} ${reason}: ${recent.at(-1) ?? ''}\n${recent.slice(-20).join('\n')}`)
      );
    const deadline = setTimeout(() => fail(`was not ready after ${READY_DEADLINE_MS} ms`), READY_DEADLINE_MS);
    const read = (line: string): void => {
      recent.push(line);
      if (recent.length > 200) recent.shift();
      options.onLine?.(line);
      if (!options.isReady(line)) return;
      clearTimeout(deadline);
      resolve(line);
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', read);
    }
    // Not 'exit': by then it may not be read what it said.
    child.once('close', (code) => {
      clearTimeout(deadline);
      fail(`exited with code ${String(code)}`);
    });
  });
}

/** The `hypha` command as its users run it: a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../../scripts/project-files';

export type Finished = { readonly code: number | null; readonly out: string; readonly err: string };

/** Where a person's commands run, and the files they use. */
export type Seat = {
  readonly network: string;
  readonly identity: string;
  readonly env?: Readonly<Record<string, string>>;
};

const DEADLINE_MS = 60_000;

/** Runs `hypha ...args` to its end. */
export function runHyphaProcess(seat: Seat, args: readonly string[]): Promise<Finished> {
  const tsNode = join(projectRoot, 'node_modules', 'ts-node', 'dist', 'bin.js');
  const child = spawn(process.execPath, [tsNode, join(projectRoot, 'src', 'cli', 'main.ts'), ...args], {
    cwd: projectRoot,
    env: { ...process.env, ...seat.env, HYPHA_NETWORK: seat.network, HYPHA_IDENTITY: seat.identity },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL'
  });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() })
    );
  });
}

/** The JSON object of a command that must succeed. @throws with what it said when it does not. */
export async function succeed(seat: Seat, args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await runHyphaProcess(seat, [...args, '--json']);
  if (code !== 0 || err !== '')
    throw new Error(`hypha ${args.join(' ')}: exit ${String(code)}\n${out}${err}`);
  return JSON.parse(out) as Record<string, unknown>;
}

/** Exit code and error code of a command that must be refused. */
export async function refused(
  seat: Seat,
  args: readonly string[]
): Promise<{ readonly code: number | null; readonly error: unknown }> {
  const { code, out, err } = await runHyphaProcess(seat, [...args, '--json']);
  if (err !== '') throw new Error(`expected nothing on stderr, got ${err}`);
  const { error } = JSON.parse(out) as { error?: { code?: unknown } };
  return { code, error: error?.code };
}

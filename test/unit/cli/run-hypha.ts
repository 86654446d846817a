/** Runs the command in this process, its words caught. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment } from '../../../src/cli/context';
import { runHypha } from '../../../src/cli/program';

export type Run = { readonly code: number; readonly out: string; readonly err: string };

/** What `hypha ...args` prints and exits with. */
export async function hypha(args: readonly string[], environment: Environment = {}): Promise<Run> {
  const [out, err]: string[][] = [[], []];
  const terminal = {
    out: (text: string) => void out?.push(text),
    err: (text: string) => void err?.push(text)
  };
  const code = await runHypha(args, { terminal, environment });
  return { code, out: out?.join('') ?? '', err: err?.join('') ?? '' };
}

/** The exit code and error code of `hypha ...args --json`; stderr must be empty, stdout one JSON object. */
export async function refusalOf(
  args: readonly string[],
  environment: Environment = {}
): Promise<{ readonly code: number; readonly error: string }> {
  const { code, out, err } = await hypha([...args, '--json'], environment);
  if (err !== '') throw new Error(`expected nothing on stderr, got ${err}`);
  const parsed = JSON.parse(out) as { error?: { code?: string } };
  return { code, error: parsed.error?.code ?? 'none' };
}

/** A folder that is gone after `use`. */
export async function inFolder<T>(use: (path: (name: string) => string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'hypha-cli-'));
  try {
    return await use((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

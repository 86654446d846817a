/** The local IC's program as a process that may be killed at any moment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = resolve(__dirname, '../../..');

/** Compiles the program once, so that a start costs no compilation. The file, below `node_modules`. */
export function compileLocalIc(): string {
  const outfile = join(ROOT, 'node_modules/.cache/hypha', `local-ic-${process.pid}.js`);
  buildSync({
    entryPoints: [join(ROOT, 'src/local-ic/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    packages: 'external'
  });
  return outfile;
}

export class KillableIc {
  #output = '';
  #errors = '';
  #isReady: Promise<void>;
  #ended: Promise<unknown>;
  #child: ChildProcess;

  constructor(program: string, folder: string) {
    this.#child = spawn(process.execPath, [program, '--port', '0', '--state-dir', folder], { cwd: ROOT });
    this.#ended = once(this.#child, 'close');
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    this.#isReady = new Promise((ready, fail) => {
      this.#child.stdout?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
        if (this.#output.includes('\n')) ready();
      });
      this.#child.once('close', () => fail(new Error(`the local IC ended: ${this.#errors}`)));
    });
    this.#isReady.catch(() => undefined);
  }

  /** What it wrote to standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** The URL it serves at, when it does. Rejects when it ends before. */
  async url(): Promise<string> {
    await this.#isReady;
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(this.#output)?.[0];
    if (url === undefined) throw new Error(`the local IC named no address: ${this.#output}`);
    return url;
  }

  /** Kills it in so many milliseconds; resolves when it is gone. */
  async killIn(milliseconds: number): Promise<void> {
    setTimeout(() => this.#child.kill('SIGKILL'), milliseconds);
    await this.#ended;
  }

  /** Asks it to end; its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    await this.#ended;
    return this.#child.exitCode;
  }
}

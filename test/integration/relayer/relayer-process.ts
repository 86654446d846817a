/** `src/relayer/main.ts` as a program of its own, which can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../../..');

export type RelayerLine = {
  readonly event: string;
  readonly level: string;
  readonly [field: string]: unknown;
};
export type RelayerEnding = { readonly code: number | null; readonly signal: string | null };

export class RelayerProcess {
  readonly lines: RelayerLine[] = [];
  readonly ended: Promise<RelayerEnding>;
  private readonly child: ChildProcess;
  private readonly watchers = new Set<() => void>();

  constructor(args: readonly string[]) {
    const program = [
      join(ROOT, 'node_modules/ts-node/dist/bin.js'),
      join(ROOT, 'src/relayer/main.ts'),
      ...args
    ];
    this.child = spawn(process.execPath, program, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
    if (this.child.stderr !== null) {
      createInterface({ input: this.child.stderr }).on('line', (line) => {
        if (line.startsWith('{')) this.lines.push(JSON.parse(line) as RelayerLine);
        else this.lines.push({ event: 'text', level: 'info', text: line });
        for (const watch of this.watchers) watch();
      });
    }
    this.ended = new Promise((done) => {
      this.child.once('close', (code, signal) => {
        done({ code, signal });
        for (const watch of this.watchers) watch();
      });
    });
  }

  /** The first line, past or future, that `matches`. @throws when the program ends without it. */
  waitFor(matches: (line: RelayerLine) => boolean): Promise<RelayerLine> {
    return new Promise((found, fail) => {
      const look = (): void => {
        const line = this.lines.find(matches);
        if (line === undefined && this.child.exitCode === null && this.child.signalCode === null) return;
        this.watchers.delete(look);
        if (line !== undefined) found(line);
        else fail(new Error(`the relayer ended: ${JSON.stringify(this.lines.slice(-5))}`));
      };
      this.watchers.add(look);
      look();
    });
  }

  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<RelayerEnding> {
    this.child.kill(signal);
    return this.ended;
  }
}

#!/usr/bin/env node
/** The `hypha` command. Exit codes: 0 done, 1 refused, 2 wrong usage, 70 a bug of ours. */
import { Console } from 'node:console';
import { PassThrough } from 'node:stream';
import { runHypha } from './program';

const terminal = {
  out: (text: string): void => void process.stdout.write(text),
  err: (text: string): void => void process.stderr.write(text)
};

/** The agent's library writes what it retries to the console; what comes of it is in our own answer. */
globalThis.console = new Console({ stdout: new PassThrough().resume() });

void runHypha(process.argv.slice(2), { terminal, environment: process.env }).then((code) => {
  process.exitCode = code;
});

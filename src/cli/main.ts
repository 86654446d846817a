#!/usr/bin/env node
/** The `hypha` command. Exit codes: 0 done, 1 refused, 2 wrong usage, 70 a bug of ours. */
import { runHypha } from './program';

const terminal = {
  out: (text: string): void => void process.stdout.write(text),
  err: (text: string): void => void process.stderr.write(text)
};

void runHypha(process.argv.slice(2), { terminal, environment: process.env }).then((code) => {
  process.exitCode = code;
});

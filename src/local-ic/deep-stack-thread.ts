import { Worker, isMainThread, parentPort } from 'node:worker_threads';

/**
 * The network gives canister code 5 MiB of stack, a compiler whose frames are smaller than this engine's. With 16 MiB
 * QuickJS runs out of its own stack, inside the canister's memory, before this one ends, as it does on the network.
 */
const STACK_MIB = 16;

const STOP = 'stop';

/** Tells whether this is the thread that {@link runInDeepStackThread} made. */
export const isDeepStackThread = !isMainThread;

/**
 * How long a program that is told to stop may go on. A canister may occupy it longer than anybody wants to wait, and
 * what was acknowledged is on disk at any moment.
 */
const STOP_TIME_MS = 2000;

/**
 * Runs a program again in a thread with a deep stack: a process's first thread has the stack that the system gives it.
 * Signals to stop go on to it, and end it when it does not follow soon or is told again; its exit code becomes the
 * process's.
 */
export function runInDeepStackThread(file: string, argv: readonly string[]): void {
  const worker = new Worker(LOAD, {
    eval: true,
    workerData: [...loadersOf(file), file],
    argv: [...argv],
    resourceLimits: { stackSizeMb: STACK_MIB }
  });
  worker.on('error', (error) => {
    process.stderr.write(`local-ic: ${error.stack ?? error.message}\n`);
    process.exitCode = 1;
  });
  worker.on('exit', (exitCode) => {
    if (exitCode !== 0) process.exitCode = exitCode;
    for (const signal of SIGNALS) process.off(signal, stop);
    clearInterval(npmWatch);
  });
  let isStopping = false;
  const end = (): void => {
    process.exit();
  };
  const stop = (): void => {
    if (isStopping) end();
    isStopping = true;
    worker.postMessage(STOP);
    setTimeout(end, STOP_TIME_MS).unref();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const npmWatch = onEndOfNpm(stop);
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** npm hands SIGTERM to its shell only, which dies of it and tells the program nothing. */
function onEndOfNpm(stop: () => void): NodeJS.Timeout | undefined {
  if (!NPM_EVENTS.has(process.env['npm_lifecycle_event'] ?? '')) return undefined;
  const shell = process.ppid;
  return setInterval(() => {
    if (process.ppid !== shell) stop();
  }, NPM_WATCH_MS).unref();
}

/** Of `npm run local-ic` and `npx local-ic`; programs that other scripts start are theirs to end. */
const NPM_EVENTS: ReadonlySet<string> = new Set(['local-ic', 'npx']);
const NPM_WATCH_MS = 500;

/** Runs `stop` once, when the process is told to stop. */
export function onStop(stop: () => void): void {
  parentPort?.once('message', stop);
}

const LOAD = "for (const file of require('node:worker_threads').workerData) require(file);";

/** A thread has none of the hooks that let this one load TypeScript. */
function loadersOf(file: string): string[] {
  return file.endsWith('.ts') ? [require.resolve('ts-node/register')] : [];
}

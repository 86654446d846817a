/**
 * `npm start`: builds what is stale, starts the development network, plays the story, shows who owns what, and stays up
 * until Ctrl-C. `--once` ends after the story, 0 only when every step held; `--json` prints one object. Without
 * `--once` the Internet Computer goes on where it was; `--reset` makes it start anew. `--plain` takes canisters without
 * native code.
 */
import { type Variant, chosenVariant, takeVariant } from '../build/variant';
import { BUILD_STEP, type Stage, createPerson, prepareStage } from './stage';
import { printReport } from './report';
import { Steps, describeError } from './steps';
import { Story, type StoryResult } from './story';

const USAGE = `npm start [-- [--once] [--json] [--reset] [--plain]]
  --once   ends after the story, with 0 only if every step held; keeps nothing
  --json   one JSON object on stdout, progress on stderr
  --reset  forgets what the Internet Computer of earlier runs kept
  --plain  canisters as azle makes them, no native code linked in`;

/** As shells do for SIGINT. */
const EXIT_INTERRUPTED = 130;

const flags = new Set(takeVariant(process.argv.slice(2)));
const [once, json, reset] = [flags.has('--once'), flags.has('--json'), flags.has('--reset')];
const unknown = [...flags].find((flag) => !['--once', '--json', '--reset', '--help'].includes(flag));

/** With --json, stdout carries the object alone. */
const print = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);

async function main(): Promise<number> {
  if (flags.has('--help')) {
    print(USAGE);
    return 0;
  }
  if (unknown !== undefined) {
    process.stderr.write(`unknown option ${unknown}\n${USAGE}\n`);
    return 2;
  }
  const variant = chosenVariant();
  const stage = prepareStage({ keepsState: !once, startsAnew: reset });
  let wasInterrupted = false;
  const interrupted = listenForInterruption().then(() => void (wasInterrupted = true));
  const stopped = Promise.race([
    stage.lost,
    interrupted.then(() => Promise.reject(new Error('interrupted')))
  ]);
  stopped.catch(() => undefined);
  try {
    if (!(await play(stage, variant, stopped))) return wasInterrupted ? EXIT_INTERRUPTED : 1;
    if (once) return 0;
    print('Staying up. In another terminal: npm run --silent hypha -- domain list. Ctrl-C ends it.');
    await Promise.race([interrupted, stage.lost]);
    return 0;
  } catch (error) {
    print(`Stopping: ${describeError(error)}`);
    return 1;
  } finally {
    await stage.stop();
  }
}

/** Whether every step held. */
async function play(stage: Stage, variant: Variant, stopped: Promise<never>): Promise<boolean> {
  const startedAt = performance.now();
  const steps = new Steps(print, stopped);
  let result: StoryResult | undefined;
  let failure: string | undefined;
  try {
    const network = await stage.network(steps);
    const [alice, bob] = await Promise.all([createPerson('Alice', network), createPerson('Bob', network)]);
    result = await new Story(network, steps).play(alice, bob);
  } catch (error) {
    failure = describeError(error);
    print(steps.records.at(-1)?.ok === false ? 'The story stopped.' : `The story stopped: ${failure}`);
  }
  const ok = result !== undefined && steps.records.every((step) => step.ok);
  const endpoints = stage.endpoints();
  const figures = timings(steps, performance.now() - startedAt);
  if (json) {
    const error = failure === undefined ? {} : { error: failure };
    const report = { ok, ...error, variant, steps: steps.records, figures, endpoints, ...result };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else if (result !== undefined) {
    printReport(print, { result, variant, figures, endpoints });
  }
  return ok;
}

/** Install, build and story apart, and their sum. */
function timings(
  steps: Steps,
  elapsedMs: number
): Record<'installMs' | 'buildMs' | 'storyMs' | 'totalMs', number> {
  const installMs = Number(process.env['HYPHA_INSTALL_MS'] ?? 0);
  const buildMs = steps.records.find(({ name }) => name === BUILD_STEP)?.ms ?? 0;
  const storyMs = Math.round(elapsedMs) - buildMs;
  return { installMs, buildMs, storyMs, totalMs: installMs + buildMs + storyMs };
}

/** Resolves when the user or the starting process wants an end. The handlers stay: a second Ctrl-C cuts nothing short. */
function listenForInterruption(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    process.on('disconnect', () => resolve());
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${describeError(error)}\n`);
    process.exit(1);
  }
);

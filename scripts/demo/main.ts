/**
 * `npm start`: builds what is stale, starts the development network, plays the story, shows who owns what, and stays up
 * until Ctrl-C. `--once` ends after the story, 0 only when every step held; `--json` prints one object.
 */
import { join } from 'node:path';
import { createPerson, prepareStage } from './stage';
import { printReport } from './report';
import { Steps, describeError } from './steps';
import { Story, type StoryResult } from './story';

const startedAt = performance.now();
const flags = new Set(process.argv.slice(2));
const [once, json] = [flags.has('--once'), flags.has('--json')];
const unknown = [...flags].find((flag) => flag !== '--once' && flag !== '--json');

/** With --json, stdout carries the object alone. */
const print = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);

async function main(): Promise<number> {
  if (unknown !== undefined) {
    print(`unknown option ${unknown}; known: --once, --json`);
    return 2;
  }
  const steps = new Steps(print);
  const stage = prepareStage(steps);
  let result: StoryResult | undefined;
  const storyStartedAt = performance.now();
  try {
    const network = await stage.network();
    const [alice, bob] = await Promise.all([createPerson('Alice', network), createPerson('Bob', network)]);
    result = await new Story(network, steps).play(alice, bob);
  } catch (error) {
    print(`The story stopped: ${describeError(error)}`);
  }
  const ok = result !== undefined && steps.records.every((step) => step.ok);
  const figures = {
    installMs: Number(process.env['HYPHA_INSTALL_MS'] ?? 0),
    storyMs: Math.round(performance.now() - storyStartedAt),
    totalMs: Math.round(performance.now() - startedAt)
  };
  if (json) {
    const endpoints = stage.endpoints();
    process.stdout.write(`${JSON.stringify({ ok, steps: steps.records, figures, endpoints, ...result })}\n`);
  } else if (result !== undefined) {
    printReport(print, { result, figures, endpoints: stage.endpoints() });
  }
  if (!once && ok) await untilInterrupted();
  await stage.stop();
  return ok ? 0 : 1;
}

function untilInterrupted(): Promise<void> {
  print(
    `Staying up. Try: npm run hypha -- domain list   (settings in ${join('.hypha', 'network.json')}). Ctrl-C ends it.`
  );
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${describeError(error)}\n`);
    process.exit(1);
  }
);

/**
 * `npm run bench [-- build|instructions|local-ic|native|story]`: prints JSON. Instructions are exact and the same everywhere; seconds are this
 * machine's, and only ratios within one run mean anything.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { measureInstructions } from './bench/instructions';
import { measureLocalIc } from './bench/local-ic/measure-local-ic';
import { measureNative } from './bench/native/measure-native';
import { measureStory } from './bench/story-time';
import { buildCanisters, canisterNames } from './build-canisters';
import { VARIANTS } from './build/variant';
import { projectRoot } from './project-files';

const parts: Readonly<Record<string, () => Promise<unknown>>> = {
  build: async () => {
    rmSync(join(projectRoot, '.azle'), { recursive: true, force: true });
    const seconds: Record<string, number> = {};
    for (const variant of VARIANTS) {
      const startedAt = performance.now();
      await buildCanisters(canisterNames(), variant);
      seconds[variant] = (performance.now() - startedAt) / 1_000;
    }
    return { buildSeconds: seconds };
  },
  instructions: measureInstructions,
  'local-ic': measureLocalIc,
  native: measureNative,
  story: () => Promise.resolve(measureStory())
};

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const unknown = chosen.find((name) => !(name in parts));
  if (unknown !== undefined)
    throw new Error(`no bench is named ${unknown}; there are ${Object.keys(parts).join(', ')}`);
  const report: Record<string, unknown> = {};
  for (const [name, measure] of Object.entries(parts)) {
    if (chosen.length === 0 || chosen.includes(name)) report[name] = await measure();
  }
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  }
);

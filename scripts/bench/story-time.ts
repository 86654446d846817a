/** Wall time of the story from a warm install, without install and build. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../project-files';

export type StoryTime = { readonly storySeconds: number; readonly steps: Readonly<Record<string, number>> };

/** Plays the story once, as a user would. @throws when a step does not hold. */
export function measureStory(): StoryTime {
  const run = spawnSync(process.execPath, [join(projectRoot, 'scripts', 'start.mjs'), '--once', '--json'], {
    cwd: projectRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit']
  });
  const report = JSON.parse(run.stdout) as {
    ok: boolean;
    steps: { name: string; ms: number }[];
    figures: { storyMs: number };
  };
  if (!report.ok) throw new Error('the story did not hold');
  return {
    storySeconds: report.figures.storyMs / 1_000,
    steps: Object.fromEntries(report.steps.map(({ name, ms }) => [name, ms / 1_000]))
  };
}

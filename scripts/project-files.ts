/** Where the project is, and which of its files git knows or would take. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Absolute path of the project. */
export const projectRoot = join(__dirname, '..');

/** Paths below `folder`, relative to the project, that are tracked or untracked but not ignored. */
export function listFiles(folder: string): string[] {
  const output = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', folder], {
    cwd: projectRoot,
    encoding: 'utf8'
  });
  return output.split('\n').filter((file) => file !== '' && existsSync(join(projectRoot, file)));
}

import { mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createTextFile, readTextFile, replaceTextFile } from '../../../src/cli/text-file';
import { errorCode } from '../core/error-code';
import { inFolder } from './run-hypha';

const code = 'cli/plan-file';

describe('readTextFile', () => {
  it('refuses what is missing, no file or too large', () =>
    inFolder(async (path) => {
      mkdirSync(path('folder'));
      writeFileSync(path('large'), 'x'.repeat(512 * 1024 + 1));
      symlinkSync('/dev/zero', path('endless'));

      for (const name of ['missing', 'folder', 'large', 'endless']) {
        expect([name, errorCode(() => readTextFile({ path: path(name), code }))]).toEqual([name, code]);
      }
      expect(() => readTextFile({ path: path('missing'), code, hint: 'make one' })).toThrow('make one');
      await Promise.resolve();
    }));
});

describe('createTextFile', () => {
  it("writes for its owner's eyes only, making the folder", () =>
    inFolder(async (path) => {
      createTextFile({ path: path('new/folder/file'), code }, 'text');

      expect(readFileSync(path('new/folder/file'), 'utf8')).toBe('text');
      expect(statSync(path('new/folder/file')).mode & 0o777).toBe(0o600);
      await Promise.resolve();
    }));

  it('leaves what is there as it is, and nothing beside it', () =>
    inFolder(async (path) => {
      writeFileSync(path('file'), 'precious');

      expect(errorCode(() => createTextFile({ path: path('file'), code }, 'text'))).toBe(code);

      expect(readFileSync(path('file'), 'utf8')).toBe('precious');
      expect(readdirSync(dirname(path('file')))).toEqual(['file']);
      await Promise.resolve();
    }));
});

describe('replaceTextFile', () => {
  it('puts the new text in place of the one that was read', () =>
    inFolder(async (path) => {
      writeFileSync(path('file'), 'old');

      replaceTextFile({ path: path('file'), code }, { from: 'old', to: 'new' });

      expect(readFileSync(path('file'), 'utf8')).toBe('new');
      expect(readdirSync(dirname(path('file')))).toEqual(['file']);
      await Promise.resolve();
    }));

  it('refuses when somebody else wrote meanwhile', () =>
    inFolder(async (path) => {
      writeFileSync(path('file'), 'theirs');

      expect(errorCode(() => replaceTextFile({ path: path('file'), code }, { from: 'old', to: 'new' }))).toBe(
        code
      );

      expect(readFileSync(path('file'), 'utf8')).toBe('theirs');
      expect(readdirSync(dirname(path('file')))).toEqual(['file']);
      await Promise.resolve();
    }));
});

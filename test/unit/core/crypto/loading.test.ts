import { join } from 'node:path';
import { listFiles, projectRoot } from '../../../../scripts/project-files';

/** Azle's endpoints: they need the canister's system calls to load, and consist of calls of the rest. */
const ENDPOINTS = /^src\/canisters\/(runtime\/|[^/]+\/index\.ts)/;

/**
 * The build of a canister runs its program once in Node to learn its methods. A linked engine has nothing behind it
 * there, so no module may need one before it is called.
 */
describe('loading the modules that canisters are made of', () => {
  it('calls no engine', () => {
    const calls: string[] = [];
    const engine = new Proxy({}, { get: (_, group) => calls.push(String(group)) });
    const files = ['src/core', 'src/api', 'src/canisters']
      .flatMap(listFiles)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !ENDPOINTS.test(file));
    jest.isolateModules(() => {
      jest.doMock('#crypto-engine', () => ({ engine }));
      for (const file of files) jest.requireActual(join(projectRoot, file));
      jest.dontMock('#crypto-engine');
    });

    expect(files.length).toBeGreaterThan(60);
    expect(calls).toEqual([]);
  });
});

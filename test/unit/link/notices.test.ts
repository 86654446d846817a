/** What is linked is somebody's work: whoever gets a canister gets the notices their licences ask for. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIBRARIES } from '../../../scripts/link/libraries';
import { projectRoot } from '../../../scripts/project-files';

const NOTICES = readFileSync(join(projectRoot, 'THIRD-PARTY-NOTICES.md'), 'utf8');

/** The first three cells of the table's rows: library, package with version, licence. */
const ROWS = NOTICES.split('\n').map((line) =>
  line
    .split('|')
    .slice(1, 4)
    .map((cell) => cell.trim())
);

const fileOf = (packageName: string, file: string): string =>
  join(projectRoot, 'node_modules', packageName, file);

describe.each(LIBRARIES)('$name of $package', (library) => {
  it('is named with its version and licence', () => {
    expect(ROWS).toContainEqual([
      `\`${library.name}\``,
      `${library.package} ${library.version}`,
      library.licence
    ]);
  });

  it('is under the licence that the package says', () => {
    const { license } = JSON.parse(readFileSync(fileOf(library.package, 'package.json'), 'utf8')) as {
      license: string;
    };
    expect(library.licence).toBe(license);
  });
});

describe.each([...new Set(LIBRARIES.map((library) => library.package))])('the licence of %s', (name) => {
  it('is there with whose it is', () => {
    const file = fileOf(name, 'LICENSE');
    // mcl-wasm has none; the text is that of mcl.
    const owners = existsSync(file)
      ? (/^Copyright .*$/m.exec(readFileSync(file, 'utf8')) ?? [])
      : ['Copyright (c) 2015 MITSUNARI Shigeo'];

    expect(owners).toHaveLength(1);
    expect(NOTICES).toContain(owners[0]);
  });
});

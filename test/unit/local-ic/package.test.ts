/** The package.json of the local IC, beside the project's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { listFiles, projectRoot } from '../../../scripts/project-files';

type Manifest = Readonly<Record<'dependencies' | 'devDependencies' | 'engines', Record<string, string>>>;

const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(projectRoot, folder, 'package.json'), 'utf8')) as Manifest;

/** What its programs need to be run as they are, in TypeScript. */
const LOADERS = ['@swc/core', 'ts-node', 'typescript'];

const sourceFiles = listFiles('src/local-ic').filter((file) => file.endsWith('.ts'));

/** `@scope/name` or `name` of every package that its files import. */
function importedPackages(): string[] {
  const packages = sourceFiles.flatMap((file) =>
    ts
      .preProcessFile(readFileSync(join(projectRoot, file), 'utf8'), true, true)
      .importedFiles.map(({ fileName }) => fileName)
      .filter((name) => !/^(\.|node:)/.test(name))
      .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
  );
  return [...new Set(packages)];
}

it('names what its files import, and what loads them', () => {
  const names = Object.keys(manifestIn('src/local-ic').dependencies);
  expect(names.sort()).toEqual([...importedPackages(), ...LOADERS].sort());
});

it("takes the project's versions", () => {
  const project = manifestIn('.');
  const { dependencies, engines } = manifestIn('src/local-ic');
  expect({ ...project.devDependencies, ...project.dependencies }).toMatchObject(dependencies);
  expect(engines).toEqual(project.engines);
});

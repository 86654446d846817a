/**
 * Checks the direction of imports: which root may import which, which packages each may use, and that files of one
 * root form no circle. The table is the house's floor plan; ARCHITECTURE.md draws it.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { listFiles, projectRoot } from './project-files';

type Rule = { readonly roots: readonly string[]; readonly packages: readonly RegExp[] };

const icPackages = /^@dfinity\/(agent|candid|principal|identity(-secp256k1)?|cbor)$/;
const pure = [/^@noble\//, /^@scure\//, /^micro-eth-signer/];

const rules: Readonly<Record<string, Rule>> = {
  'src/core': { roots: ['src/core'], packages: pure },
  'src/api': { roots: ['src/api', 'src/core'], packages: [/^@dfinity\/(candid|principal)$/] },
  'src/canisters': {
    roots: ['src/canisters', 'src/api', 'src/core'],
    packages: [/^azle$/, /^@dfinity\/(candid|principal)$/]
  },
  'src/sdk': { roots: ['src/sdk', 'src/api', 'src/core'], packages: [icPackages, ...pure, /^viem/] },
  'src/relayer': {
    roots: ['src/relayer', 'src/sdk', 'src/api', 'src/core'],
    packages: [icPackages, /^viem/, /^lmdb$/, /^node:/]
  },
  'src/cli': {
    roots: ['src/cli', 'src/sdk', 'src/api', 'src/core'],
    packages: [icPackages, /^viem/, /^commander$/, /^node:/]
  },
  'src/local-ic': { roots: ['src/local-ic'], packages: [icPackages, /^@noble\//, /^lmdb$/, /^node:/] }
};

/** Canisters stand apart: each may import itself and the runtime, never another canister. */
const canisterOf = (file: string): string | undefined => /^src\/canisters\/([^/]+)\//.exec(file)?.[1];

function importsOf(file: string): string[] {
  const info = ts.preProcessFile(readFileSync(join(projectRoot, file), 'utf8'), true, true);
  return info.importedFiles.map((entry) => entry.fileName);
}

function resolveRelative(from: string, specifier: string): string {
  return relative(projectRoot, resolve(projectRoot, dirname(from), specifier));
}

/** What stands behind the doors of `src/core/crypto` is settled when a program is built; only they may know of it. */
const ENGINE = '#crypto-engine';

function faultsOf(file: string, rule: Rule): string[] {
  return importsOf(file).flatMap((specifier) => {
    if (specifier === ENGINE)
      return file.startsWith('src/core/crypto/')
        ? []
        : [`${file}: only src/core/crypto may import ${ENGINE}`];
    if (!specifier.startsWith('.')) {
      return rule.packages.some((allowed) => allowed.test(specifier))
        ? []
        : [`${file}: may not import package ${specifier}`];
    }
    const target = resolveRelative(file, specifier);
    if (!rule.roots.some((root) => target.startsWith(`${root}/`)))
      return [`${file}: may not import ${target}`];
    const [own, other] = [canisterOf(file), canisterOf(target)];
    if (own !== undefined && other !== undefined && other !== own && other !== 'runtime') {
      return [`${file}: one canister may not import another (${target})`];
    }
    return [];
  });
}

function findCircles(files: readonly string[]): string[] {
  const known = new Set(files);
  const graph = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => resolveRelative(file, specifier))
        .flatMap((target) =>
          [`${target}.ts`, `${target}/index.ts`].filter((candidate) => known.has(candidate))
        )
    ])
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) {
      circles.push(`circle: ${[...trail.slice(trail.indexOf(file)), file].join(' -> ')}`);
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return circles;
}

const files = listFiles('src').filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
const faults = files.flatMap((file) => {
  const entry = Object.entries(rules).find(([root]) => file.startsWith(`${root}/`));
  return entry === undefined ? [`${file}: lies in no known root`] : faultsOf(file, entry[1]);
});
faults.push(...findCircles(files));
for (const fault of faults) console.error(fault);
console.log(`imports: ${files.length} files, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;

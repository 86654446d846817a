/** Small faults that neither the compiler nor the linter sees. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles, projectRoot } from './project-files';

type Rule = { readonly name: string; readonly pattern: RegExp; readonly in: RegExp };

const rules: readonly Rule[] = [
  { name: 'a focused test', pattern: /\b(it|test|describe)\.only\(/, in: /^test\// },
  { name: 'a cast through unknown or any', pattern: /as unknown as|as any\b/, in: /^src\// },
  { name: 'a muted type error', pattern: /@ts-(ignore|expect-error|nocheck)/, in: /^(src|test|scripts)\// },
  { name: 'a loose end', pattern: /\b(FIXME|XXX|HACK)\b/, in: /^(src|test|scripts)\// },
  {
    name: 'ambient randomness',
    pattern: /Math\.random|crypto\.getRandomValues/,
    in: /^src\/(core|api|canisters)\//
  },
  {
    name: 'an ambient clock',
    pattern: /Date\.now|new Date\(|performance\.now/,
    in: /^src\/(core|api|canisters)\//
  },
  {
    name: 'a sleeping test',
    pattern: /setTimeout\(\s*(resolve|r|done)\b/,
    in: /^test\/(unit|integration)\//
  },
  { name: 'a registry host', pattern: /registry\.[a-z]+js\./, in: /./ }
];

const grabBags = /(^|\/)(utils|helpers|common|types|misc)\.ts$/;

const files = listFiles('.').filter((file) => /\.(ts|mjs|cjs|json|md|sol|yaml)$/.test(file));
const faults: string[] = [];
for (const file of files) {
  if (grabBags.test(file)) faults.push(`${file}: named for nothing in particular`);
  if (/[A-Z]/.test(file.replace(/^test\/fixtures\/evm\//, '')) && /^(src|scripts|test)\/.*\.ts$/.test(file)) {
    faults.push(`${file}: not kebab-case`);
  }
  if (file === 'scripts/check-tidy.ts') continue;
  const lines = readFileSync(join(projectRoot, file), 'utf8').split('\n');
  for (const rule of rules.filter((candidate) => candidate.in.test(file))) {
    lines.forEach((line, index) => {
      if (rule.pattern.test(line)) faults.push(`${file}:${index + 1}: ${rule.name}`);
    });
  }
}
for (const fault of faults) console.error(fault);
console.log(`tidy: ${files.length} files, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** The two kinds of builds: native ones have the linked code and call it, plain ones have none of it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCanisters, canisterNames } from '../../../scripts/build-canisters';
import { builtFiles } from '../../../scripts/build/built-files';
import { VARIANTS } from '../../../scripts/build/variant';
import { projectRoot } from '../../../scripts/project-files';

const NATIVE_ENGINE = '// src/canisters/runtime/native-engine.ts';
const JAVASCRIPT_ENGINE = '// src/core/crypto/noble/engine.ts';

/** How the switchboard's code names the magic of requests: `i64.const`, opcode 0x42 and signed LEB128. */
const MAGIC_IN_CODE = ((): Buffer => {
  const instruction = [0x42];
  let rest = Buffer.from('HYPHA/NC').readBigInt64LE();
  for (; rest >= 0x40n; rest >>= 7n) instruction.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...instruction, Number(rest)]);
})();

beforeAll(async () => {
  for (const variant of VARIANTS) await buildCanisters(canisterNames(), variant);
});

describe.each(canisterNames())('%s', (name) => {
  it('has the switchboard in a native build only', () => {
    expect(readFileSync(builtFiles(name, 'native').wasm).indexOf(MAGIC_IN_CODE)).toBeGreaterThan(0);
    expect(readFileSync(builtFiles(name, 'plain').wasm).indexOf(MAGIC_IN_CODE)).toBe(-1);
  });

  it('has one engine behind its doors, the one its variant names', () => {
    const native = readFileSync(builtFiles(name, 'native').bundle, 'utf8');
    expect(native).toContain(NATIVE_ENGINE);
    expect(native).not.toContain(JAVASCRIPT_ENGINE);

    const plain = readFileSync(builtFiles(name, 'plain').bundle, 'utf8');
    expect(plain).toContain(JAVASCRIPT_ENGINE);
    expect(plain).not.toContain(NATIVE_ENGINE);
  });

  it('has one interface, whatever it is made of', () => {
    const [native, plain] = VARIANTS.map((variant) => readFileSync(builtFiles(name, variant).candid, 'utf8'));
    expect(native).toBe(plain);
  });
});

describe('the build program', () => {
  const build = (
    args: readonly string[],
    told: Readonly<Record<string, string>> = {}
  ): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(
      process.execPath,
      [join(projectRoot, 'node_modules', 'ts-node', 'dist', 'bin.js'), 'scripts/build-canisters.ts', ...args],
      { cwd: projectRoot, encoding: 'utf8', env: { ...process.env, ...told } }
    );

  it.each([
    ['an unknown option', ['--native', '--plane'], 'unknown option --plane'],
    ['both variants', ['--plain', '--native'], '--native and --plain'],
    ['a canister that dfx.json does not have', ['sginer'], 'no canister "sginer"']
  ])('refuses %s', (_, args, reason) => {
    const { status, stderr } = build(args);
    expect(status).toBe(1);
    expect(stderr).toContain(reason);
  });

  it('refuses to be told of another variant by the environment', () => {
    const { status, stderr } = build([], { HYPHA_CANISTERS: 'nativ' });
    expect(status).toBe(1);
    expect(stderr).toContain('HYPHA_CANISTERS: expected native or plain, got "nativ"');
  });

  it.each([
    ['plain', ['--plain'], 'native'],
    ['native', ['--native'], 'plain'],
    ['plain', [], 'plain']
  ])('works with %s canisters when given %j and told %s', (variant, args, told) => {
    expect(build(args, { HYPHA_CANISTERS: told }).stdout).toContain(`signer (${variant}): up to date`);
  });
});

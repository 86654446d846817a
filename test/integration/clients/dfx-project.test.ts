/** dfx.json: it names what the build makes; and where dfx is installed, dfx deploys from it on its own network. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { canisterNames } from '../../../scripts/build-canisters';
import { builtFiles } from '../../../scripts/build/built-files';
import { projectRoot } from '../../../scripts/project-files';

type DfxJson = {
  readonly version: number;
  readonly canisters: Readonly<
    Record<string, { type: string; build: string; wasm: string; candid: string; dependencies?: string[] }>
  >;
  networks: { local: { bind: string; type: string } };
};

const BUILD_FILES = ['node_modules', 'scripts', 'src', '.azle', 'tsconfig.json', 'package.json'];

const readDfxJson = (): DfxJson => JSON.parse(readFileSync(join(projectRoot, 'dfx.json'), 'utf8')) as DfxJson;

/** What dfx's schema requires of a custom canister (dfinity/sdk docs/dfx-json-schema.json of dfx 0.32). */
describe('dfx.json', () => {
  it.each(canisterNames())('describes %s as a custom canister, by the files its build makes', (name) => {
    const { type, build, wasm, candid } = readDfxJson().canisters[name] ?? {};
    const files = builtFiles(name, 'native');

    expect(type).toBe('custom');
    expect(build).toBe(`npx ts-node scripts/build-canisters.ts --native ${name}`);
    expect(wasm).toBe(relative(projectRoot, files.gzip));
    expect(candid).toBe(relative(projectRoot, files.candid));
  });

  it('depends on canisters that it has, and names a network of its own', () => {
    const { version, canisters, networks } = readDfxJson();
    for (const { dependencies = [] } of Object.values(canisters)) {
      for (const name of dependencies) expect(Object.keys(canisters)).toContain(name);
    }
    expect(version).toBe(1);
    expect(networks).toEqual({ local: { bind: '127.0.0.1:4943', type: 'ephemeral' } });
  });
});

function isDfxInstalled(): boolean {
  try {
    execFileSync('dfx', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const describeWithDfx = isDfxInstalled()
  ? (name: string, body: () => void): void => {
      describe(name, body);
    }
  : (name: string, body: () => void): void => {
      describe.skip(`${name} (skipped: no dfx on the PATH)`, body);
    };

describeWithDfx('dfx deploy', () => {
  let folder: string;
  const dfx = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, DFX_WARNING: '-deprecation', DFX_TELEMETRY: 'off' };
    return (await promisify(execFile)('dfx', [...args], { cwd: folder, env })).stdout.trim();
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dfx-project-'));
    for (const file of BUILD_FILES) symlinkSync(join(projectRoot, file), join(folder, file));
    const config = readDfxJson();
    config.networks.local.bind = '127.0.0.1:0';
    writeFileSync(join(folder, 'dfx.json'), JSON.stringify(config));
    await dfx('start', '--clean', '--background');
  }, 300_000);

  afterAll(async () => {
    await dfx('stop');
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('installs domains, then the signer that names it', async () => {
    await dfx('deploy', 'domains');
    const domains = await dfx('canister', 'id', 'domains');
    const init = `(opt record { domains_canister = principal "${domains}"; key_name = "dfx_test_key" })`;
    await dfx('deploy', 'signer', '--argument', init);
    expect(await dfx('canister', 'call', 'signer', 'status')).toContain(domains);
  }, 300_000);
});

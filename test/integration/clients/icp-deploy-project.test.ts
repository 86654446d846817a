/** This project deployed by the `icp` command from its icp.yaml, as README.md says. */
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Principal } from '@dfinity/principal';
import { type SignerService } from '../../../src/api/signer-idl';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { connectAgent, createSignerClient } from '../../../src/sdk/client';
import { createIdentity } from '../../../src/sdk/identity';
import { projectRoot } from '../../../scripts/project-files';
import { describeWithIcp, IcpProject } from '../../support/local-ic/icp-command';

const LOCAL_NETWORK = 'http://127.0.0.1:4943';
/** What the build steps of icp.yaml use. */
const BUILD_FILES = ['node_modules', 'scripts', 'src', '.azle', 'tsconfig.json', 'dfx.json', 'package.json'];

let localIc: LocalIc;
let project: IcpProject;
const icp = (...args: readonly string[]): Promise<string> => project.icp(...args);

async function connectSigner(id: string): Promise<SignerService> {
  const identity = createIdentity(crypto.getRandomValues(new Uint8Array(32)));
  const agent = await connectAgent({ host: localIc.url, fetchRootKey: true, identity });
  return createSignerClient(agent, { canisterId: Principal.fromText(id) });
}

describeWithIcp('icp deploy of this project', () => {
  beforeAll(async () => {
    localIc = await LocalIc.start();
    const manifest = readFileSync(join(projectRoot, 'icp.yaml'), 'utf8');
    expect(manifest).toContain(LOCAL_NETWORK);
    project = await IcpProject.create(manifest.replace(LOCAL_NETWORK, localIc.url));
    for (const file of BUILD_FILES) symlinkSync(join(projectRoot, file), join(project.folder, file));
    await icp('cycles', 'transfer', '100t', await icp('identity', 'principal'), '--identity', 'anonymous');
  });

  afterAll(async () => {
    project.remove();
    await localIc.stop();
  });

  it('installs domains, then the signer that names it', async () => {
    await icp('deploy', 'domains', '-e', 'local');
    const domains = await icp('canister', 'status', 'domains', '-e', 'local', '--id-only');
    const init = `(opt record { domains_canister = principal "${domains}"; key_name = "dfx_test_key" })`;

    await icp('deploy', 'signer', '-e', 'local', '--args', init);

    const signer = await icp('canister', 'status', 'signer', '-e', 'local', '--id-only');
    const status = await (await connectSigner(signer)).status();
    expect(status).toMatchObject({ key_name: 'dfx_test_key' });
    expect(status.domains_canister.toText()).toBe(domains);
  }, 300_000);

  it('upgrades both at once', async () => {
    await icp('deploy', '-e', 'local', '--yes');
    expect(await icp('canister', 'status', '-e', 'local')).toMatch(/signer[^]*Running|Running[^]*signer/);
  }, 300_000);
});

/** The `icp` command, unmodified, against a local IC as a connected network: what it prints and what it changes. */
import { Principal } from '@dfinity/principal';
import { LocalIc } from '../../../src/local-ic/local-ic';
import { buildCounterCanister } from '../../fixtures/local-ic/counter-canister';
import { connectedNetwork, describeWithIcp, IcpProject } from '../../support/local-ic/icp-command';

const manifest = (url: string): string => `canisters:
  - name: counter
    build:
      steps:
        - type: pre-built
          path: counter.wasm
    settings:
      freezing_threshold: 40d
      environment_variables:
        GREETING: hello
${connectedNetwork(url)}`;

let localIc: LocalIc;
let project: IcpProject;
const icp = (...args: readonly string[]): Promise<string> => project.icp(...args);

/** The tests build on each other, as a day's work does. */
describeWithIcp('icp on a connected network', () => {
  beforeAll(async () => {
    localIc = await LocalIc.start();
    project = await IcpProject.create(manifest(localIc.url));
    project.write('counter.wasm', await buildCounterCanister());
  });

  afterAll(async () => {
    project.remove();
    await localIc.stop();
  });

  const canisterId = (): Promise<string> => icp('canister', 'status', 'counter', '--id-only');
  const cyclesOf = async (): Promise<bigint> =>
    localIc.replica.cyclesOf(Principal.fromText(await canisterId()).toUint8Array()) ?? -1n;
  const call = (method: string, args: string, ...more: readonly string[]): Promise<string> =>
    icp('canister', 'call', 'counter', method, args, ...more);

  it('ping and status name the network and its root key', async () => {
    expect(await icp('network', 'ping')).toContain('"replica_health_status": "healthy"');
    expect(await icp('network', 'status')).toContain(Buffer.from(localIc.rootKey).toString('hex'));
  });

  it('cycles balance and transfer', async () => {
    const tester = await icp('identity', 'principal');

    expect(await icp('cycles', 'balance')).toBe('Balance: 0 cycles');
    expect(await icp('cycles', 'transfer', '100t', tester, '--identity', 'anonymous')).toBe(
      `Transferred 100_000_000_000_000 cycles to ${tester} in block 1`
    );
    expect(await icp('cycles', 'balance')).toBe('Balance: 100_000_000_000_000 cycles');
  });

  it('deploy creates, configures and installs', async () => {
    expect(await icp('deploy', '-e', 'local')).toMatch(/Created canister counter with ID [a-z0-9-]{27}/);

    const status = await icp('canister', 'status', 'counter');
    expect(status).toContain('Status: Running');
    expect(status).toContain(`controller: ${await icp('identity', 'principal')}`);
    expect(status).toMatch(/Freezing threshold: 3_456_000/);
    expect(status).toMatch(/Module hash: 0x[0-9a-f]{64}/);
    expect(await icp('cycles', 'balance')).toBe('Balance: 97_999_900_000_000 cycles');
    expect(await cyclesOf()).toBeGreaterThan(1_490_000_000_000n);
  });

  it('canister call knows the Candid interface, updates and queries', async () => {
    expect(await call('add', '(5)')).toBe('(5 : nat64)');
    expect(await call('add', '(2)')).toBe('(7 : nat64)');
    expect(await call('get', '()', '--query')).toBe('(7 : nat64)');
  });

  it('canister call reports a trap', async () => {
    const { code, stderr } = await project.tryIcp('canister', 'call', 'counter', 'explode', '()');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/boom.*IC0503/s);
  });

  it('canister logs shows what was printed', async () => {
    expect(await icp('canister', 'logs', 'counter')).toMatch(/adding[^]*adding[^]*boom/);
  });

  it('canister metadata shows the interface', async () => {
    expect(await icp('canister', 'metadata', 'counter', 'candid:service')).toContain(
      'add : (nat64) -> (nat64)'
    );
    expect(await project.tryIcp('canister', 'metadata', 'counter', 'nothing')).not.toHaveProperty('code', 0);
  });

  it('canister settings update, show and sync', async () => {
    await icp(
      'canister',
      'settings',
      'update',
      'counter',
      '--log-visibility',
      'public',
      '--wasm-memory-limit',
      '1gib'
    );
    const changed = await icp('canister', 'settings', 'show', 'counter');
    expect(changed).toMatch(/Wasm memory limit: 1_073_741_824[^]*Log visibility: Public[^]*GREETING: hello/);

    await icp('canister', 'settings', 'update', 'counter', '--freezing-threshold', '50d');
    await icp('canister', 'settings', 'sync', 'counter');
    expect(await icp('canister', 'settings', 'show', 'counter')).toMatch(/Freezing threshold: 3_456_000/);
  });

  it('an upgrade by deploy keeps the state', async () => {
    project.write('counter.wasm', await buildCounterCanister(2));

    await icp('deploy', '--yes');

    expect(await call('version', '()', '--query')).toBe('(2 : nat64)');
    expect(await call('get', '()', '--query')).toBe('(7 : nat64)');
  });

  it('install --mode reinstall starts anew', async () => {
    await icp('canister', 'install', 'counter', '--mode', 'reinstall', '--yes');
    expect(await call('get', '()', '--query')).toBe('(0 : nat64)');
  });

  it('stop, start', async () => {
    await icp('canister', 'stop', 'counter');
    expect(await icp('canister', 'status', 'counter')).toContain('Status: Stopped');
    expect((await project.tryIcp('canister', 'call', 'counter', 'add', '(1)')).stderr).toContain('IC0508');
    await icp('canister', 'start', 'counter');
    expect(await call('add', '(1)')).toBe('(1 : nat64)');
  });

  it('top-up moves cycles from the ledger to the canister', async () => {
    const before = await cyclesOf();
    expect(await project.icpVerbose('canister', 'top-up', 'counter', '--amount', '2t')).toContain(
      'Topped up canister counter with 2_000_000_000_000 cycles'
    );
    expect((await cyclesOf()) - before).toBeGreaterThan(1_999_000_000_000n);
    expect(await icp('cycles', 'balance')).toBe('Balance: 95_999_800_000_000 cycles');
  });

  describe('snapshots', () => {
    let snapshotId: string;
    const snapshot = (...args: readonly string[]): Promise<string> => icp('canister', 'snapshot', ...args);
    const createSnapshot = async (): Promise<string> => {
      const text = await project.icpVerbose('canister', 'snapshot', 'create', 'counter');
      return /Created snapshot ([0-9a-f]+) for/.exec(text)?.[1] ?? text;
    };

    it('create and list', async () => {
      await icp('canister', 'stop', 'counter');
      snapshotId = await createSnapshot();
      expect(await snapshot('list', 'counter')).toContain(snapshotId);
    });

    it('restore brings the state back', async () => {
      await icp('canister', 'start', 'counter');
      expect(await call('add', '(10)')).toBe('(11 : nat64)');
      await icp('canister', 'stop', 'counter');
      await snapshot('restore', 'counter', snapshotId);
      await icp('canister', 'start', 'counter');
      expect(await call('get', '()', '--query')).toBe('(1 : nat64)');
    });

    it('download, delete, upload and restore bring it back from the disk', async () => {
      await snapshot('download', 'counter', snapshotId, '--output', 'saved');
      await snapshot('delete', 'counter', snapshotId);
      expect(await snapshot('list', 'counter')).not.toContain(snapshotId);
      await call('add', '(20)');

      const text = await project.icpVerbose('canister', 'snapshot', 'upload', 'counter', '--input', 'saved');
      const uploaded = /[0-9a-f]{36,}/.exec(text)?.[0] ?? text;
      await icp('canister', 'stop', 'counter');
      await snapshot('restore', 'counter', uploaded);
      await icp('canister', 'start', 'counter');

      expect(await call('get', '()', '--query')).toBe('(1 : nat64)');
    });
  });

  it('token balance, transfer, approve and allowance', async () => {
    const tester = await icp('identity', 'principal');
    const accountId = await icp('identity', 'account-id');

    expect(await icp('token', 'balance')).toBe('Balance: 0 ICP');
    expect(await icp('token', 'transfer', '3', tester, '--identity', 'anonymous')).toBe(
      `Transferred 3.00000000 ICP to ${tester} in block 1`
    );
    expect(await icp('token', 'transfer', '1.5', accountId, '--identity', 'anonymous')).toBe(
      `Transferred 1.50000000 ICP to ${accountId} in block 2`
    );
    expect(await icp('token', 'balance')).toBe('Balance: 4.50000000 ICP');
    await icp('token', 'approve', '0.5', '2vxsx-fae');
    expect(await icp('token', 'allowance', '2vxsx-fae')).toContain('Allowance: 0.50000000 ICP');
    expect((await project.tryIcp('token', 'transfer', '100', '2vxsx-fae')).stderr).toMatch(
      /[Ii]nsufficient funds/
    );
  });

  it('cycles mint turns ICP into cycles', async () => {
    expect(await icp('cycles', 'mint', '--icp', '1')).toBe(
      'Minted 3_519_900_000_000 cycles to your account, new balance: 99_519_700_000_000 cycles.'
    );
    expect((await project.tryIcp('cycles', 'mint', '--icp', '1000')).stderr).toContain(
      'Insufficient funds: 1000.00010000 ICP required'
    );
  });

  it('canister create --with-icp pays by the cycles minting canister', async () => {
    const text = await project.icpVerbose(
      'canister',
      'create',
      '--detached',
      '--with-icp',
      '1',
      '-e',
      'local'
    );
    const [id = ''] = /[a-z0-9]{5}(-[a-z0-9]{3,5}){4}/.exec(text) ?? [];
    expect(localIc.replica.cyclesOf(Principal.fromText(id).toUint8Array())).toBe(3_020_000_000_000n);
  });

  it('delete recovers the cycles and forgets the canister', async () => {
    const id = Principal.fromText(await canisterId()).toUint8Array();
    await icp('canister', 'stop', 'counter');

    const text = await project.icpVerbose('canister', 'delete', 'counter');

    const recovered = BigInt(/Recovered (\d+) cycles/.exec(text)?.[1] ?? 0);
    expect(recovered).toBeGreaterThan(3_000_000_000_000n);
    expect(localIc.replica.canister(id)).toBeUndefined();
    const balance = 99_519_700_000_000n + recovered - 100_000_000n;
    expect(BigInt((await icp('cycles', 'balance', '--quiet')).replace(/\D/g, ''))).toBe(balance);
    expect(await project.tryIcp('canister', 'status', 'counter')).not.toHaveProperty('code', 0);
  });
});

/** `icp network start` with the local IC as its launcher, and the launcher's own promises. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Actor, HttpAgent } from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { AccountIdl, TransferArgs, TransferResult } from '../../../src/local-ic/system-canisters/icrc-idl';
import { buildCounterCanister } from '../../fixtures/local-ic/counter-canister';
import { describeWithIcp, IcpProject } from '../../support/local-ic/icp-command';

const LAUNCHER = join(__dirname, '../../../src/local-ic/bin/icp-network-launcher.cjs');

const MANIFEST = `canisters:
  - name: counter
    build:
      steps:
        - type: pre-built
          path: counter.wasm
networks:
  - name: local
    mode: managed
    gateway:
      port: 0
`;

const SOMEBODY = { owner: Principal.fromText('rrkah-fqaaa-aaaaa-aaaaq-cai'), subaccount: [] };

type CyclesLedgerClient = {
  readonly icrc1_transfer: (args: object) => Promise<unknown>;
  readonly icrc1_balance_of: (account: object) => Promise<bigint>;
};

const createCyclesLedgerClient = (agent: HttpAgent): CyclesLedgerClient =>
  Actor.createActor<CyclesLedgerClient>(
    () =>
      IDL.Service({
        icrc1_transfer: IDL.Func([TransferArgs], [TransferResult], []),
        icrc1_balance_of: IDL.Func([AccountIdl], [IDL.Nat], ['query'])
      }),
    { agent, canisterId: 'um5iw-rqaaa-aaaaq-qaaba-cai' }
  );

const transferTo = (to: object, amount: bigint): object => ({
  from_subaccount: [],
  to,
  amount,
  fee: [],
  memo: [],
  created_at_time: []
});

describeWithIcp('icp network start', () => {
  let project: IcpProject;
  const icp = (...args: readonly string[]): Promise<string> => project.icp(...args);

  beforeAll(async () => {
    project = await IcpProject.create(MANIFEST);
    project.write('counter.wasm', await buildCounterCanister());
  });

  afterAll(async () => {
    await project.tryIcp('network', 'stop');
    project.remove();
  });

  it('starts the network, seeds the identities and installs its own canisters', async () => {
    const started = await project.icpVerbose('network', 'start', '-d');

    expect(started).toMatch(/Network started on port \d+/);
    expect(started).toContain('Seeding ICP and cycles account balances');
    const status = JSON.parse(await icp('network', 'status', '--json')) as Record<string, unknown>;
    expect(status).toMatchObject({ managed: true, root_key_source: 'managed' });
    expect(status['candid_ui_principal']).toMatch(/-cai$/);
    expect(status['proxy_canister_principal']).toMatch(/-cai$/);
    expect(await icp('token', 'balance')).toBe('Balance: 1000000.00000000 ICP');
    expect(await icp('cycles', 'balance')).toBe('Balance: 1_000_000_000_000_000 cycles');
  });

  it('deploys, calls directly and through the proxy canister', async () => {
    await icp('deploy');
    const { proxy_canister_principal: proxy } = JSON.parse(await icp('network', 'status', '--json')) as {
      proxy_canister_principal: string;
    };

    expect(await icp('canister', 'call', 'counter', 'add', '(4)')).toBe('(4 : nat64)');
    expect(await icp('canister', 'call', 'counter', 'add', '(1)', '--proxy', proxy)).toBe('(5 : nat64)');
  });

  it('serves the Candid UI it installed', async () => {
    const status = JSON.parse(await icp('network', 'status', '--json')) as Record<string, string>;
    const page = await fetch(`${status['gateway_url']}?canisterId=${status['candid_ui_principal']}`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<html');
  });

  it('creates canisters through the proxy canister', async () => {
    const { proxy_canister_principal: proxy } = JSON.parse(await icp('network', 'status', '--json')) as {
      proxy_canister_principal: string;
    };
    expect(
      await project.icpVerbose('canister', 'create', '--detached', '-e', 'local', '--proxy', proxy)
    ).toMatch(/[a-z0-9]{5}(-[a-z0-9]{3,5}){4}/);
  });

  it('stops it', async () => {
    const { api_url: url } = JSON.parse(await icp('network', 'status', '--json')) as { api_url: string };

    expect(await project.icpVerbose('network', 'stop')).toContain('Network stopped successfully');

    await expect(fetch(`${url}api/v2/status`)).rejects.toThrow(/fetch failed/);
  });

  it('starts again, from nothing: the command empties the state folder first', async () => {
    await icp('network', 'start', '-d');
    expect(await icp('cycles', 'balance')).toBe('Balance: 1_000_000_000_000_000 cycles');
    expect(await project.tryIcp('canister', 'status', 'counter')).not.toHaveProperty('code', 0);
    await icp('network', 'stop');
  });

  it('shows why a network does not start', async () => {
    project.write('icp.yaml', `${MANIFEST}    ii: true\n`);
    const { code, stderr } = await project.tryIcp('network', 'start', '-d');
    expect(code).not.toBe(0);
    expect(stderr).toContain('this network has not Internet Identity');
  });
});

describe('the launcher', () => {
  const children: ChildProcess[] = [];
  const folders: string[] = [];

  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  function launch(...args: readonly string[]): {
    child: ChildProcess;
    ended: Promise<[number | null, string]>;
  } {
    const child = spawn(LAUNCHER, args, { cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] });
    children.push(child);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<[number | null, string]>((resolve) => {
      child.once('close', (code) => {
        resolve([code, stderr]);
      });
    });
    return { child, ended };
  }

  function temporaryFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'launcher-'));
    folders.push(folder);
    return folder;
  }

  /** The status file's line as soon as it is there. */
  function statusIn(folder: string): Promise<{ gateway_port: number; root_key: string; v: string }> {
    const file = join(folder, 'status.json');
    return new Promise((resolve) => {
      const watcher = watch(folder, () => {
        if (!existsSync(file)) return;
        watcher.close();
        const text = readFileSync(file, 'utf8');
        expect(text).toMatch(/^\{.*\}\n$/);
        resolve(JSON.parse(text) as { gateway_port: number; root_key: string; v: string });
      });
    });
  }

  it('writes the status of a network that answers, and ends by SIGINT with code 0', async () => {
    const folder = temporaryFolder();
    const { child, ended } = launch(
      '--interface-version',
      '1.1.0',
      '--status-dir',
      folder,
      '--domain=localhost'
    );

    const { v, gateway_port: port, root_key: rootKey } = await statusIn(folder);
    const agent = await HttpAgent.create({ host: `http://localhost:${port}` });

    expect(v).toBe('1');
    expect(Buffer.from(await agent.fetchRootKey()).toString('hex')).toBe(rootKey);
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(0);
  });

  it('keeps the network in its state folder over a stop', async () => {
    const folder = temporaryFolder();
    const start = async (): Promise<{ child: ChildProcess; ended: Promise<unknown>; agent: HttpAgent }> => {
      const statusDir = temporaryFolder();
      const { child, ended } = launch('--state-dir', join(folder, 'state'), '--status-dir', statusDir);
      const failed = ended.then(([, stderr]) => Promise.reject(new Error(stderr)));
      const { gateway_port: port } = await Promise.race([statusIn(statusDir), failed]);
      failed.catch(() => undefined);
      const host = `http://localhost:${port}`;
      return { child, ended, agent: await HttpAgent.create({ host, shouldFetchRootKey: true }) };
    };
    const first = await start();
    const ledger = createCyclesLedgerClient(first.agent);
    await ledger.icrc1_transfer(transferTo(SOMEBODY, 7n));
    first.child.kill('SIGINT');
    await first.ended;

    const second = await start();
    expect(await createCyclesLedgerClient(second.agent).icrc1_balance_of(SOMEBODY)).toBe(7n);
    second.child.kill('SIGINT');
    await second.ended;
  });

  it('ends with code 1 and the reason when it is misunderstood', async () => {
    const [code, stderr] = await launch('--gateway-prot', '1').ended;
    expect(code).toBe(1);
    expect(stderr).toContain('unknown arguments: --gateway-prot');
  });
});

/** The `icp` command as npm brings it, in a project and a home of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARY = join(__dirname, '../../../node_modules/@icp-sdk/icp-cli-linux-x64/bin/icp');
/** The launcher that `icp network start` is told to use. */
const LAUNCHER = join(__dirname, '../../../src/local-ic/bin/icp-network-launcher.cjs');

/** `describe` where the command is installed; elsewhere its tests are reported as skipped, with the reason. */
export function describeWithIcp(name: string, body: () => void): void {
  if (existsSync(BINARY)) describe(name, body);
  else
    describe.skip(`${name} (skipped: no @icp-sdk/icp-cli-linux-x64, an optional dependency for Linux)`, body);
}

export type IcpRun = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** An address of the local IC, as a connected network of a project. */
export const connectedNetwork = (url: string): string => `networks:
  - name: local
    mode: connected
    url: ${url}
    root-key: fetch
`;

export class IcpProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'icp-project-'));
  readonly #home = mkdtempSync(join(tmpdir(), 'icp-home-'));
  readonly #running = new Set<ChildProcess>();

  /** A project of this manifest, with a fresh identity `tester` that is the default. */
  static async create(manifest: string): Promise<IcpProject> {
    const project = new IcpProject();
    project.write('icp.yaml', manifest);
    await project.icp('settings', 'telemetry', 'false');
    await project.icp('settings', 'update-check', 'false');
    await project.icp('identity', 'new', 'tester', '--storage', 'plaintext');
    await project.icp('identity', 'default', 'tester');
    return project;
  }

  write(path: string, content: string | Uint8Array): void {
    writeFileSync(join(this.folder, path), content);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  /** What the command prints to standard output, trimmed. @throws with all it printed when it fails. */
  async icp(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryIcp(...args);
    if (code !== 0) throw new Error(`icp ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** As {@link icp}, with what it prints to standard error besides. */
  async icpVerbose(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryIcp(...args);
    if (code !== 0) throw new Error(`icp ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
    return stdout + stderr;
  }

  tryIcp(...args: readonly string[]): Promise<IcpRun> {
    const child = spawn(BINARY, args, { cwd: this.folder, env: this.#environment() });
    this.#running.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        this.#running.delete(child);
        resolve({ code, stdout, stderr });
      });
    });
  }

  /** Ends what still runs and removes the project and its home. */
  remove(): void {
    for (const child of this.#running) child.kill('SIGKILL');
    for (const folder of [this.folder, this.#home]) rmSync(folder, { recursive: true, force: true });
  }

  #environment(): NodeJS.ProcessEnv {
    const { PATH, HOME } = process.env;
    return {
      PATH,
      HOME,
      ICP_HOME: this.#home,
      ICP_CLI_NETWORK_LAUNCHER_PATH: LAUNCHER,
      DO_NOT_TRACK: '1'
    };
  }
}

/**
 * Starts a local Internet Computer for the `icp` command, which finds it by `ICP_CLI_NETWORK_LAUNCHER_PATH`: listens,
 * writes one line of JSON to `status.json`, and runs until SIGINT or SIGTERM.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex } from '@noble/hashes/utils';
import { isDeepStackThread, onStop, runInDeepStackThread } from './deep-stack-thread';
import { type LauncherArguments, parseLauncherArguments } from './launcher-arguments';
import { type LocalIc } from './local-ic';

const STATUS_FILE = 'status.json';
const STATUS_VERSION = '1';

/** Runs until told to stop. @throws {LauncherArgumentError} */
async function launch(argv: readonly string[]): Promise<void> {
  const options = parseLauncherArguments(argv);
  for (const warning of options.warnings) process.stderr.write(`Warning: ${warning}\n`);
  // Imported here so that the first thread, which only starts the other, need not load it.
  const { LocalIc } = await import('./local-ic');
  const localIc = await LocalIc.start({
    host: options.bind,
    port: options.gatewayPort,
    ...(options.stateDir !== undefined && { stateDir: options.stateDir })
  });
  onStop(() => void localIc.stop());
  writeStatus(options, localIc);
  process.stderr.write(
    `Local Internet Computer at ${localIc.url}: a development network, its keys are public test keys\n`
  );
}

/** Whoever waits for the file reads it whole: it gets its name when it is written. */
function writeStatus({ statusDir }: LauncherArguments, { url, rootKey }: LocalIc): void {
  if (statusDir === undefined) return;
  const status = {
    v: STATUS_VERSION,
    gateway_port: Number(new URL(url).port),
    root_key: bytesToHex(rootKey)
  };
  mkdirSync(statusDir, { recursive: true });
  const file = join(statusDir, STATUS_FILE);
  writeFileSync(`${file}.new`, `${JSON.stringify(status)}\n`);
  renameSync(`${file}.new`, file);
}

function fail(error: unknown): void {
  process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

const argv = process.argv.slice(2);
if (isDeepStackThread) launch(argv).catch(fail);
else runInDeepStackThread(__filename, argv);

/**
 * `npx ts-node src/relayer/main.ts --rpc ... --domain ...`: runs the relayer until SIGTERM or SIGINT.
 * Exit code 0 when it was told to stop, 1 when it had to, 2 when its settings are wrong. Logs are JSON lines on stderr.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isProtocolError } from '../core/error';
import { connectAgent, createDomainsClient, createSignerClient } from '../sdk/client';
import { createIdentity, decodeIdentityPem } from '../sdk/identity';
import { CONFIG_HELP, type RelayerConfig, parseConfig } from './config';
import { systemClock } from './clock';
import { type Log, createLog } from './log';
import { openRelayer } from './open-relayer';

async function main(): Promise<void> {
  if (process.argv.slice(2).some((flag) => flag === '--help' || flag === '-h')) {
    process.stdout.write(
      `The relayer's settings, as flags or as HYPHA_RELAYER_<SETTING>:\n\n${CONFIG_HELP}\n`
    );
    return;
  }
  const config = readConfig();
  if (config === undefined) return;
  const log = createLog({
    level: config.logLevel,
    write: (line) => process.stderr.write(line),
    nowMs: () => systemClock.nowMs()
  });
  try {
    await relay(config, log);
  } catch (error) {
    const { code, message } = isProtocolError(error)
      ? error
      : { code: 'relayer/bug', message: describe(error) };
    log.error('stopped', { code, message });
    process.exitCode = 1;
  }
}

function readConfig(): RelayerConfig | undefined {
  try {
    return parseConfig(process.argv.slice(2), process.env);
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    process.stderr.write(`${error.message}\n\n${CONFIG_HELP}\n`);
    process.exitCode = 2;
    return undefined;
  }
}

async function relay(config: RelayerConfig, log: Log): Promise<void> {
  const identity =
    config.identityFile === undefined
      ? createIdentity(randomBytes(32))
      : decodeIdentityPem(readFileSync(config.identityFile, 'utf8'));
  const agent = await connectAgent({ host: config.host, identity, fetchRootKey: config.fetchRootKey });
  const relayer = await openRelayer({
    ...config,
    signer: createSignerClient(agent, { canisterId: config.signer }),
    domains: createDomainsClient(agent, { canisterId: config.domains }),
    log
  });
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  try {
    await relayer.run(stop.signal);
    log.info('told-to-stop', {});
  } finally {
    await relayer.close();
  }
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

void main();

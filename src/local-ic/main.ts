/** Starts a local Internet Computer from the command line and runs until it is told to stop. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isDeepStackThread, onStop, runInDeepStackThread } from './deep-stack-thread';
import { type LocalIcOptions } from './local-ic';
import { StateFolderError } from './state/state-folder-error';

const USAGE = `Usage: local-ic [--port <port>] [--host <address>] [--state-dir <folder> [--reset]]
                [--outcall-route <https origin>=<http origin>]...

  --port           port to listen on; 0 takes a free one (default 4943)
  --host           address to bind (default 127.0.0.1)
  --state-dir      folder to keep everything in; without one, all ends with the process
  --reset          removes the state in that folder first
  --outcall-route  where HTTPS outcalls to an origin go on this machine,
                   such as https://rpc-1.localhost=http://127.0.0.1:8545
`;
const DEFAULT_PORT = 4943;

class UsageError extends Error {}

function parsePort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new UsageError(`expected a port from 0 to 65535, got "${text}"`);
  return port;
}

function parseRoute(text: string): readonly [string, string] {
  const [from = '', to, ...rest] = text.split('=');
  if (to === undefined || rest.length > 0)
    throw new UsageError(`expected <https origin>=<http origin>, got "${text}"`);
  return [from, to];
}

type CommandLine = { readonly options: LocalIcOptions; readonly isReset: boolean };

/** The command line, or undefined when help was asked for. @throws {UsageError} */
function parseCommandLine(argv: readonly string[]): CommandLine | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      'state-dir': { type: 'string' },
      reset: { type: 'boolean' },
      'outcall-route': { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' }
    }
  });
  if (values.help === true) return undefined;
  const { host, 'state-dir': stateDir, reset: isReset = false } = values;
  if (stateDir === '') throw new UsageError('--state-dir needs a folder');
  if (isReset && stateDir === undefined) throw new UsageError('--reset needs --state-dir');
  const options = {
    port: parsePort(values.port),
    ...(host !== undefined && { host }),
    ...(stateDir !== undefined && { stateDir }),
    outcallRoutes: Object.fromEntries((values['outcall-route'] ?? []).map(parseRoute))
  };
  return { options, isReset };
}

async function main(argv: readonly string[]): Promise<void> {
  const commandLine = parseCommandLine(argv);
  if (commandLine === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  // Imported here so that the first thread, which only starts the other, need not load them.
  const [{ LocalIc }, { resetStateFolder }] = await Promise.all([
    import('./local-ic'),
    import('./state/state-folder')
  ]);
  const { options, isReset } = commandLine;
  if (isReset && options.stateDir !== undefined) resetStateFolder(options.stateDir);
  const localIc = await LocalIc.start(options);
  process.stdout.write(
    `Local Internet Computer at ${localIc.url}: a development network, its keys are public test keys\n` +
      `${describeState(options.stateDir)}\n`
  );
  onStop(() => void localIc.stop());
}

function describeState(stateDir: string | undefined): string {
  return stateDir === undefined
    ? 'Nothing is kept: its state ends with it (--state-dir keeps it)'
    : `Its state is kept in ${resolve(stateDir)}`;
}

function fail(error: unknown): void {
  const isSystems = error instanceof StateFolderError || (error instanceof Error && 'syscall' in error);
  const isPortTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  const help = isPortTaken ? 'Use another --port; 0 takes a free one\n' : isSystems ? '' : USAGE;
  process.stderr.write(`local-ic: ${error instanceof Error ? error.message : String(error)}\n${help}`);
  process.exitCode = 1;
}

const argv = process.argv.slice(2);
if (isDeepStackThread) main(argv).catch(fail);
else runInDeepStackThread(__filename, argv);

/** Starts a local Internet Computer from the command line and runs until it is told to stop. */
import { parseArgs } from 'node:util';
import { LocalIc, type LocalIcOptions } from './local-ic';

const USAGE = `Usage: local-ic [--port <port>] [--host <address>] [--outcall-route <https origin>=<http origin>]...

  --port           port to listen on; 0 takes a free one (default 4943)
  --host           address to bind (default 127.0.0.1)
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

/** Options of the command line, or undefined when help was asked for. @throws {UsageError} */
function parseCommandLine(argv: readonly string[]): LocalIcOptions | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      'outcall-route': { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' }
    }
  });
  if (values.help === true) return undefined;
  return {
    port: parsePort(values.port),
    ...(values.host !== undefined && { host: values.host }),
    outcallRoutes: Object.fromEntries((values['outcall-route'] ?? []).map(parseRoute))
  };
}

async function main(argv: readonly string[]): Promise<void> {
  const options = parseCommandLine(argv);
  if (options === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  const localIc = await LocalIc.start(options);
  process.stdout.write(
    `Local Internet Computer at ${localIc.url}: a development network, its keys are public test keys\n`
  );
  const stop = (): void => void localIc.stop();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isSystems = error instanceof Error && 'syscall' in error;
  const help = isSystems ? '' : USAGE;
  process.stderr.write(`local-ic: ${error instanceof Error ? error.message : String(error)}\n${help}`);
  process.exitCode = 1;
});

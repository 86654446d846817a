/** Arguments by which the `icp` command starts a network: its launcher interface, version 1.1.0. */
import { parseArgs } from 'node:util';
import { isAllowedHost } from './http/host-guard';

export type LauncherArguments = {
  /** Address to listen on. */
  readonly bind: string;
  /** 0 takes a free one. */
  readonly gatewayPort: number;
  /** Where the network's state is kept; undefined keeps none. */
  readonly stateDir: string | undefined;
  /** Where `status.json` is written. */
  readonly statusDir: string | undefined;
  /** What was asked for and is not done. */
  readonly warnings: readonly string[];
};

/** Arguments this launcher cannot start a network with. */
export class LauncherArgumentError extends Error {}

const INTERFACE = { major: 1, minor: 1 };

const OPTIONS = {
  'interface-version': { type: 'string' },
  bind: { type: 'string' },
  'gateway-port': { type: 'string' },
  'config-port': { type: 'string' },
  'state-dir': { type: 'string' },
  'status-dir': { type: 'string' },
  'stdout-file': { type: 'string' },
  'stderr-file': { type: 'string' },
  'artificial-delay-ms': { type: 'string' },
  domain: { type: 'string', multiple: true },
  subnet: { type: 'string', multiple: true },
  'bitcoind-addr': { type: 'string', multiple: true },
  'dogecoind-addr': { type: 'string', multiple: true },
  ii: { type: 'boolean' },
  nns: { type: 'boolean' },
  verbose: { type: 'boolean' }
} as const;

/** Options whose absence would change what is deployed on the network: better none than one without them. */
const REFUSED = {
  ii: 'Internet Identity',
  nns: 'the NNS and SNS canisters',
  'bitcoind-addr': 'the Bitcoin integration',
  'dogecoind-addr': 'the Dogecoin integration'
} as const;
/** Options that change nothing a canister sees. */
const IGNORED = ['config-port', 'stdout-file', 'stderr-file', 'artificial-delay-ms'] as const;

/** @throws {LauncherArgumentError} */
export function parseLauncherArguments(argv: readonly string[]): LauncherArguments {
  const { values, tokens } = parseArgs({ args: [...argv], options: OPTIONS, strict: false, tokens: true });
  const unknown = tokens.flatMap((token) =>
    token.kind === 'option' && !Object.hasOwn(OPTIONS, token.name) ? [token.rawName] : []
  );
  const text = (name: keyof typeof OPTIONS): string | undefined => lastText(values[name]);
  const warnings = [
    ...checkUnknown(unknown, text('interface-version')),
    ...IGNORED.filter((name) => values[name] !== undefined).map((name) => `--${name} has no effect here`)
  ];
  for (const [name, what] of Object.entries(REFUSED)) {
    if (values[name] !== undefined)
      throw new LauncherArgumentError(`--${name}: this network has not ${what}`);
  }
  const bind = text('bind') ?? '127.0.0.1';
  checkSubnets(texts(values.subnet));
  checkDomains(texts(values.domain), bind);
  return {
    bind,
    gatewayPort: parsePort(text('gateway-port')),
    stateDir: text('state-dir'),
    statusDir: text('status-dir'),
    warnings
  };
}

/** A newer caller may know options that this launcher does not; anybody else has mistyped. */
function checkUnknown(unknown: readonly string[], version: string | undefined): readonly string[] {
  const parsed = version === undefined ? undefined : /^(\d+)\.(\d+)\.\d+/.exec(version);
  if (version !== undefined && Number(parsed?.[1]) !== INTERFACE.major) {
    throw new LauncherArgumentError(
      `unsupported interface version ${version}: this launcher speaks ${INTERFACE.major}.${INTERFACE.minor}.0`
    );
  }
  if (unknown.length === 0) return [];
  if (Number(parsed?.[2] ?? 0) <= INTERFACE.minor) {
    throw new LauncherArgumentError(`unknown arguments: ${unknown.join(', ')}`);
  }
  return [`unknown arguments are ignored: ${unknown.join(', ')}`];
}

function checkSubnets(subnets: readonly string[]): void {
  if (subnets.length > 1 || (subnets[0] ?? 'application') !== 'application') {
    throw new LauncherArgumentError(
      `--subnet=${subnets.join(' --subnet=')}: this network is one application subnet`
    );
  }
}

function checkDomains(domains: readonly string[], bind: string): void {
  const foreign = domains.find((domain) => !isAllowedHost(domain, bind));
  if (foreign !== undefined) {
    throw new LauncherArgumentError(`--domain=${foreign}: only localhost and names below it are served`);
  }
}

function parsePort(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new LauncherArgumentError(`--gateway-port: expected a port from 0 to 65535, got "${text}"`);
  }
  return port;
}

type Value = string | boolean | readonly (string | boolean)[] | undefined;

function texts(value: Value): readonly string[] {
  const list = value === undefined ? [] : typeof value === 'object' ? value : [value];
  return list.map((item) => {
    if (typeof item === 'string') return item;
    throw new LauncherArgumentError('an option that needs a value has none');
  });
}

function lastText(value: Value): string | undefined {
  return texts(value).at(-1);
}

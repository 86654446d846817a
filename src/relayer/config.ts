/**
 * The relayer's settings: each a flag (`--journal`) or an environment variable (`HYPHA_RELAYER_JOURNAL`); the flag wins.
 */
import { parseArgs } from 'node:util';
import { Principal } from '@dfinity/principal';
import { type Address, type Bytes32, address, fromHex, hex32 } from '../core/bytes';
import { ProtocolError } from '../core/error';
import { LOG_LEVELS, type LogLevel } from './log';

export type RelayerConfig = {
  /** JSON-RPC address of a node of the domain's chain. */
  readonly rpcUrl: string;
  readonly domain: Bytes32;
  /** The adapter the domain must have; taken as the canister says when absent. */
  readonly adapter: Address | undefined;
  readonly startBlock: bigint;
  /** HTTP address of the Internet Computer. */
  readonly host: string;
  readonly signer: Principal;
  readonly domains: Principal;
  readonly journalFolder: string;
  /** PEM file of the identity to speak as; a fresh one when absent, since anyone may relay. */
  readonly identityFile: string | undefined;
  /** Trusts whoever answers at `host`: development networks only. */
  readonly fetchRootKey: boolean;
  readonly pollMs: number;
  readonly maxRange: bigint;
  readonly maxAttempts: number;
  readonly logLevel: LogLevel;
};

type Setting = { readonly text: string; readonly fallback?: string; readonly isSwitch?: true };

const SETTINGS = {
  rpc: { text: 'JSON-RPC address of a node of the chain' },
  domain: { text: 'domain id, 64 hex digits' },
  adapter: { text: 'address the domain must have (default: as the canister says)', fallback: '' },
  'from-block': { text: "block of the adapter's creation" },
  ic: { text: 'HTTP address of the Internet Computer', fallback: 'https://icp-api.io' },
  signer: { text: 'id of the signer canister' },
  domains: { text: 'id of the domains canister' },
  journal: { text: 'folder to remember in' },
  identity: { text: 'PEM file to speak as (default: a fresh identity)', fallback: '' },
  'fetch-root-key': { text: 'on a development network only', fallback: 'false', isSwitch: true },
  'poll-ms': { text: 'time between two looks at the chain', fallback: '1000' },
  'max-range': { text: 'most blocks read at once', fallback: '1000' },
  'max-attempts': { text: 'failures in a row after which a job stalls', fallback: '60' },
  'log-level': { text: LOG_LEVELS.join(', '), fallback: 'info' }
} as const satisfies Readonly<Record<string, Setting>>;

type SettingName = keyof typeof SETTINGS;
type Environment = Readonly<Record<string, string | undefined>>;
type Values = (name: SettingName) => string;

const MAX_POLL_MS = 3_600_000;
const MAX_BLOCK_RANGE = 100_000n;

/** One line per setting. */
export const CONFIG_HELP = Object.entries<Setting>(SETTINGS)
  .map(
    ([name, { text, fallback, isSwitch }]) =>
      `  --${name.padEnd(15)} ${text}${fallback && isSwitch !== true ? ` (default ${fallback})` : ''}`
  )
  .join('\n');

/** The settings in `argv` (without the program) and `env`. @throws {ProtocolError} `config/flags`, `config/missing`, `config/value`. */
export function parseConfig(argv: readonly string[], env: Environment): RelayerConfig {
  const values = readValues(argv, env);
  return {
    rpcUrl: parseUrl('rpc', values),
    domain: orRefuse('domain', values, hex32),
    adapter: values('adapter') === '' ? undefined : orRefuse('adapter', values, parseAddress),
    startBlock: parseInteger('from-block', values, { min: 0n, max: 2n ** 63n }),
    host: parseUrl('ic', values),
    signer: orRefuse('signer', values, (text) => Principal.fromText(text)),
    domains: orRefuse('domains', values, (text) => Principal.fromText(text)),
    journalFolder: values('journal'),
    identityFile: values('identity') === '' ? undefined : values('identity'),
    fetchRootKey: parseChoice('fetch-root-key', values, ['true', 'false']) === 'true',
    pollMs: Number(parseInteger('poll-ms', values, { min: 10n, max: BigInt(MAX_POLL_MS) })),
    maxRange: parseInteger('max-range', values, { min: 1n, max: MAX_BLOCK_RANGE }),
    maxAttempts: Number(parseInteger('max-attempts', values, { min: 1n, max: 1_000_000n })),
    logLevel: parseChoice('log-level', values, LOG_LEVELS)
  };
}

function readValues(argv: readonly string[], env: Environment): Values {
  const flags = parseFlags(argv);
  return (name) => {
    const setting: Setting = SETTINGS[name];
    const value = flags[name] ?? env[variableOf(name)] ?? setting.fallback;
    if (value !== undefined) return value;
    throw new ProtocolError('config/missing', `expected --${name} or ${variableOf(name)}: ${setting.text}`, {
      name
    });
  };
}

function parseFlags(argv: readonly string[]): Readonly<Record<string, string>> {
  const options = Object.fromEntries(
    Object.entries<Setting>(SETTINGS).map(([name, { isSwitch }]) => [
      name,
      { type: isSwitch === true ? ('boolean' as const) : ('string' as const) }
    ])
  );
  try {
    const { values } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  } catch (cause) {
    throw new ProtocolError('config/flags', describe(cause), {}, { cause });
  }
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const parseAddress = (text: string): Address => address(fromHex(text), 'adapter');

const variableOf = (name: SettingName): string => `HYPHA_RELAYER_${name.toUpperCase().replaceAll('-', '_')}`;

function orRefuse<T>(name: SettingName, values: Values, parse: (text: string) => T): T {
  const text = values(name);
  try {
    return parse(text);
  } catch (cause) {
    throw refused(name, SETTINGS[name].text, cause);
  }
}

function parseUrl(name: SettingName, values: Values): string {
  const url = orRefuse(name, values, (text) => new URL(text));
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused(name, 'an http or https address');
  return values(name);
}

function parseInteger(
  name: SettingName,
  values: Values,
  bounds: { readonly min: bigint; readonly max: bigint }
): bigint {
  const text = values(name);
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  if (value < bounds.min || value > bounds.max) {
    throw refused(name, `an integer from ${bounds.min} to ${bounds.max}`);
  }
  return value;
}

function parseChoice<T extends string>(name: SettingName, values: Values, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === values(name));
  if (choice === undefined) throw refused(name, choices.join(' or '));
  return choice;
}

function refused(name: SettingName, expected: string, cause?: unknown): ProtocolError {
  return new ProtocolError('config/value', `--${name}: expected ${expected}`, { name }, { cause });
}

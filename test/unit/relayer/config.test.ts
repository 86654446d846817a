import { isProtocolError } from '../../../src/core/error';
import { CONFIG_HELP, parseConfig } from '../../../src/relayer/config';

const DOMAIN = 'd0'.repeat(32);
const flags: Readonly<Record<string, string>> = {
  rpc: 'http://127.0.0.1:8545',
  domain: DOMAIN,
  'from-block': '12',
  signer: 'ryjl3-tyaaa-aaaaa-aaaba-cai',
  domains: 'rrkah-fqaaa-aaaaa-aaaaq-cai',
  journal: '/var/lib/hypha'
};

const argv = (given: Readonly<Record<string, string>>): string[] =>
  Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);

const codeOf = (args: readonly string[], env: Record<string, string> = {}): string => {
  try {
    parseConfig(args, env);
  } catch (error) {
    return isProtocolError(error) ? error.code : String(error);
  }
  return 'no error';
};

describe('parseConfig', () => {
  it('reads flags and fills in the rest', () => {
    const config = parseConfig(argv(flags), {});

    expect(config).toMatchObject({
      rpcUrl: 'http://127.0.0.1:8545',
      startBlock: 12n,
      host: 'https://icp-api.io',
      journalFolder: '/var/lib/hypha',
      adapter: undefined,
      identityFile: undefined,
      fetchRootKey: false,
      logLevel: 'info'
    });
    expect(config.signer.toText()).toBe(flags['signer']);
    expect(Buffer.from(config.domain).toString('hex')).toBe(DOMAIN);
  });

  it('reads the environment, and a flag before it', () => {
    const env = {
      ...Object.fromEntries(
        Object.entries(flags).map(([name, value]) => [
          `HYPHA_RELAYER_${name.toUpperCase().replace('-', '_')}`,
          value
        ])
      ),
      HYPHA_RELAYER_FETCH_ROOT_KEY: 'true',
      HYPHA_RELAYER_POLL_MS: '50'
    };

    expect(parseConfig([], env)).toMatchObject({ startBlock: 12n, fetchRootKey: true, pollMs: 50 });
    expect(parseConfig(['--from-block', '7'], env).startBlock).toBe(7n);
  });

  it('takes the switch without a value', () => {
    expect(parseConfig(['--fetch-root-key', ...argv(flags)], {}).fetchRootKey).toBe(true);
  });

  it.each(Object.keys(flags))('refuses to do without --%s', (name) => {
    const rest = Object.fromEntries(Object.entries(flags).filter(([other]) => other !== name));

    expect(codeOf(argv(rest))).toBe('config/missing');
  });

  it.each([
    ['rpc', 'ws://127.0.0.1'],
    ['rpc', 'nowhere'],
    ['domain', 'd0'],
    ['domain', 'zz'.repeat(32)],
    ['adapter', '0x00'],
    ['from-block', '-1'],
    ['from-block', '0x10'],
    ['signer', 'me'],
    ['domains', ''],
    ['poll-ms', '0'],
    ['max-range', '0'],
    ['max-attempts', '1.5'],
    ['log-level', 'loud']
  ])('refuses --%s %s', (name, value) => {
    expect(codeOf([...argv(flags), `--${name}=${value}`])).toBe('config/value');
  });

  it('refuses what it does not know', () => {
    expect(codeOf([...argv(flags), '--speed', '11'])).toBe('config/flags');
    expect(codeOf([...argv(flags), 'now'])).toBe('config/flags');
  });

  it('is explained flag by flag', () => {
    expect(CONFIG_HELP.split('\n').map((line) => /--([a-z-]+)/.exec(line)?.[1])).toEqual(
      expect.arrayContaining([
        ...Object.keys(flags),
        'ic',
        'adapter',
        'identity',
        'fetch-root-key',
        'log-level'
      ])
    );
  });
});

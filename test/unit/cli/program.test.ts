import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { decodeIdentityPem } from '../../../src/sdk/identity';
import { hypha, inFolder, refusalOf } from './run-hypha';

const ACCOUNT = 'ab'.repeat(32);
const TO = `0x${'cd'.repeat(20)}`;
const signEvm = (...options: string[]): string[] => ['account', 'sign-evm', ACCOUNT, '--to', TO, ...options];

describe('wrong usage', () => {
  it.each<[string, string[]]>([
    ['no command', []],
    ['half a command', ['account']],
    ['an unknown command', ['acount']],
    ['an unknown subcommand', ['account', 'steal']],
    ['an unknown option', ['account', 'create', '--owner', 'me']],
    ['an option without its value', ['identity', 'show', '--identity']],
    ['a missing argument', ['account', 'show']],
    ['an argument too many', ['account', 'show', ACCOUNT, ACCOUNT]],
    ['a missing required option', ['transfer', 'propose', '--plan', 'x']]
  ])('exits with 2 and cli/usage: %s', async (_name, args) => {
    expect(await refusalOf(args)).toEqual({ code: 2, error: 'cli/usage' });
  });

  it.each<[string, string[]]>([
    ['an account that is no id', ['account', 'show', 'abc']],
    ['a domain that is no id', ['domain', 'show', 'abc']],
    ['a cursor beyond u64', ['account', 'list', '--after', '18446744073709551616']],
    ['an owner that is no principal', ['account', 'list', '--owner', 'me']],
    ['a log index below zero', ['log', 'show', '--from', '-1']],
    [
      'an address with a wrong checksum',
      ['account', 'sign-evm', ACCOUNT, '--to', '0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed']
    ],
    ['an amount below zero', signEvm('--value', '-1')],
    ['an amount beyond 2^256', signEvm('--value', '9'.repeat(70))],
    ['a token without an amount', signEvm('--token', TO)],
    ['an amount without a token', signEvm('--amount', '5')],
    ['a token and ether at once', signEvm('--token', TO, '--amount', '5', '--value', '1')],
    ['a token and data at once', signEvm('--token', TO, '--amount', '5', '--data', '0x')],
    ['data that is no hex', signEvm('--data', 'hello')],
    ['a nonce that is no number', signEvm('--nonce', 'next')],
    ['a fee with too many decimals', signEvm('--max-fee', '1.0000000001')],
    ['a move that is none', ['transfer', 'propose', '--move', ACCOUNT, '--plan', 'x']],
    ['a move to nobody', ['transfer', 'propose', '--move', `${ACCOUNT}=`, '--plan', 'x']],
    ['a move of no account', ['transfer', 'propose', '--move', '=aaaaa-aa', '--plan', 'x']]
  ])('exits with 2 and cli/argument: %s', async (_name, args) => {
    expect(await refusalOf(args)).toEqual({ code: 2, error: 'cli/argument' });
  });

  it('goes to stderr without --json, and stdout stays empty', async () => {
    const { code, out, err } = await hypha(['account', 'show', 'abc']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^error\[cli\/argument\]: account must be 32 bytes in hex, got "abc"\n$/);
    const bare = await hypha(['account']);
    expect([bare.code, bare.out]).toEqual([2, '']);
    expect(bare.err).toMatch(/^Usage: hypha account/);
  });
});

describe('help', () => {
  it('goes to stdout and is no error', async () => {
    for (const args of [
      ['--help'],
      ['account', '--help'],
      ['help', 'transfer'],
      ['transfer', 'approve', '--help']
    ]) {
      const { code, out, err } = await hypha(args);
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(/^Usage: hypha/);
    }
  });
});

describe('files that are missing or wrong', () => {
  it(
    'are refused by name, with 1',
    () =>
      inFolder(async (path) => {
        const missing = ['--network', path('none'), '--identity', path('none')];
        writeFileSync(path('junk'), 'junk');
        const network = { host: 'http://127.0.0.1:1', signer: 'aaaaa-aa', domains: 'aaaaa-aa' };
        writeFileSync(path('network'), JSON.stringify(network));
        const cases: [string[], string][] = [
          [['account', 'show', ACCOUNT, ...missing], 'cli/network-file'],
          [['account', 'create', ...missing], 'cli/identity-file'],
          [
            ['account', 'create', '--network', path('network'), '--identity', path('none')],
            'cli/identity-file'
          ],
          [['identity', 'show', '--identity', path('none')], 'cli/identity-file'],
          [['identity', 'show', '--identity', path('junk')], 'identity/pem'],
          [['transfer', 'show', path('none')], 'cli/plan-file'],
          [['transfer', 'show', path('junk')], 'transfer/plan-format'],
          [['transfer', 'approve', path('none')], 'cli/plan-file'],
          [[...signEvm(), '--network', path('network')], 'cli/no-evm-node'],
          [['domain', 'list', '--network', path('junk')], 'cli/network-file'],
          [['receipt', 'verify', path('none')], 'cli/receipt-file'],
          [['receipt', 'verify', path('junk')], 'receipt/format']
        ];
        for (const [args, error] of cases) {
          expect({ args, ...(await refusalOf(args)) }).toEqual({ args, code: 1, error });
        }
      }),
    30_000
  );
});

describe('identity new and show', () => {
  it('make a key once, and name the same principal for it', () =>
    inFolder(async (path) => {
      const environment = { HYPHA_IDENTITY: path('me.pem') };
      const made = await hypha(['identity', 'new', '--json'], environment);
      const shown = await hypha(['--json', 'identity', 'show'], environment);
      const again = await refusalOf(['identity', 'new'], environment);

      const pem = readFileSync(path('me.pem'), 'utf8');
      const principal = decodeIdentityPem(pem).getPrincipal().toText();
      expect([made.code, JSON.parse(made.out)]).toEqual([0, { principal, file: path('me.pem') }]);
      expect(shown.out).toBe(made.out);
      expect(again).toEqual({ code: 1, error: 'cli/identity-file' });
      expect(readFileSync(path('me.pem'), 'utf8')).toBe(pem);
      expect(statSync(path('me.pem')).mode & 0o777).toBe(0o600);
    }));
});

import { Principal } from '@dfinity/principal';
import { formatResult, printableText, toJson } from '../../../src/cli/output';

const RESULT = {
  account: Uint8Array.of(1, 255),
  owner: Principal.managementCanister(),
  epoch: 18_446_744_073_709_551_615n,
  signing: false,
  bound: null,
  nonces: { 'chain 1': 3n },
  controllers: [Principal.anonymous()],
  faults: []
};

describe('toJson', () => {
  it('writes bytes as 0x hex, bigints as decimal text, principals as text', () => {
    expect(toJson(RESULT)).toEqual({
      account: '0x01ff',
      owner: 'aaaaa-aa',
      epoch: '18446744073709551615',
      signing: false,
      bound: null,
      nonces: { 'chain 1': '3' },
      controllers: ['2vxsx-fae'],
      faults: []
    });
  });
});

describe('formatResult', () => {
  it('is one line of JSON with --json', () => {
    const text = formatResult(RESULT, true);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(JSON.parse(text)).toEqual(toJson(RESULT));
  });

  it('aligns names, indents what is inside, and says so when a list is empty', () => {
    expect(formatResult(RESULT, false)).toBe(
      [
        'account      0x01ff',
        'owner        aaaaa-aa',
        'epoch        18446744073709551615',
        'signing      false',
        'bound        -',
        'nonces',
        '  chain 1  3',
        'controllers',
        '  2vxsx-fae',
        'faults',
        '  (none)',
        ''
      ].join('\n')
    );
  });

  it('parts the records of a list by an empty line', () => {
    expect(formatResult({ list: [{ a: 1 }, { a: 2 }] }, false)).toBe('list\n  a  1\n\n  a  2\n\n');
  });
});

describe('printableText', () => {
  it('spells out whatever could steer a terminal or turn text around', () => {
    expect(printableText('a\u001b[2Jb\r\n\u202e\u200bc')).toBe('a\\u{1b}[2Jb\\u{d}\\u{a}\\u{202e}\\u{200b}c');
    expect(printableText('Grüße, 世界 🙂')).toBe('Grüße, 世界 🙂');
  });
});

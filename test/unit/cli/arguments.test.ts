import fc from 'fast-check';
import {
  CommandInput,
  U256_MAX,
  U64_MAX,
  parseAddress,
  parseAmount,
  parseHexData,
  parseId,
  parseInteger,
  parsePrincipal
} from '../../../src/cli/arguments';
import { errorCode } from '../core/error-code';

const ether = { label: '--value', decimals: 18 };
const u64 = { label: '--nonce', max: U64_MAX };

describe('parseAmount', () => {
  it.each([
    ['0', 0n],
    ['1', 10n ** 18n],
    ['0.25', 250_000_000_000_000_000n],
    ['0.000000000000000001', 1n],
    ['007', 7n * 10n ** 18n]
  ])('reads %s', (text, amount) => {
    expect(parseAmount(text, ether)).toBe(amount);
  });

  it.each([
    '-1',
    '',
    '.5',
    '1.',
    '1e3',
    '1,5',
    ' 1',
    '0x10',
    'Infinity',
    '0.0000000000000000001',
    '9'.repeat(78),
    '9'.repeat(5000)
  ])('refuses "%s"', (text) => {
    expect(errorCode(() => parseAmount(text, ether))).toBe('cli/argument');
  });

  it('reads back every amount below 2^256', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, U256_MAX), (amount) => {
        const digits = amount.toString().padStart(19, '0');
        const text = `${digits.slice(0, -18)}.${digits.slice(-18)}`;
        expect(parseAmount(text, ether)).toBe(amount);
      })
    );
  });

  it('refuses 2^256 of the smallest unit', () => {
    const text = (U256_MAX + 1n).toString();
    expect(errorCode(() => parseAmount(text, { label: '--amount', decimals: 0 }))).toBe('cli/argument');
  });
});

describe('parseInteger', () => {
  it('reads from 0 to its greatest', () => {
    expect(parseInteger('0', u64)).toBe(0n);
    expect(parseInteger('18446744073709551615', u64)).toBe(U64_MAX);
  });

  it.each(['18446744073709551616', '-0', '-1', '+1', '1.0', '1n', '', '٣', '1'.repeat(5000)])(
    'refuses "%s"',
    (text) => {
      expect(errorCode(() => parseInteger(text, u64))).toBe('cli/argument');
    }
  );
});

describe('parseAddress', () => {
  // The first example of EIP-55.
  const CHECKSUMMED = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';

  it('reads an address with a right checksum, or in one case', () => {
    for (const text of [CHECKSUMMED, CHECKSUMMED.toLowerCase(), `0x${CHECKSUMMED.slice(2).toUpperCase()}`]) {
      expect(parseAddress(text, '--to')).toBe(CHECKSUMMED);
    }
  });

  it.each([
    '0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    CHECKSUMMED.slice(2),
    CHECKSUMMED.slice(0, -1),
    `${CHECKSUMMED}0`,
    'vitalik.eth',
    ''
  ])('refuses "%s"', (text) => {
    expect(errorCode(() => parseAddress(text, '--to'))).toBe('cli/argument');
  });
});

describe('parseId', () => {
  it('reads 32 bytes with or without 0x', () => {
    const expected = new Uint8Array(32).fill(0xab);
    expect(parseId('ab'.repeat(32), 'account')).toEqual(expected);
    expect(parseId(`0x${'AB'.repeat(32)}`, 'account')).toEqual(expected);
  });

  it.each(['', 'ab'.repeat(31), 'ab'.repeat(33), 'zz'.repeat(32), `${'ab'.repeat(31)}a`])(
    'refuses "%s"',
    (text) => {
      expect(errorCode(() => parseId(text, 'account'))).toBe('cli/argument');
    }
  );
});

describe('parsePrincipal', () => {
  it('reads the text form and nothing near it', () => {
    expect(parsePrincipal('aaaaa-aa', '--owner').toText()).toBe('aaaaa-aa');
    for (const text of ['', 'aaaaa-ab', 'rrkah-fqaaa-aaaaa-aaaaq-caj', '0x00', 'rrkah']) {
      expect(errorCode(() => parsePrincipal(text, '--owner'))).toBe('cli/argument');
    }
  });
});

describe('parseHexData', () => {
  it('reads pairs of digits behind 0x', () => {
    expect(parseHexData('0x', '--data')).toBe('0x');
    expect(parseHexData('0x0aFF', '--data')).toBe('0x0aFF');
    for (const text of ['', '0aff', '0x0', '0xzz', `0x${'00'.repeat(128 * 1024 + 1)}`]) {
      expect(errorCode(() => parseHexData(text, '--data'))).toBe('cli/argument');
    }
  });
});

describe('CommandInput', () => {
  const input = new CommandInput(['first'], {
    plan: 'a',
    move: ['x', 'y'],
    replace: true,
    evmKeyEnv: undefined
  });

  it('gives what was typed', () => {
    expect(input.value(0)).toBe('first');
    expect(input.text('plan')).toBe('a');
    expect(input.texts('move')).toEqual(['x', 'y']);
    expect([input.flag('replace'), input.flag('broadcast')]).toEqual([true, false]);
    expect(input.optionalText('nonce')).toBeUndefined();
  });

  it('names the option that is missing as it is typed', () => {
    expect(errorCode(() => input.text('evmKeyEnv'))).toBe('cli/argument');
    expect(() => input.text('evmKeyEnv')).toThrow('--evm-key-env');
  });
});

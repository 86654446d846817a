import { concatHex, numberToHex, sha256, toHex as toPrefixedHex } from 'viem';
import { address, bytes32 } from '../../../../src/core/bytes';
import {
  type EvmDomainConfig,
  evmDomainId,
  validateEvmDomainConfig
} from '../../../../src/core/domain/evm-domain';
import { errorCode } from '../error-code';

const CONFIG: EvmDomainConfig = {
  name: 'Sepolia, adapter v1.1.0',
  chainId: 11_155_111n,
  adapter: address(new Uint8Array(20).fill(0xad), 'adapter'),
  layout: { leafCountSlot: 1n, rootValuesSlot: 4n, nullifierPositionsSlot: 7n },
  logicRef: bytes32(new Uint8Array(32).fill(5), 'logic ref'),
  providers: ['https://a.example/key?x=1', 'https://b.example:8545', 'https://c.example'],
  agreement: 2
};

const providersOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `https://p${index}.example`);

describe('validateEvmDomainConfig', () => {
  const accepted: [string, Partial<EvmDomainConfig>][] = [
    ['as it is', {}],
    ['one provider', { providers: providersOf(1), agreement: 1 }],
    ['ten providers, all to agree', { providers: providersOf(10), agreement: 10 }],
    ['a bare majority', { providers: providersOf(10), agreement: 6 }],
    ['the largest chain id', { chainId: 2n ** 53n - 1n }],
    ['a name of 64 characters', { name: 'x'.repeat(64) }],
    ['two ports of one host', { providers: ['https://a.example:1', 'https://a.example:2'], agreement: 2 }]
  ];
  it.each(accepted)('takes a configuration: %s', (_name, change) => {
    expect(errorCode(() => validateEvmDomainConfig({ ...CONFIG, ...change }))).toBeUndefined();
  });

  const refusals: [string, string, Partial<EvmDomainConfig>][] = [
    ['no name', 'domain/name', { name: '' }],
    ['a name of 65 characters', 'domain/name', { name: 'x'.repeat(65) }],
    ['a name with a control character', 'domain/name', { name: 'a\u0007b' }],
    ['a name that looks like another', 'domain/name', { name: 'Sep\u043elia' }],
    ['a name with space around it', 'domain/name', { name: ' Sepolia' }],
    ['chain id zero', 'domain/chain-id', { chainId: 0n }],
    ['a chain id of 2^53', 'domain/chain-id', { chainId: 2n ** 53n }],
    ['the zero address', 'domain/adapter', { adapter: address(new Uint8Array(20), 'adapter') }],
    ['a slot used twice', 'domain/layout', { layout: { ...CONFIG.layout, rootValuesSlot: 1n } }],
    ['a negative slot', 'domain/layout', { layout: { ...CONFIG.layout, leafCountSlot: -1n } }],
    ['a slot of 2^256', 'domain/layout', { layout: { ...CONFIG.layout, leafCountSlot: 2n ** 256n } }],
    ['a logic ref of zero', 'domain/logic-ref', { logicRef: bytes32(new Uint8Array(32), 'logic ref') }],
    ['no providers', 'domain/providers', { providers: [], agreement: 0 }],
    ['eleven providers', 'domain/providers', { providers: providersOf(11), agreement: 6 }],
    ['one provider twice', 'domain/providers', { providers: ['https://a.example/1', 'https://a.example/2'] }],
    ['agreement of half', 'domain/agreement', { providers: providersOf(4), agreement: 2 }],
    ['agreement of more than all', 'domain/agreement', { agreement: 4 }],
    ['agreement of none', 'domain/agreement', { agreement: 0 }],
    ['a broken agreement', 'domain/agreement', { agreement: 2.5 }]
  ];
  it.each(refusals)('refuses %s: %s', (_name, code, change) => {
    expect(errorCode(() => validateEvmDomainConfig({ ...CONFIG, ...change }))).toBe(code);
  });

  const urls = [
    'http://a.example',
    'ftp://a.example',
    'https://',
    'https:///path',
    'https://A.example',
    'https://user:secret@a.example',
    'https://a.example#fragment',
    'https://a.example/with space',
    'https://a.example:123456',
    'https://a.example:x',
    ' https://a.example',
    'https://a.example/\n',
    'a.example',
    `https://a.example/${'x'.repeat(512)}`
  ];
  it.each(urls)('refuses the provider "%s"', (url) => {
    expect(errorCode(() => validateEvmDomainConfig({ ...CONFIG, providers: [url], agreement: 1 }))).toBe(
      'domain/providers'
    );
  });
});

describe('evmDomainId', () => {
  it('is the tagged hash of the protocol document, of chain and adapter alone', () => {
    const tag = sha256(toPrefixedHex('hypha/domain/evm/v1'));
    const parts = ['0x00000008' as const, numberToHex(11_155_111, { size: 8 }), '0x00000014' as const];
    const expected = sha256(concatHex([tag, ...parts, toPrefixedHex(CONFIG.adapter)]));

    expect(toPrefixedHex(evmDomainId(CONFIG))).toBe(expected);
    expect(toPrefixedHex(evmDomainId({ ...CONFIG, name: 'other', agreement: 3 } as EvmDomainConfig))).toBe(
      expected
    );
    expect(toPrefixedHex(evmDomainId({ ...CONFIG, chainId: 1n }))).not.toBe(expected);
    const elsewhere = address(new Uint8Array(20).fill(0xae), 'adapter');
    expect(toPrefixedHex(evmDomainId({ ...CONFIG, adapter: elsewhere }))).not.toBe(expected);
  });
});

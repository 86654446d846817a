import { writeFileSync } from 'node:fs';
import { readNetworkFile } from '../../../src/cli/network-file';
import { errorCode } from '../core/error-code';
import { inFolder } from './run-hypha';

const NETWORK = {
  host: 'http://127.0.0.1:4943',
  fetchRootKey: true,
  signer: 'rrkah-fqaaa-aaaaa-aaaaq-cai',
  domains: 'ryjl3-tyaaa-aaaaa-aaaba-cai',
  evm: { url: 'http://127.0.0.1:8545' }
};

const read = (content: unknown): Promise<ReturnType<typeof readNetworkFile>> =>
  inFolder((path) => {
    writeFileSync(path('network.json'), typeof content === 'string' ? content : JSON.stringify(content));
    return Promise.resolve(readNetworkFile(path('network.json')));
  });

const codeOf = async (content: unknown): Promise<string | undefined> => {
  const outcome = await read(content).then(
    () => () => undefined,
    (error: unknown) => () => {
      throw error;
    }
  );
  return errorCode(outcome);
};

describe('readNetworkFile', () => {
  it('reads where the canisters and the EVM node are', async () => {
    const network = await read(NETWORK);
    expect({ ...network, signer: network.signer.toText(), domains: network.domains.toText() }).toEqual(
      NETWORK
    );
  });

  it('trusts no root key, and knows no EVM node, unless told to', async () => {
    const network = await read({ ...NETWORK, fetchRootKey: undefined, evm: undefined });
    expect(network.fetchRootKey).toBe(false);
    expect('evm' in network).toBe(false);
  });

  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['a list', []],
    ['null', null],
    ['no host', { ...NETWORK, host: undefined }],
    ['a host that is no URL', { ...NETWORK, host: 'localhost' }],
    ['a host of another protocol', { ...NETWORK, host: 'file:///etc/passwd' }],
    ['a signer that is no principal', { ...NETWORK, signer: 'signer' }],
    ['no domains', { ...NETWORK, domains: undefined }],
    ['fetchRootKey as text', { ...NETWORK, fetchRootKey: 'false' }],
    ['an EVM node as text', { ...NETWORK, evm: 'http://127.0.0.1:8545' }],
    ['an EVM node without URL', { ...NETWORK, evm: {} }]
  ])('refuses %s', async (_name, content) => {
    expect(await codeOf(content)).toBe('cli/network-file');
  });
});

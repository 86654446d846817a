import { ProtocolError } from '../../../src/core/error';
import { callService, isPassing } from '../../../src/relayer/relayer-error';

describe('callService', () => {
  it('gives the reply', async () => {
    expect(await callService('apply', () => Promise.resolve(7))).toBe(7);
  });

  it.each<[string, () => Promise<never>]>([
    ['throws', () => Promise.reject(new TypeError('fetch failed'))],
    ['throws no error', () => Promise.reject(new Error('certificate'))],
    ['is silent', () => new Promise<never>(() => undefined)]
  ])('turns a call that %s into a failure that passes', async (_what, call) => {
    const error: unknown = await callService('apply', call, 20).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'service/unreachable' });
    expect(isPassing(error)).toBe(true);
  });
});

describe('isPassing', () => {
  it.each([
    ['chain/rpc', true],
    ['chain/other-tree', true],
    ['service/unreachable', true],
    ['chain/reorg-below-finality', false],
    ['chain/wrong-chain', false],
    ['journal/taken-over', false],
    ['transition/nonce', false]
  ])('%s: %s', (code, expected) => {
    expect(isPassing(new ProtocolError(code, ''))).toBe(expected);
  });

  it('is never said of a bug', () => {
    expect(isPassing(new TypeError('chain/rpc'))).toBe(false);
  });
});

/** `hypha identity`, `account`, `domain`, `receipt` and `log`, run as processes against a development network. */
import { writeFileSync } from 'node:fs';
import { type Address, getAddress, parseEther, recoverTransactionAddress } from 'viem';
import { fromHex, hex32, toHex } from '../../../src/core/bytes';
import { receiptClaimDigest } from '../../../src/core/resource/claim';
import { describeWithVectors, readVectorText } from '../../support/outside-vectors';
import { CliNetwork } from './cli-network';
import { type Seat, refused, runHyphaProcess, succeed } from './hypha-process';

const SHOP: Address = getAddress('0x00000000000000000000000000000000000c0ffe');
const UNKNOWN = 'ab'.repeat(32);

let network: CliNetwork;
let alice: Seat;
let mallory: Seat;
let account: string;
let address: Address;

const signEvm = (...options: string[]): string[] => [
  'account',
  'sign-evm',
  account,
  '--to',
  SHOP,
  ...options
];

beforeAll(async () => {
  network = await CliNetwork.start();
  [alice, mallory] = [network.seat('alice'), network.seat('mallory')];
  for (const seat of [alice, mallory]) await succeed(seat, ['identity', 'new']);
  const created = await succeed(alice, ['account', 'create']);
  [account, address] = [String(created['account']), created['evmAddress'] as Address];
  await network.fund(address);
}, 180_000);

afterAll(() => network.stop(), 60_000);

describe('reading', () => {
  it('shows the account to anybody, with no key at hand', async () => {
    const { principal } = await succeed(alice, ['identity', 'show']);
    const keyless = network.seat('nobody');

    expect(await network.show(keyless, account)).toMatchObject({
      account,
      owner: principal,
      status: 'active',
      epoch: '0',
      bound: null,
      evmAddress: address
    });
    const listed = await succeed(keyless, ['account', 'list', '--owner', String(principal)]);
    expect(listed['accounts']).toEqual([await network.show(alice, account)]);
    expect(await succeed(mallory, ['account', 'list'])).toMatchObject({ accounts: [], next: null });
    const { domains } = await succeed(keyless, ['domain', 'list']);
    expect(domains).toEqual([await succeed(keyless, ['domain', 'show', network.domainId])]);
  }, 60_000);

  it('prints lines without --json', async () => {
    const { code, out, err } = await runHyphaProcess(alice, ['account', 'show', account]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`account     ${account}\n`);
    expect(out).toContain('status      active\n');
  });

  it('refuses what is not there', async () => {
    expect(await refused(alice, ['account', 'show', UNKNOWN])).toEqual({ code: 1, error: 'account/unknown' });
    expect(await refused(alice, ['domain', 'show', UNKNOWN])).toEqual({ code: 1, error: 'domain/unknown' });
    expect(await refused(network.seat('nobody'), ['account', 'list'])).toEqual({
      code: 1,
      error: 'cli/identity-file'
    });
  }, 60_000);

  it('says that a network is down', async () => {
    const down = { host: 'http://127.0.0.1:1', signer: 'aaaaa-aa', domains: 'aaaaa-aa' };
    for (const fetchRootKey of [false, true]) {
      writeFileSync(network.path('down.json'), JSON.stringify({ ...down, fetchRootKey }));
      const seat = { ...alice, network: network.path('down.json') };
      expect(await refused(seat, ['domain', 'list'])).toEqual({ code: 1, error: 'transport/unreachable' });
    }
  }, 60_000);
});

describe('sign-evm', () => {
  it('signs, broadcasts and waits; the ether arrives', async () => {
    const before = await network.balance(SHOP);

    const result = await succeed(alice, signEvm('--value', '0.25', '--broadcast'));

    expect(result).toMatchObject({ from: address, nonce: '0', status: 'success' });
    expect((await network.balance(SHOP)) - before).toBe(parseEther('0.25'));
    const serializedTransaction = result['raw'] as `0x02${string}`;
    expect(await recoverTransactionAddress({ serializedTransaction })).toBe(address);
  }, 60_000);

  it('sends a token', async () => {
    const token = network.deployment.token;
    const result = await succeed(alice, signEvm('--token', token, '--amount', '400', '--broadcast'));

    expect(result).toMatchObject({ status: 'success' });
    expect(await network.tokens(SHOP)).toBe(400n);
  }, 60_000);

  it('signs no nonce twice, and none ahead, unless it replaces one', async () => {
    const kept = await succeed(alice, signEvm('--value', '1'));
    const nonce = Number(kept['nonce']);
    const again = await refused(alice, signEvm('--value', '2'));
    const ahead = await refused(alice, signEvm('--value', '2', '--nonce', String(nonce + 2)));
    const bumped = ['--nonce', String(nonce), '--replace', '--max-fee', '50', '--priority-fee', '2'];
    const replaced = await succeed(alice, signEvm('--value', '0', ...bumped, '--broadcast'));

    expect(again).toEqual({ code: 1, error: 'account/nonce-used' });
    expect(ahead).toEqual({ code: 1, error: 'account/nonce-gap' });
    expect(replaced).toMatchObject({ nonce: String(nonce), status: 'success' });
    const said = await runHyphaProcess(alice, signEvm('--nonce', '0'));
    expect(said.code).toBe(1);
    expect(said.err).toMatch(/error\[account\/nonce-used\].*\n(.*\n)*hint: .*--replace/);
  }, 90_000);

  it('gives back the bytes it signed when the chain does not take them', async () => {
    const { nonce } = await succeed(alice, signEvm());
    const stale = ['--nonce', '0', '--replace', '--broadcast'];
    const { code, out } = await runHyphaProcess(alice, [...signEvm(...stale), '--json']);

    const { error } = JSON.parse(out) as { error: { code: string; data: { raw: `0x02${string}` } } };
    expect([code, error.code]).toEqual([1, 'evm/not-mined']);
    expect(await recoverTransactionAddress({ serializedTransaction: error.data.raw })).toBe(address);
    await succeed(alice, signEvm('--nonce', String(nonce), '--replace', '--broadcast'));
  }, 60_000);

  it('refuses a stranger, an account unknown, and more than there is', async () => {
    expect(await refused(mallory, signEvm('--value', '0.1'))).toEqual({
      code: 1,
      error: 'account/not-owner'
    });
    expect(await refused(alice, ['account', 'sign-evm', UNKNOWN, '--to', SHOP])).toEqual({
      code: 1,
      error: 'account/unknown'
    });
    expect(await refused(alice, signEvm('--value', '1000000'))).toEqual({
      code: 1,
      error: 'evm/insufficient-funds'
    });
    const token = ['--token', network.deployment.token, '--amount', '1000000'];
    expect(await refused(alice, signEvm(...token))).toEqual({ code: 1, error: 'evm/refused' });
  }, 60_000);

  it('leaves a trace in the log of every signature', async () => {
    const log = await succeed(network.seat('nobody'), ['log', 'show']);
    const { logBlocks } = await network.show(alice, account);

    expect((log['blocks'] as unknown[]).length).toBe(Number(log['length']));
    expect(Number(logBlocks)).toBeGreaterThanOrEqual(10);
    expect(Number(log['length'])).toBeGreaterThanOrEqual(Number(logBlocks));
  });
});

describe('seal and accept', () => {
  it('refuse whoever or whatever they are not for', async () => {
    expect(await refused(mallory, ['account', 'seal', account])).toEqual({
      code: 1,
      error: 'account/not-owner'
    });
    expect(await refused(alice, ['account', 'seal', account])).toEqual({
      code: 1,
      error: 'account/not-bound'
    });
    expect(await refused(alice, ['account', 'accept', account])).toEqual({
      code: 1,
      error: 'account/not-quarantined'
    });
  });
});

describeWithVectors('risc0', 'receipt verify', () => {
  it('prints the digest of the claim of a real receipt, and refuses one that was changed', async () => {
    const { receipts } = JSON.parse(readVectorText('risc0/receipts.json')) as {
      receipts: { imageId: string; journal: string; seal: string }[];
    };
    const keyless = network.seat('nobody');
    const [real = { imageId: '', journal: '', seal: '' }] = receipts;
    const verify = (fields: Partial<typeof real>): string[] => {
      const { imageId, journal, seal } = { ...real, ...fields };
      writeFileSync(network.path('receipt.json'), JSON.stringify({ imageId, journal, seal }));
      return ['receipt', 'verify', network.path('receipt.json')];
    };
    const claim = { imageId: hex32(real.imageId), journal: fromHex(real.journal) };

    expect(await succeed(keyless, verify({}))).toEqual({
      verdict: 'holds',
      imageId: `0x${real.imageId}`,
      claimDigest: `0x${toHex(receiptClaimDigest(claim))}`
    });
    const refusals = [
      [{ journal: `${real.journal}00` }, 'seal/invalid'],
      [{ seal: real.seal.slice(2) }, 'seal/length'],
      [{ seal: `00${real.seal.slice(2)}` }, 'seal/selector']
    ] as const;
    for (const [fields, error] of refusals)
      expect(await refused(keyless, verify(fields))).toEqual({ code: 1, error });
  }, 60_000);
});

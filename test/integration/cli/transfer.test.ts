/** `hypha transfer`, from binding to a sale, run as processes against a development network with a relayer. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, type Hex } from 'viem';
import { pollUntil } from '../../../scripts/poll';
import { projectRoot } from '../../../scripts/project-files';
import { CliNetwork, PAYER_VARIABLE } from './cli-network';
import { type Seat, refused, runHyphaProcess, succeed } from './hypha-process';

const PROVER = join(projectRoot, 'test', 'fixtures', 'arm', 'mock-prover-module.ts');
const RELAY_LIMITS = { timeoutMs: 90_000, intervalMs: 500 };
const SHOP = '0x00000000000000000000000000000000000c0ffe';
const SUBMIT = ['--prover', PROVER, '--evm-key-env', PAYER_VARIABLE];

let network: CliNetwork;
let alice: Seat;
let bob: Seat;
let mallory: Seat;
let bobPrincipal: string;
let account: string;
/** The plan of the sale, as far as the tests have taken it. */
let sale: string;

/** A transaction that empties the account, signed before the sale and kept back. */
let unsent: Hex;

const transfer = (...args: string[]): string[] => ['transfer', ...args];

/** A copy of the sale's plan with something changed in its only unit. */
function tampered(name: string, change: Readonly<Record<string, unknown>>): string {
  const plan = JSON.parse(readFileSync(sale, 'utf8')) as { units: Record<string, unknown>[] };
  const changed = { ...plan, units: plan.units.map((unit) => ({ ...unit, ...change })) };
  const path = network.path(`${name}.json`);
  writeFileSync(path, JSON.stringify(changed));
  return path;
}

beforeAll(async () => {
  network = await CliNetwork.start();
  [alice, bob, mallory] = [network.seat('alice'), network.seat('bob'), network.seat('mallory')];
  for (const seat of [alice, bob, mallory]) await succeed(seat, ['identity', 'new']);
  bobPrincipal = String((await succeed(bob, ['identity', 'show']))['principal']);
  const created = await succeed(alice, ['account', 'create']);
  account = String(created['account']);
  await network.fund(created['evmAddress'] as Address);
  sale = network.path('sale.json');
}, 240_000);

afterAll(() => network.stop(), 60_000);

describe('bind', () => {
  it('plans, proves and sends the first resource; the relayer brings it to the signer', async () => {
    const path = network.path('bind.json');
    const stranger = transfer('bind', account, '--domain', network.domainId, '--plan', path);
    expect(await refused(mallory, stranger)).toEqual({ code: 1, error: 'transfer/not-a-party' });

    const plan = await succeed(alice, stranger);
    const overwriting = await refused(alice, stranger);
    const sent = await succeed(mallory, transfer('submit', path, ...SUBMIT));

    expect(plan).toMatchObject({
      verdict: 'holds',
      accounts: [{ account, purpose: 'binding', waitsFor: [] }],
      approvals: [{ approval: 'valid' }]
    });
    expect(overwriting).toEqual({ code: 1, error: 'cli/plan-file' });
    expect(sent).toMatchObject({ status: 'success' });
    const bound = await pollUntil(
      'the account to be bound',
      async () => (await network.show(alice, account))['bound'] ?? undefined,
      RELAY_LIMITS
    );
    expect(bound).toMatchObject({ domain: `0x${network.domainId}` });
    expect(await refused(alice, transfer('submit', path, ...SUBMIT))).toEqual({
      code: 1,
      error: 'transfer/already-bound'
    });
  }, 180_000);
});

describe('propose, contribute, approve', () => {
  it('refuse what is not sealed, and propose what is', async () => {
    const proposal = transfer('propose', '--move', `${account}=${bobPrincipal}`, '--plan', sale);
    expect(await refused(alice, proposal)).toEqual({ code: 1, error: 'transfer/not-sealed' });

    const kept = await succeed(alice, ['account', 'sign-evm', account, '--to', SHOP, '--value', '4.9']);
    unsent = kept['raw'] as Hex;
    await succeed(alice, ['account', 'seal', account]);
    const toCanister = transfer('propose', '--move', `${account}=aaaaa-aa`, '--plan', sale);
    expect(await refused(alice, toCanister)).toEqual({ code: 1, error: 'transfer/party' });

    expect(await succeed(alice, proposal)).toMatchObject({
      action: null,
      accounts: [{ waitsFor: ['contribution of the owner', 'contribution of the next owner'] }],
      approvals: [{ approval: 'missing' }, { party: bobPrincipal, approval: 'missing' }]
    });
    expect(await refused(alice, transfer('approve', sale))).toEqual({
      code: 1,
      error: 'transfer/incomplete'
    });
    expect(await refused(mallory, transfer('contribute', sale))).toEqual({
      code: 1,
      error: 'transfer/not-a-party'
    });
    await succeed(alice, transfer('contribute', sale));
    await succeed(bob, transfer('contribute', sale));
  }, 120_000);

  it('protect the next owner from what was signed and kept back', async () => {
    const taken = network.path('taken.json');
    copyFileSync(sale, taken);

    const held = await refused(bob, transfer('approve', sale));
    const shown = await succeed(bob, transfer('show', sale));
    await succeed(bob, transfer('approve', taken, '--accept-open-signatures'));
    await network.broadcast(unsent);

    expect(held).toEqual({ code: 1, error: 'transfer/open-signatures' });
    expect(shown).toMatchObject({
      verdict: 'does not hold',
      faults: [expect.stringMatching(/^transfer\/open-signatures: .* not mined: 1$/)]
    });
    expect(await succeed(bob, transfer('show', sale))).toMatchObject({ verdict: 'holds', faults: [] });
  }, 60_000);

  it('protect the next owner from a plan that says something else than the canisters', async () => {
    const other = 'cd'.repeat(32);
    const cases: [string, string][] = [
      [tampered('epoch', { epoch: '9' }), 'transfer/stale-epoch'],
      [tampered('passport', { passport: other }), 'transfer/stale-passport'],
      [tampered('account', { account: other }), 'account/unknown'],
      [
        tampered('key', { received: { nkCommitment: other, randSeed: other } }),
        'transfer/contribution-changed'
      ],
      [tampered('format', { epoch: 9 }), 'transfer/plan-format']
    ];
    for (const [path, error] of cases) {
      const before = readFileSync(path, 'utf8');
      expect({ path, ...(await refused(bob, transfer('approve', path))) }).toEqual({ path, code: 1, error });
      expect(readFileSync(path, 'utf8')).toBe(before);
    }
    const wrongAction = transfer('approve', sale, '--action', other);
    expect(await refused(bob, wrongAction)).toEqual({ code: 1, error: 'transfer/action-differs' });
  }, 120_000);

  it('show says per account and party what does not hold', async () => {
    await succeed(alice, transfer('approve', sale));
    const stale = tampered('stale', { epoch: '9' });

    const shown = await succeed(network.seat('nobody'), transfer('show', stale));
    const offline = await succeed(network.seat('nobody'), transfer('show', stale, '--offline'));
    const elsewhere = await succeed({ ...bob, network: network.path('none') }, transfer('show', stale));

    expect(shown).toMatchObject({
      verdict: 'does not hold',
      accounts: [{ faults: [expect.stringMatching(/^transfer\/stale-epoch: /)] }],
      approvals: [{ approval: 'invalid' }, { approval: 'missing' }]
    });
    expect(offline).toMatchObject({ verdict: 'unchecked', reason: '--offline' });
    expect(elsewhere).toMatchObject({
      verdict: 'unchecked',
      reason: expect.stringContaining('cli/network-file') as unknown
    });
    const lines = await runHyphaProcess(bob, transfer('show', sale));
    expect([lines.code, lines.err]).toEqual([0, '']);
    expect(lines.out).toMatch(/^verdict +holds$/m);
  }, 120_000);
});

describe('submit', () => {
  it('sends nothing before all have approved, nor without prover and key', async () => {
    const noKey = { ...alice, env: {} };
    const wrongProver = ['--prover', network.path('sale.json'), '--evm-key-env', PAYER_VARIABLE];
    const noProver = ['--prover', network.path('none.ts'), '--evm-key-env', PAYER_VARIABLE];

    expect(await refused(alice, transfer('submit', sale, ...SUBMIT))).toEqual({
      code: 1,
      error: 'transfer/unapproved'
    });
    expect(await refused(noKey, transfer('submit', sale, ...SUBMIT))).toEqual({
      code: 2,
      error: 'cli/argument'
    });
    expect(await refused(alice, transfer('submit', sale, ...wrongProver))).toEqual({
      code: 1,
      error: 'cli/prover'
    });
    expect(await refused(alice, transfer('submit', sale, ...noProver))).toEqual({
      code: 1,
      error: 'cli/prover'
    });
    expect(await refused(alice, transfer('submit', sale))).toEqual({ code: 2, error: 'cli/usage' });
  }, 120_000);

  it('hands the account over once both have approved, and not a second time', async () => {
    const { action } = await succeed(bob, transfer('show', sale));
    await succeed(bob, transfer('approve', sale, '--action', String(action)));

    expect(await succeed(mallory, transfer('submit', sale, ...SUBMIT))).toMatchObject({ status: 'success' });

    await pollUntil(
      'the account to belong to bob',
      async () => ((await network.show(bob, account))['owner'] === bobPrincipal ? true : undefined),
      RELAY_LIMITS
    );
    expect(await network.show(bob, account)).toMatchObject({ status: 'active', epoch: '1' });
    expect(await refused(alice, ['account', 'seal', account])).toEqual({
      code: 1,
      error: 'account/not-owner'
    });
    expect(await refused(alice, transfer('submit', sale, ...SUBMIT))).toEqual({
      code: 1,
      error: 'transfer/owner-differs'
    });
  }, 180_000);
});

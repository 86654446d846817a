/** A settled transfer on its way through providers that fail, lie, lag or stop: nothing moves on what is not agreed on. */
import { providerUrls } from '../../../scripts/network/dev-network';
import { pollUntil } from '../../../scripts/poll';
import { unwrap } from '../../../src/api/errors';
import { type EvmCheckpointEvidenceWire } from '../../../src/api/domains-idl';
import { type Bytes32 } from '../../../src/core/bytes';
import {
  type FaultyRpcProxy,
  type ProxyBehaviour,
  startFaultyRpcProxy
} from '../../support/faulty-rpc-proxy';
import { type TestPerson, type TestStage, startTestStage } from '../../support/test-stage';
import { readView } from '../../support/transfer/account-signing';
import { executeForged } from '../../support/transfer/forged-transfer';
import { ProofCarrier } from '../../support/transfer/proof-carrier';
import { createSealedAccounts, ed25519Identity, joinStage } from '../../support/transfer/stage-people';
import { readState } from '../../support/transfer/stage-state';

const LIMITS = { timeoutMs: 60_000, intervalMs: 50 };

const HONEST: ProxyBehaviour = { kind: 'honest' };
const answering = (body: string): ProxyBehaviour => ({ kind: 'rewrite', rewrite: () => body });

type Reply = { readonly id: number; readonly result: Readonly<Record<string, unknown>> };
/** Changes the replies about the finalized block (id 1) and about the height asked for (id 2). */
const changing = (change: (reply: Reply) => unknown): ProxyBehaviour => ({
  kind: 'rewrite',
  rewrite: (body) => JSON.stringify((JSON.parse(body) as Reply[]).map(change))
});
const withOtherHash = (hash: unknown): string => {
  const [, first = '0', rest = ''] = /^0x(.)(.*)$/.exec(String(hash)) ?? [];
  return `0x${first === '1' ? '2' : '1'}${rest}`;
};
const LYING = changing(({ id, result }) => ({
  id,
  result: { ...result, hash: withOtherHash(result['hash']) }
}));
const LAGGING = changing(({ id, result }) => ({
  id,
  result: id === 1 ? { ...result, number: '0x0' } : result
}));

let stage: TestStage;
let carrier: ProofCarrier;
let alice: TestPerson;
let bob: TestPerson;
let proxies: FaultyRpcProxy[];

beforeAll(async () => {
  stage = await startTestStage();
  proxies = await Promise.all(providerUrls().map(() => startFaultyRpcProxy(stage.anvil.url)));
  const routes = providerUrls().map((url, index) => [url, proxies[index]?.url ?? ''] as const);
  stage.localIc.setOutcallRoutes(Object.fromEntries(routes));
  carrier = new ProofCarrier(stage);
  alice = await joinStage(stage, ed25519Identity('alice'));
  bob = await joinStage(stage, ed25519Identity('bob'));
});

afterAll(async () => {
  await stage.stop();
  await Promise.all(proxies.map((proxy) => proxy.stop()));
});

beforeEach(() => behave(HONEST, HONEST, HONEST));

function behave(...behaviours: readonly ProxyBehaviour[]): void {
  behaviours.forEach((behaviour, index) => proxies[index]?.behave(behaviour));
}

type Settled = {
  readonly account: Bytes32;
  readonly evidence: EvmCheckpointEvidenceWire;
  readonly height: bigint;
  readonly hash: `0x${string}`;
};

/** A transfer from alice to bob that is final on chain, and of which the canisters know nothing yet. */
async function settleTransfer(): Promise<Settled> {
  const [account] = await createSealedAccounts(stage, carrier, { owner: alice, count: 1 });
  if (account === undefined) throw new Error('an account');
  const moves = [{ accountId: account, owner: alice.identity, to: bob.identity }];
  const { hash } = await executeForged(stage, moves);
  const height = await carrier.finalize();
  return { account, hash, height, evidence: await carrier.readEvidence(height) };
}

/** Code and message of the refusal of the checkpoint, after which nothing has changed. */
async function refusalOfCheckpoint({ evidence }: Settled): Promise<{ code: string; message: string }> {
  const before = await readState(stage, [alice, bob]);
  const result = await stage.domains.accept_evm_checkpoint(evidence);
  expect(await readState(stage, [alice, bob])).toEqual(before);
  if ('Ok' in result) throw new Error('expected a refusal');
  return result.Err;
}

/** The transfer carried to its end. */
async function expectToArrive({ evidence, hash, account }: Settled): Promise<void> {
  const checkpoint = unwrap(await stage.domains.accept_evm_checkpoint(evidence));
  unwrap(await stage.signer.apply_transitions(await carrier.readBatch(hash, checkpoint)));
  const { owner, status } = await readView(stage, account);
  expect([owner.toText(), status]).toEqual([bob.identity.getPrincipal().toText(), { active: null }]);
}

describe('a settled transfer', () => {
  it.each<[string, ProxyBehaviour]>([
    ['are down', { kind: 'down' }],
    ['limit their rate', { kind: 'status', status: 429 }],
    ['fail', { kind: 'status', status: 500 }],
    ['answer no JSON', answering('<html>')],
    ['answer nothing', answering('')],
    ['answer a megabyte', answering(`[${'0,'.repeat(500_000)}0]`)],
    ['answer four megabytes', answering('x'.repeat(4 * 2 ** 20))],
    ['answer with errors', changing(({ id }) => ({ id, error: { code: -32_000, message: 'no' } }))],
    ['know no such block', changing(({ id }) => ({ id, result: null }))],
    [
      'answer one question of two',
      changing(({ id, result }) => (id === 1 ? { id, result } : { id: 1, result }))
    ],
    [
      'contradict themselves',
      changing(({ id, result }) => (id === 1 ? { id, result } : { id, result: { ...result, number: '0x1' } }))
    ]
  ])('waits while two of three providers %s, and arrives when one of them is back', async (_name, fault) => {
    const settled = await settleTransfer();
    behave(fault, HONEST, fault);

    const { code, message } = await refusalOfCheckpoint(settled);

    expect(code).toBe('domain/providers-too-few');
    expect(message).toMatch(
      /rpc-1\.localhost (failed|did not answer)[^;]*; rpc-2\.localhost says final .*rpc-3\.localhost (failed|did not answer)/
    );
    behave(fault, HONEST, HONEST);
    await expectToArrive(settled);
  });

  it.each([0, 1, 2])('waits while provider %i alone lies about the hash, and it is named', async (liar) => {
    const settled = await settleTransfer();
    proxies[liar]?.behave(LYING);

    const { code, message } = await refusalOfCheckpoint(settled);

    expect(code).toBe('domain/providers-disagree');
    const words = [...message.matchAll(/rpc-(\d)\.localhost says final ([0-9a-f]{64})/g)];
    const [odd, ...others] = [...words].sort(
      (a, b) => Number(b[1] === String(liar + 1)) - Number(a[1] === String(liar + 1))
    );
    expect(words).toHaveLength(3);
    expect(others.map(([, , hash]) => hash === others[0]?.[2])).toEqual([true, true]);
    expect(odd?.[2]).not.toBe(others[0]?.[2]);
    proxies[liar]?.behave(HONEST);
    await expectToArrive(settled);
  });

  it('waits while two lie alike against one, and while one lies and one is down', async () => {
    const settled = await settleTransfer();
    behave(LYING, LYING, HONEST);
    expect((await refusalOfCheckpoint(settled)).code).toBe('domain/providers-disagree');
    behave(LYING, { kind: 'down' }, HONEST);
    expect((await refusalOfCheckpoint(settled)).code).toBe('domain/providers-disagree');
    behave(HONEST, HONEST, HONEST);
    await expectToArrive(settled);
  });

  it('waits while all three agree on another block', async () => {
    const settled = await settleTransfer();
    behave(LYING, LYING, LYING);
    expect((await refusalOfCheckpoint(settled)).code).toBe('domain/header-mismatch');
    behave(HONEST, HONEST, HONEST);
    await expectToArrive(settled);
  });

  it('waits until all who answer call the block final', async () => {
    const settled = await settleTransfer();
    behave(LAGGING, HONEST, HONEST);
    expect((await refusalOfCheckpoint(settled)).code).toBe('domain/providers-disagree');
    behave(LAGGING, LAGGING, { kind: 'down' });
    expect((await refusalOfCheckpoint(settled)).code).toBe('domain/not-final');
    behave(HONEST, HONEST, HONEST);
    await expectToArrive(settled);
  });

  it('arrives by a relayer that has met providers down, lying and lagging before', async () => {
    const settled = await settleTransfer();
    behave({ kind: 'down' }, { kind: 'down' }, HONEST);
    const { relayer, stop } = await stage.startRelayer();
    const lastCode = (code: string): Promise<string> =>
      pollUntil(
        `the relayer to meet ${code}`,
        () => Promise.resolve(relayer.status().lastError?.code === code ? code : undefined),
        LIMITS
      );
    await lastCode('domain/providers-too-few');
    behave(HONEST, LYING, HONEST);
    await lastCode('domain/providers-disagree');
    behave(LAGGING, LAGGING, LAGGING);
    await lastCode('domain/not-final');
    expect((await readView(stage, settled.account)).owner.toText()).toBe(
      alice.identity.getPrincipal().toText()
    );
    behave(HONEST, HONEST, HONEST);

    await pollUntil(
      'the transfer',
      async () => ((await readView(stage, settled.account)).epoch === 1n ? true : undefined),
      LIMITS
    );

    expect((await readView(stage, settled.account)).owner.toText()).toBe(
      bob.identity.getPrincipal().toText()
    );
    await stop();
  });
});

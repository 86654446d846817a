/** Canisters upgraded while nothing, or something, is under way. */
import { unwrap } from '../../../src/api/errors';
import { type Bytes32 } from '../../../src/core/bytes';
import { type TestPerson, type TestStage, startTestStage } from '../../support/test-stage';
import {
  codeOf,
  expectToSign,
  readLogOf,
  readView,
  signTransfer
} from '../../support/transfer/account-signing';
import { executeForged } from '../../support/transfer/forged-transfer';
import { holdAnswer } from '../../support/transfer/held-calls';
import { ProofCarrier } from '../../support/transfer/proof-carrier';
import {
  createBoundAccount,
  ed25519Identity,
  joinStage,
  secp256k1Identity
} from '../../support/transfer/stage-people';
import { upgradeCanister } from '../../support/transfer/upgrade-canister';

let stage: TestStage;
let carrier: ProofCarrier;
let alice: TestPerson;
let bob: TestPerson;

beforeAll(async () => {
  stage = await startTestStage();
  carrier = new ProofCarrier(stage);
  alice = await joinStage(stage, ed25519Identity('alice'));
  bob = await joinStage(stage, secp256k1Identity('bob'));
});

afterAll(() => stage.stop());

const boundAccount = (): Promise<Bytes32> => createBoundAccount(stage, carrier, alice);

describe('an upgrade while a signature is in flight', () => {
  it('is closed as unknown when the canister is upgraded before the answer, and the account signs again', async () => {
    const account = await boundAccount();
    const { seen, release } = holdAnswer(stage, 'sign_with_ecdsa');
    const lost = signTransfer(alice.signer, account).catch((error: unknown) => error);
    await seen;
    expect((await readView(stage, account)).signing).toBe(true);

    await upgradeCanister(stage, 'signer');

    expect((await readView(stage, account)).signing).toBe(false);
    expect((await readLogOf(stage, account)).slice(-2)).toEqual([
      'hypha_sign_request',
      'hypha_sign_result:unknown'
    ]);
    release();
    expect(await lost).toBeInstanceOf(Error);
    expect((await readLogOf(stage, account)).slice(-1)).toEqual(['hypha_sign_result:unknown']);
    expect(codeOf(await signTransfer(alice.signer, account))).toBe('account/nonce-used');
    await expectToSign(stage, account, { owner: alice, nonce: 1n });
  });

  it('of an account that was upgraded under can be followed by one that the old answer does not end', async () => {
    const account = await boundAccount();
    const first = holdAnswer(stage, 'sign_with_ecdsa');
    const lost = signTransfer(alice.signer, account).catch((error: unknown) => error);
    await first.seen;
    await upgradeCanister(stage, 'signer');
    const second = holdAnswer(stage, 'sign_with_ecdsa');
    const fresh = signTransfer(alice.signer, account, { nonce: 1n });
    await second.seen;

    first.release();
    expect(await lost).toBeInstanceOf(Error);
    expect((await readView(stage, account)).signing).toBe(true);
    second.release();

    expect(codeOf(await fresh)).toBe('Ok');
  });
});

describe('an upgrade', () => {
  it('keeps accounts, owners, statuses, log and domains', async () => {
    const account = await boundAccount();
    unwrap(await alice.signer.seal_account(account));
    const before = await readEverything();

    await upgradeCanister(stage, 'signer');
    await upgradeCanister(stage, 'domains');

    expect(await readEverything()).toEqual(before);
  });

  it('between a batch and its attestation leaves the accounts as they were, and the batch works then', async () => {
    const account = await boundAccount();
    unwrap(await alice.signer.seal_account(account));
    const moves = [{ accountId: account, owner: alice.identity, to: bob.identity }];
    const { hash } = await executeForged(stage, moves);
    const batch = await carrier.readBatch(hash, await carrier.acceptCheckpoint());
    const { seen, release } = holdAnswer(stage, 'attest_nullifiers');
    const before = await readView(stage, account);
    const lost = bob.signer.apply_transitions(batch).catch((error: unknown) => error);
    await seen;
    await upgradeCanister(stage, 'signer');
    release();

    expect(await lost).toBeInstanceOf(Error);
    expect(await readView(stage, account)).toEqual(before);
    expect(unwrap(await bob.signer.apply_transitions(batch))[0]).toMatchObject({ status: { active: null } });
  });
});

async function readEverything(): Promise<unknown> {
  const { log_length: length, ...status } = await stage.signer.status();
  const start = length > 100n ? length - 100n : 0n;
  return {
    status,
    length,
    log: await stage.signer.icrc3_get_blocks([{ start, length: 100n }]),
    domains: await stage.domains.domains(),
    accounts: await Promise.all(
      [alice, bob].map(({ identity }) => stage.signer.accounts_of(identity.getPrincipal(), 0n, 100))
    )
  };
}

/** What becomes of a signature, or a seal, when something else happens before its answer. */
import { type Result, unwrap } from '../../../src/api/errors';
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
import { holdAnswer, withRejections } from '../../support/transfer/held-calls';
import { ProofCarrier } from '../../support/transfer/proof-carrier';
import {
  createAccounts,
  createBoundAccount,
  ed25519Identity,
  joinStage,
  secp256k1Identity
} from '../../support/transfer/stage-people';
import { refusalOf } from '../../support/transfer/stage-state';

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

const refused = (call: () => Promise<Result<unknown>>): Promise<string> =>
  refusalOf({ stage, people: [alice, bob] }, call);

const boundAccount = (): Promise<Bytes32> => createBoundAccount(stage, carrier, alice);

describe('a signature in flight', () => {
  it('is the only one of its account: of two at once, one is refused', async () => {
    const account = await boundAccount();
    const { seen, release } = holdAnswer(stage, 'sign_with_ecdsa');

    const first = signTransfer(alice.signer, account);
    await seen;
    const second = await signTransfer(alice.signer, account, { value: 2n });
    release();

    expect(codeOf(second)).toBe('account/signing');
    expect(codeOf(await first)).toBe('Ok');
    expect((await readView(stage, account)).evm_nonces).toEqual([{ chain_id: 31_337n, next_nonce: 1n }]);
  });

  it('is the only one of ten at once', async () => {
    const account = await boundAccount();
    const { seen, release } = holdAnswer(stage, 'sign_with_ecdsa');
    const codes: string[] = [];
    const calls = Array.from({ length: 10 }, async (_, index) => {
      codes.push(codeOf(await signTransfer(alice.signer, account, { value: BigInt(index) })));
      if (codes.length === 9) release();
    });
    await seen;
    await Promise.all(calls);

    expect(codes).toEqual([...Array.from({ length: 9 }, () => 'account/signing'), 'Ok']);
    expect((await readLogOf(stage, account)).filter((type) => type === 'hypha_sign_request')).toHaveLength(1);
  });

  it('does not hold up the signature of another account', async () => {
    const [account, other] = await createAccounts(alice, 2);
    if (account === undefined || other === undefined) throw new Error('two accounts');
    const { seen, release } = holdAnswer(stage, 'sign_with_ecdsa');
    const held = signTransfer(alice.signer, account);
    await seen;

    await expectToSign(stage, other, { owner: alice, nonce: 0n });
    expect((await readView(stage, account)).signing).toBe(true);
    release();
    expect(codeOf(await held)).toBe('Ok');
  });

  it('keeps a seal away, also one that was under way before it', async () => {
    const account = await boundAccount();
    const info = holdAnswer(stage, 'canister_info');
    const sealing = alice.signer.seal_account(account);
    await info.seen;
    const { seen, release } = holdAnswer(stage, 'sign_with_ecdsa');
    const signing = signTransfer(alice.signer, account);
    await seen;
    info.release();

    expect(codeOf(await sealing)).toBe('account/signing');
    release();
    expect(codeOf(await signing)).toBe('Ok');
    expect((await readView(stage, account)).status).toEqual({ active: null });
  });

  it('is discarded when the account changes owners meanwhile, and never released', async () => {
    const account = await boundAccount();
    const { seen, release } = holdAnswer(stage, 'sign_with_ecdsa');
    const signing = signTransfer(alice.signer, account);
    await seen;
    const moves = [{ accountId: account, owner: alice.identity, to: bob.identity }];
    const [moved] = unwrap(await carrier.carry((await executeForged(stage, moves)).hash));

    expect(moved).toMatchObject({ status: { quarantined: 'not-sealed' }, signing: false, epoch: 1n });
    release();
    expect(codeOf(await signing)).toBe('signing/discarded');
    expect((await readLogOf(stage, account)).slice(-3)).toEqual([
      'hypha_sign_request',
      'hypha_sign_result:discarded',
      'hypha_transition'
    ]);
    unwrap(await bob.signer.accept_account(account));
    await expectToSign(stage, account, { owner: bob, nonce: 1n });
  });

  it('is discarded although the new owner waits for one of its own by then', async () => {
    const account = await boundAccount();
    const first = holdAnswer(stage, 'sign_with_ecdsa');
    const old = signTransfer(alice.signer, account);
    await first.seen;
    const moves = [{ accountId: account, owner: alice.identity, to: bob.identity }];
    unwrap(await carrier.carry((await executeForged(stage, moves)).hash));
    unwrap(await bob.signer.accept_account(account));
    const second = holdAnswer(stage, 'sign_with_ecdsa');
    const fresh = signTransfer(bob.signer, account, { nonce: 1n });
    await second.seen;

    first.release();
    expect(codeOf(await old)).toBe('signing/discarded');
    expect((await readView(stage, account)).signing).toBe(true);
    second.release();
    expect(codeOf(await fresh)).toBe('Ok');
    expect((await readLogOf(stage, account)).filter((type) => type.startsWith('hypha_sign_result'))).toEqual([
      'hypha_sign_result:discarded',
      'hypha_sign_result:signed'
    ]);
  });

  it.each([
    [1, 'signing/rejected', 'failed', 0n],
    [2, 'signing/rejected', 'failed', 0n],
    [3, 'signing/rejected', 'failed', 0n],
    [4, 'signing/rejected', 'failed', 0n],
    [5, 'signing/rejected', 'failed', 0n],
    [6, 'signing/unknown', 'unknown', 1n]
  ])(
    'ends when it is rejected with code %i, and the account signs again',
    async (rejectCode, code, status, nextNonce) => {
      const [account] = await createAccounts(alice, 1);
      if (account === undefined) throw new Error('an account');

      const result = await withRejections(stage, {
        method: 'sign_with_ecdsa',
        code: rejectCode,
        work: () => signTransfer(alice.signer, account)
      });

      expect(codeOf(result)).toBe(code);
      expect((await readLogOf(stage, account)).slice(-2)).toEqual([
        'hypha_sign_request',
        `hypha_sign_result:${status}`
      ]);
      expect((await readView(stage, account)).signing).toBe(false);
      await expectToSign(stage, account, { owner: alice, nonce: nextNonce });
    }
  );
});

describe('a seal', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'is refused without canister info, rejected with code %i, and works then',
    async (code) => {
      const account = await boundAccount();

      const result = await refused(() =>
        withRejections(stage, {
          method: 'canister_info',
          code,
          work: () => alice.signer.seal_account(account)
        })
      );

      expect(result).toBe('seal/unavailable');
      unwrap(await alice.signer.seal_account(account));
    }
  );

  it('under way is refused when the account has changed owners meanwhile', async () => {
    const account = await boundAccount();
    const { seen, release } = holdAnswer(stage, 'canister_info');
    const sealing = alice.signer.seal_account(account);
    await seen;
    const moves = [{ accountId: account, owner: alice.identity, to: bob.identity }];
    unwrap(await carrier.carry((await executeForged(stage, moves)).hash));
    release();

    expect(codeOf(await sealing)).toBe('account/not-owner');
    expect((await readView(stage, account)).status).toEqual({ quarantined: 'not-sealed' });
  });
});

describe('a batch', () => {
  it('is applied once when it is sent twice at once', async () => {
    const account = await boundAccount();
    unwrap(await alice.signer.seal_account(account));
    const moves = [{ accountId: account, owner: alice.identity, to: bob.identity }];
    const { hash } = await executeForged(stage, moves);
    const batch = await carrier.readBatch(hash, await carrier.acceptCheckpoint());
    const { seen, release } = holdAnswer(stage, 'attest_nullifiers');
    const both = [alice, bob].map(({ signer }) => signer.apply_transitions(batch));
    await seen;
    release();

    const codes = (await Promise.all(both)).map(codeOf).sort();

    expect(codes).toEqual(['Ok', 'transition/replayed']);
    expect((await readLogOf(stage, account)).filter((type) => type === 'hypha_transition')).toHaveLength(1);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'is refused while domains rejects with code %i, and works then',
    async (code) => {
      const account = await boundAccount();
      unwrap(await alice.signer.seal_account(account));
      const moves = [{ accountId: account, owner: alice.identity, to: bob.identity }];
      const { hash } = await executeForged(stage, moves);
      const batch = await carrier.readBatch(hash, await carrier.acceptCheckpoint());

      const refusal = await refused(() =>
        withRejections(stage, {
          method: 'attest_nullifiers',
          code,
          work: () => bob.signer.apply_transitions(batch)
        })
      );

      expect(refusal).toBe('domains/unavailable');
      unwrap(await bob.signer.apply_transitions(batch));
    }
  );
});

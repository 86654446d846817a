/** Transfers that hold but leave something out, transfers to oneself, rings, and proofs that come in another order. */
import { unwrap } from '../../../src/api/errors';
import { decodeTransitionPayload } from '../../../src/core/account/transition-payload';
import { type Bytes32, ZERO_BYTES32, hex32 } from '../../../src/core/bytes';
import { type TestPerson, type TestStage, startTestStage } from '../../support/test-stage';
import {
  codeOf,
  expectToSign,
  readLogOf,
  readView,
  signTransfer
} from '../../support/transfer/account-signing';
import {
  type Flaws,
  type ForgedMove,
  type KnownAccount,
  executeForged,
  readKnownAccount
} from '../../support/transfer/forged-transfer';
import { ProofCarrier } from '../../support/transfer/proof-carrier';
import {
  createBoundAccount,
  ed25519Identity,
  joinStage,
  secp256k1Identity
} from '../../support/transfer/stage-people';
import { refusalOf } from '../../support/transfer/stage-state';

const OTHER = hex32('ee'.repeat(32));

let stage: TestStage;
let carrier: ProofCarrier;
let alice: TestPerson;
let bob: TestPerson;
let carol: TestPerson;

beforeAll(async () => {
  stage = await startTestStage();
  carrier = new ProofCarrier(stage);
  alice = await joinStage(stage, ed25519Identity('alice'));
  bob = await joinStage(stage, secp256k1Identity('bob'));
  carol = await joinStage(stage, secp256k1Identity('carol'));
});

afterAll(() => stage.stop());

const boundAccount = (owner: TestPerson): Promise<Bytes32> => createBoundAccount(stage, carrier, owner);

async function carry(moves: readonly ForgedMove[], flaws?: Flaws): Promise<void> {
  unwrap(await carrier.carry((await executeForged(stage, moves, flaws)).hash));
}

const toBob = (accountId: Bytes32): ForgedMove => ({ accountId, owner: alice.identity, to: bob.identity });

const ownerOf = async (account: Bytes32): Promise<string> => (await readView(stage, account)).owner.toText();
const principalOf = ({ identity }: TestPerson): string => identity.getPrincipal().toText();

/** Nobody signs until the new owner has accepted; then the new owner does, at the next nonce. */
async function expectQuarantine(account: Bytes32, reason: string): Promise<void> {
  expect(await readView(stage, account)).toMatchObject({ status: { quarantined: reason }, epoch: 1n });
  expect(await ownerOf(account)).toBe(principalOf(bob));
  const codes = [alice, carol, bob].map(async ({ signer }) => codeOf(await signTransfer(signer, account)));
  expect(await Promise.all(codes)).toEqual(['account/not-owner', 'account/not-owner', 'account/quarantined']);
  expect(codeOf(await alice.signer.accept_account(account))).toBe('account/not-owner');
  unwrap(await bob.signer.accept_account(account));
  expect(codeOf(await bob.signer.accept_account(account))).toBe('account/not-quarantined');
  expect(codeOf(await signTransfer(alice.signer, account))).toBe('account/not-owner');
}

describe('a transfer that leaves something out', () => {
  it('quarantines an account that was not sealed; its new owner accepts and goes on at the next nonce', async () => {
    const account = await boundAccount(alice);
    await expectToSign(stage, account, { owner: alice, nonce: 0n });
    await carry([toBob(account)]);

    await expectQuarantine(account, 'not-sealed');

    expect(codeOf(await signTransfer(bob.signer, account, { nonce: 0n }))).toBe('account/nonce-used');
    expect(codeOf(await signTransfer(bob.signer, account, { nonce: 2n }))).toBe('account/nonce-gap');
    await expectToSign(stage, account, { owner: bob, nonce: 1n });
    expect((await readLogOf(stage, account)).slice(-4)).toEqual([
      'hypha_transition',
      'hypha_accept',
      'hypha_sign_request',
      'hypha_sign_result:signed'
    ]);
  });

  it.each<[string, (account: Bytes32) => ForgedMove]>([
    ['that nobody has', (account) => ({ ...toBob(account), known: { passportDigest: OTHER } })],
    ['of zeros', (account) => ({ ...toBob(account), known: { passportDigest: ZERO_BYTES32 } })],
    ['in the consent alone', (account) => ({ ...toBob(account), consent: { passportDigest: OTHER } })],
    ['in the account value alone', (account) => ({ ...toBob(account), value: { passportDigest: OTHER } })]
  ])('quarantines an account sold under another passport: one %s', async (_name, moveOf) => {
    const account = await boundAccount(alice);
    unwrap(await alice.signer.seal_account(account));
    await carry([moveOf(account)]);

    await expectQuarantine(account, 'passport-mismatch');

    await expectToSign(stage, account, { owner: bob, nonce: 0n });
  });

  it('quarantines an account sold under the passport of an earlier sealing', async () => {
    const account = await boundAccount(alice);
    unwrap(await alice.signer.seal_account(account));
    const stale = (await readKnownAccount(stage, account)).passportDigest;
    await carry([{ ...toBob(account), to: alice.identity }]);
    await expectToSign(stage, account, { owner: alice, nonce: 0n });
    unwrap(await alice.signer.seal_account(account));

    await carry([{ ...toBob(account), known: { passportDigest: stale } }]);

    expect((await readView(stage, account)).status).toEqual({ quarantined: 'passport-mismatch' });
  });

  it('quarantines an account that its new owner did not accept', async () => {
    const account = await boundAccount(alice);
    unwrap(await alice.signer.seal_account(account));
    await carry([toBob(account)], { parties: [alice.identity] });

    await expectQuarantine(account, 'not-accepted');

    await expectToSign(stage, account, { owner: bob, nonce: 0n });
  });

  it('quarantines an account accepted by somebody else', async () => {
    const account = await boundAccount(alice);
    unwrap(await alice.signer.seal_account(account));
    await carry([toBob(account)], { parties: [alice.identity, carol.identity] });

    await expectQuarantine(account, 'not-accepted');
  });
});

describe('a transfer whose payload was not published', () => {
  it('is applied for whoever has the payload, and for nobody else', async () => {
    const account = await boundAccount(alice);
    unwrap(await alice.signer.seal_account(account));
    const { hash, payloads } = await executeForged(stage, [toBob(account)], { isUnpublished: true });
    const batch = await carrier.readBatch(hash, await carrier.acceptCheckpoint());
    const [payload] = payloads;
    const [unit] = batch.units;
    if (payload === undefined || unit === undefined) throw new Error('a unit');

    const call = () => stage.signer.apply_transitions(batch);
    expect(await refusalOf({ stage, people: [alice, bob] }, call)).toBe('transition/batch-size');
    unwrap(await carol.signer.apply_transitions({ ...batch, units: [{ ...unit, payload: [payload] }] }));

    expect(await ownerOf(account)).toBe(principalOf(bob));
    expect((await readView(stage, account)).status).toEqual({ active: null });
    await expectToSign(stage, account, { owner: bob, nonce: 0n });
  });
});

describe('a transfer to oneself', () => {
  it('unseals the account, which signs again at the next nonce', async () => {
    const account = await boundAccount(alice);
    await expectToSign(stage, account, { owner: alice, nonce: 0n });
    unwrap(await alice.signer.seal_account(account));
    expect(codeOf(await signTransfer(alice.signer, account, { nonce: 1n }))).toBe('account/sealed');

    await carry([{ ...toBob(account), to: alice.identity }]);

    expect(await readView(stage, account)).toMatchObject({ status: { active: null }, epoch: 1n });
    await expectToSign(stage, account, { owner: alice, nonce: 1n });
  });
});

describe('a ring of three', () => {
  it('moves all three in one message, and each new owner signs and no old one', async () => {
    const people = [alice, bob, carol];
    const accounts: Bytes32[] = [];
    for (const person of people) accounts.push(await boundAccount(person));
    for (const [index, account] of accounts.entries()) {
      unwrap(await personAt(people, index).signer.seal_account(account));
    }
    const lengthBefore = (await stage.signer.status()).log_length;

    await carry(
      accounts.map((accountId, index) => ({
        accountId,
        owner: personAt(people, index).identity,
        to: personAt(people, index + 1).identity
      }))
    );

    expect((await stage.signer.status()).log_length).toBe(lengthBefore + 3n);
    for (const [index, account] of accounts.entries()) {
      expect(await ownerOf(account)).toBe(principalOf(personAt(people, index + 1)));
      const refusal = await signTransfer(personAt(people, index).signer, account);
      expect(codeOf(refusal)).toBe('account/not-owner');
      await expectToSign(stage, account, { owner: personAt(people, index + 1), nonce: 0n });
    }
  });
});

function personAt(people: readonly TestPerson[], index: number): TestPerson {
  const person = people[index % people.length];
  if (person === undefined) throw new Error('a person');
  return person;
}

describe('three transfers of one account, one after the other on chain', () => {
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0]
  ] as const;

  it.each(orders)('are applied in their order alone when they come as %i, %i, %i', async (...order) => {
    const people = [alice, bob, carol];
    const account = await boundAccount(alice);
    const hashes = await executeInARow(account, people);
    const checkpoint = await carrier.acceptCheckpoint();
    const expectedCodes: string[] = [];
    const codes: string[] = [];
    let next = 0;
    for (const position of order) {
      const hash = hashes[position];
      if (hash === undefined) throw new Error('a transfer');
      const batch = await carrier.readBatch(hash, checkpoint);
      const isNext = position === next;
      const call = () => stage.signer.apply_transitions(batch);
      codes.push(isNext ? codeOf(await call()) : await refusalOf({ stage, people }, call));
      expectedCodes.push(isNext ? 'Ok' : 'transition/nullifier-key');
      if (isNext) next += 1;
    }

    expect(codes).toEqual(expectedCodes);
    expect(await ownerOf(account)).toBe(principalOf(personAt(people, next)));
    expect((await readView(stage, account)).epoch).toBe(BigInt(next));
  });

  it('are replays, each of them, once they have been applied', async () => {
    const people = [alice, bob, carol];
    const hashes = await executeInARow(await boundAccount(alice), people);
    const checkpoint = await carrier.acceptCheckpoint();
    const batches = await Promise.all(hashes.map((hash) => carrier.readBatch(hash, checkpoint)));
    for (const batch of batches) unwrap(await stage.signer.apply_transitions(batch));

    for (const batch of batches) {
      const refusal = await refusalOf({ stage, people }, () => stage.signer.apply_transitions(batch));
      expect(refusal).toBe('transition/replayed');
    }
  });
});

/** Each passes the account on to the next, none waits for the signer. */
async function executeInARow(account: Bytes32, people: readonly TestPerson[]): Promise<`0x${string}`[]> {
  let known: KnownAccount = await readKnownAccount(stage, account);
  const hashes: `0x${string}`[] = [];
  for (const index of people.keys()) {
    const { hash, payloads } = await executeForged(stage, [
      {
        accountId: account,
        owner: personAt(people, index).identity,
        to: personAt(people, index + 1).identity,
        known
      }
    ]);
    const [payload] = payloads;
    if (payload === undefined) throw new Error('a payload');
    known = { ...known, epoch: known.epoch + 1n, head: decodeTransitionPayload(payload).successor };
    hashes.push(hash);
  }
  return hashes;
}

/** Who may do what to an account. */
import { AnonymousIdentity } from '@dfinity/agent';
import { type Result, unwrap } from '../../../src/api/errors';
import { type SignerService } from '../../../src/api/signer-idl';
import { type Bytes32, hex32 } from '../../../src/core/bytes';
import { connectAgent, createDomainsClient, createSignerClient } from '../../../src/sdk';
import { type TestPerson, type TestStage, startTestStage } from '../../support/test-stage';
import { codeOf, readView, signTransfer } from '../../support/transfer/account-signing';
import { executeForged } from '../../support/transfer/forged-transfer';
import { holdAnswer } from '../../support/transfer/held-calls';
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
let nobody: SignerService;

beforeAll(async () => {
  stage = await startTestStage();
  carrier = new ProofCarrier(stage);
  alice = await joinStage(stage, ed25519Identity('alice'));
  bob = await joinStage(stage, secp256k1Identity('bob'));
  const agent = await connectAgent({
    host: stage.localIc.url,
    fetchRootKey: true,
    identity: new AnonymousIdentity()
  });
  nobody = createSignerClient(agent, { canisterId: stage.signerId });
});

afterAll(() => stage.stop());

const UNKNOWN = hex32('ee'.repeat(32));

/** The methods that only an account's owner may call. */
const ownersMethods: readonly (readonly [
  string,
  (signer: SignerService, account: Uint8Array) => Promise<Result<unknown>>
])[] = [
  ['seal_account', (signer, account) => signer.seal_account(account)],
  ['accept_account', (signer, account) => signer.accept_account(account)],
  ['sign_evm_transaction', (signer, account) => signTransfer(signer, account)]
];

const refused = (call: () => Promise<Result<unknown>>): Promise<string> =>
  refusalOf({ stage, people: [alice, bob] }, call);

const boundAccount = (): Promise<Bytes32> => createBoundAccount(stage, carrier, alice);

describe.each(ownersMethods)('%s', (method, call) => {
  let account: Bytes32;

  beforeAll(async () => {
    account = await boundAccount();
  });

  it('is refused to somebody else, the controller and the anonymous caller', async () => {
    expect(await refused(() => call(bob.signer, account))).toBe('account/not-owner');
    expect(await refused(() => call(stage.signer, account))).toBe('account/not-owner');
    expect(await refused(() => call(nobody, account))).toBe('account/anonymous');
  });

  it('is refused for an account that there is not, and for what is no account id', async () => {
    expect(await refused(() => call(alice.signer, UNKNOWN))).toBe('account/unknown');
    expect(await refused(() => call(alice.signer, account.slice(1)))).toBe('bytes/length');
    expect(await refused(() => call(alice.signer, new Uint8Array()))).toBe('bytes/length');
    expect(await refused(() => call(alice.signer, new Uint8Array(100_000)))).toBe('bytes/length');
  });

  it('is refused while the account is being signed for', async () => {
    const { seen, release } = holdAnswer(stage, 'sign_with_ecdsa');
    const signing = signTransfer(alice.signer, account);
    await seen;

    const code = await refused(() => call(alice.signer, account));

    expect(code).toBe(method === 'accept_account' ? 'account/not-quarantined' : 'account/signing');
    release();
    expect(codeOf(await signing)).toBe('Ok');
  });

  it('is refused when the account is sealed', async () => {
    unwrap(await alice.signer.seal_account(account));

    const code = await refused(() => call(alice.signer, account));

    expect(code).toBe(method === 'accept_account' ? 'account/not-quarantined' : 'account/sealed');
  });
});

describe('methods that anyone may call', () => {
  it('creates no account for the anonymous caller', async () => {
    expect(await refused(() => nobody.create_account())).toBe('account/anonymous');
  });

  it('lets domains be registered and resumed by controllers alone', async () => {
    const domains = createDomainsClient(alice.agent, { canisterId: stage.domainsId });
    const { config } = unwrap(await stage.domains.domain(stage.domainId));

    expect(await refused(() => domains.register_evm_domain({ ...config, agreement: 3 }))).toBe(
      'caller/not-controller'
    );
    expect(await refused(() => domains.resume_domain(stage.domainId, []))).toBe('caller/not-controller');
    expect(await refused(() => domains.resume_domain(stage.domainId, [0n]))).toBe('caller/not-controller');
  });

  it('refuses to seal an account without an account resource', async () => {
    const [account] = await createAccounts(alice, 1);

    expect(await refused(() => alice.signer.seal_account(account ?? UNKNOWN))).toBe('account/not-bound');
  });
});

describe('a quarantined account', () => {
  let account: Bytes32;

  beforeAll(async () => {
    account = await boundAccount();
    const moves = [{ accountId: account, owner: alice.identity, to: bob.identity }];
    unwrap(await carrier.carry((await executeForged(stage, moves)).hash));
    expect((await readView(stage, account)).status).toEqual({ quarantined: 'not-sealed' });
  });

  it('neither signs nor is sealed, for its old owner or its new one', async () => {
    for (const call of [ownersMethods[0]?.[1], ownersMethods[2]?.[1]]) {
      if (call === undefined) throw new Error('a method');
      expect(await refused(() => call(alice.signer, account))).toBe('account/not-owner');
      expect(await refused(() => call(bob.signer, account))).toBe('account/quarantined');
    }
  });

  it('is not accepted by its old owner or a stranger', async () => {
    expect(await refused(() => alice.signer.accept_account(account))).toBe('account/not-owner');
    expect(await refused(() => nobody.accept_account(account))).toBe('account/anonymous');
  });
});

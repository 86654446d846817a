/** What anyone may put on chain within the rules: keys that are none, and the largest action there is. */
import { unwrap } from '../../../src/api/errors';
import { type SignIdentity } from '@dfinity/agent';
import { Principal } from '@dfinity/principal';
import { principalOfPublicKey } from '../../../src/core/account/principal';
import { type Bytes32, concat, fromHex } from '../../../src/core/bytes';
import { type TestPerson, type TestStage, startTestStage } from '../../support/test-stage';
import { codeOf, readView } from '../../support/transfer/account-signing';
import { executeForged } from '../../support/transfer/forged-transfer';
import { ProofCarrier } from '../../support/transfer/proof-carrier';
import {
  createSealedAccounts,
  ed25519Identity,
  joinStage,
  secp256k1Identity
} from '../../support/transfer/stage-people';

/** SubjectPublicKeyInfo up to the key: Ed25519 (RFC 8410), secp256k1 and P-256 uncompressed (RFC 5480). */
const ED25519 = fromHex('302a300506032b6570032100');
const SECP256K1 = fromHex('3056301006072a8648ce3d020106052b8104000a034200');
const P256 = fromHex('3059301306072a8648ce3d020106082a8648ce3d030107034200');

const keys: readonly (readonly [string, Uint8Array])[] = [
  ['one byte', Uint8Array.of(0)],
  ['128 bytes of 0xff', new Uint8Array(128).fill(0xff)],
  ['Ed25519 of zeros', concat(ED25519, new Uint8Array(32))],
  ['Ed25519 of ones', concat(ED25519, new Uint8Array(32).fill(0xff))],
  ['Ed25519 of order one', concat(ED25519, Uint8Array.of(1), new Uint8Array(31))],
  ['Ed25519 cut short', concat(ED25519, new Uint8Array(31))],
  ['secp256k1 of zeros', concat(SECP256K1, new Uint8Array(65))],
  ['secp256k1 off the curve', concat(SECP256K1, Uint8Array.of(4), new Uint8Array(64).fill(1))],
  ['secp256k1 above the field', concat(SECP256K1, Uint8Array.of(4), new Uint8Array(64).fill(0xff))],
  ['secp256k1 in hybrid form', concat(SECP256K1, Uint8Array.of(6), new Uint8Array(64).fill(1))],
  ['secp256k1 cut short', concat(SECP256K1, Uint8Array.of(4))],
  ['P-256', concat(P256, Uint8Array.of(4), new Uint8Array(64).fill(1))]
];

/** Someone of this "key", who signs with these bytes. */
function pretender(publicKeyDer: Uint8Array, signatureByte: number): SignIdentity {
  const identity = ed25519Identity('pretender');
  const principal = Principal.fromUint8Array(principalOfPublicKey(publicKeyDer));
  return Object.assign(Object.create(identity) as SignIdentity, {
    getPrincipal: () => principal,
    getPublicKey: () => ({ toDer: () => publicKeyDer }),
    sign: () => Promise.resolve(new Uint8Array(64).fill(signatureByte))
  });
}

let stage: TestStage;
let carrier: ProofCarrier;
let alice: TestPerson;
let accounts: Bytes32[];

beforeAll(async () => {
  stage = await startTestStage();
  carrier = new ProofCarrier(stage);
  alice = await joinStage(stage, ed25519Identity('alice'));
  accounts = await createSealedAccounts(stage, carrier, { owner: alice, count: keys.length });
});

afterAll(() => stage.stop());

it.each(keys.map(([name, key], index) => ({ name, key, index })))(
  'an account given to $name is quarantined, and the canister lives',
  async ({ key, index }) => {
    const accountId = accounts[index];
    if (accountId === undefined) throw new Error('an account');
    const nobody = pretender(key, index % 2 === 0 ? 0 : 0xff);
    const { hash } = await executeForged(
      stage,
      [
        {
          accountId,
          owner: alice.identity,
          to: alice.identity,
          value: { owner: nobody.getPrincipal().toUint8Array() }
        }
      ],
      { parties: [alice.identity, nobody] }
    );

    const [view] = unwrap(await carrier.carry(hash));

    expect(view).toMatchObject({ status: { quarantined: 'not-accepted' }, epoch: 1n });
    expect(codeOf(await alice.signer.accept_account(accountId))).toBe('account/not-owner');
  }
);

it('sixteen accounts of sixteen secp256k1 owners move around in one message, within its limits', async () => {
  const owners: TestPerson[] = [];
  const ids: Bytes32[] = [];
  for (let index = 0; index < 16; index += 1) {
    const owner = await joinStage(stage, secp256k1Identity(`owner ${index}`));
    owners.push(owner);
    ids.push(...(await createSealedAccounts(stage, carrier, { owner, count: 1 })));
  }
  const moves = ids.flatMap((accountId, index) => {
    const [owner, to] = [owners[index], owners[(index + 1) % owners.length]];
    return owner === undefined || to === undefined
      ? []
      : [{ accountId, owner: owner.identity, to: to.identity }];
  });

  const views = unwrap(await carrier.carry((await executeForged(stage, moves)).hash));

  expect(views.map(({ status }) => status)).toEqual(moves.map(() => ({ active: null })));
  for (const [index, id] of ids.entries()) {
    const to = moves[index]?.to.getPrincipal().toText();
    expect((await readView(stage, id)).owner.toText()).toBe(to);
  }
});

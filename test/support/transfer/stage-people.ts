/** People of a stage with names and keys of their choice, and their accounts. */
import { type SignIdentity } from '@dfinity/agent';
import { Secp256k1KeyIdentity } from '@dfinity/identity-secp256k1';
import { joinNetwork } from '../../../scripts/network/dev-network';
import { unwrap } from '../../../src/api/errors';
import { type Bytes32, ascii, bytes32 } from '../../../src/core/bytes';
import { sha256 } from '../../../src/core/crypto/hash';
import { createIdentity } from '../../../src/sdk';
import { type TestPerson, type TestStage } from '../test-stage';
import { type ForgedMove, executeForged } from './forged-transfer';
import { type ProofCarrier } from './proof-carrier';

/** Accounts in one action, at most. */
const MAX_IN_ACTION = 16;

/** The same keys in every run. */
export const ed25519Identity = (name: string): SignIdentity => createIdentity(sha256(ascii(name)));
export const secp256k1Identity = (name: string): SignIdentity =>
  Secp256k1KeyIdentity.fromSecretKey(sha256(ascii(name)));

/** Someone who speaks to the stage's signer with this identity. */
export const joinStage = ({ localIc, signerId }: TestStage, identity: SignIdentity): Promise<TestPerson> =>
  joinNetwork({ host: localIc.url, signerId }, identity);

/** New accounts of `owner`, not bound. */
export async function createAccounts(owner: TestPerson, count: number): Promise<Bytes32[]> {
  const ids: Bytes32[] = [];
  for (let made = 0; made < count; made += 1) {
    const view = unwrap(await owner.signer.create_account());
    ids.push(bytes32(Uint8Array.from(view.id), 'account'));
  }
  return ids;
}

/** New accounts of `owner`, bound in the stage's domain by as few actions as there can be. */
export async function createBoundAccounts(
  stage: TestStage,
  carrier: ProofCarrier,
  wanted: { readonly owner: TestPerson; readonly count: number }
): Promise<Bytes32[]> {
  const { owner, count } = wanted;
  const ids = await createAccounts(owner, count);
  const hashes: `0x${string}`[] = [];
  for (let start = 0; start < count; start += MAX_IN_ACTION) {
    const moves = ids
      .slice(start, start + MAX_IN_ACTION)
      .map((accountId): ForgedMove => ({ accountId, owner: owner.identity, to: owner.identity }));
    hashes.push((await executeForged(stage, moves)).hash);
  }
  const checkpoint = await carrier.acceptCheckpoint();
  for (const hash of hashes) {
    unwrap(await stage.signer.apply_transitions(await carrier.readBatch(hash, checkpoint)));
  }
  return ids;
}

/** One new account of `owner`, bound in the stage's domain. */
export async function createBoundAccount(
  stage: TestStage,
  carrier: ProofCarrier,
  owner: TestPerson
): Promise<Bytes32> {
  const [id] = await createBoundAccounts(stage, carrier, { owner, count: 1 });
  if (id === undefined) throw new Error('BUG: one account was asked for');
  return id;
}

/** {@link createBoundAccounts}, then sealed. */
export async function createSealedAccounts(
  stage: TestStage,
  carrier: ProofCarrier,
  wanted: { readonly owner: TestPerson; readonly count: number }
): Promise<Bytes32[]> {
  const ids = await createBoundAccounts(stage, carrier, wanted);
  for (const id of ids) unwrap(await wanted.owner.signer.seal_account(id));
  return ids;
}

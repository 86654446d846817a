/** Starts a plan from what the canisters say of the accounts; give it clients with certified reads. */
import { type Principal } from '@dfinity/principal';
import { type DomainView } from '../api/domains-wire';
import { type Bytes32, equalBytes, toHex, ZERO_BYTES32 } from '../core/bytes';
import { ProtocolError } from '../core/error';
import { type Canisters, type TransferableAccount, readAccount, readDomain } from './account-reading';
import { type TransferPlan, type TransferUnit, assertTransferPlan } from './transfer-plan';

/**
 * A plan that makes the first account resource of `accountId` in a domain, for its owner.
 * @throws {ProtocolError} the canisters' refusals; `transfer/already-bound`, `transfer/party`.
 */
export async function proposeBinding(
  canisters: Canisters,
  request: { readonly accountId: Bytes32; readonly domainId: Bytes32 }
): Promise<TransferPlan> {
  const [account, domain] = await Promise.all([
    readAccount(canisters, request.accountId),
    readDomain(canisters, request.domainId)
  ]);
  if (account.head !== undefined) {
    throw new ProtocolError(
      'transfer/already-bound',
      `account ${toHex(account.id)} has an account resource already`,
      { account: account.id }
    );
  }
  const unit = { ...emptyUnit(account, account.owner), passportDigest: ZERO_BYTES32, head: null };
  return planOf(canisters, { domain, units: [unit] });
}

/**
 * A plan that gives each sealed account to a new owner, all in one action; one account to its own owner unseals it.
 * @throws {ProtocolError} the canisters' refusals; `transfer/not-bound`, `transfer/not-sealed`,
 * `transfer/domains-differ`; those of `assertTransferPlan`.
 */
export async function proposeTransfer(
  canisters: Canisters,
  moves: readonly { readonly accountId: Bytes32; readonly to: Principal }[]
): Promise<TransferPlan> {
  const accounts = await Promise.all(
    moves.map(async ({ accountId, to }) => ({ account: await readAccount(canisters, accountId), to }))
  );
  const units = accounts.map(({ account, to }) => ({
    ...emptyUnit(account, to.toUint8Array()),
    passportDigest: requirePassport(account),
    head: requireHead(account).resource
  }));
  const [domainId, ...others] = accounts.map(({ account }) => requireHead(account).domainId);
  if (domainId === undefined) throw new ProtocolError('transfer/empty', 'expected at least one account');
  if (others.some((other) => !equalBytes(other, domainId))) {
    throw new ProtocolError(
      'transfer/domains-differ',
      'expected accounts of one domain; one action lives in one domain'
    );
  }
  return planOf(canisters, { domain: await readDomain(canisters, domainId), units });
}

const planOf = (
  canisters: Canisters,
  { domain, units }: { readonly domain: DomainView; readonly units: readonly TransferUnit[] }
): TransferPlan =>
  assertTransferPlan({
    signerCanisterId: canisters.signerId.toUint8Array(),
    domainId: domain.id,
    logicRef: domain.config.logicRef,
    units,
    approvals: []
  });

const emptyUnit = (
  account: TransferableAccount,
  to: Uint8Array
): Omit<TransferUnit, 'passportDigest' | 'head'> => ({
  accountId: account.id,
  from: account.owner,
  to,
  epoch: account.epoch,
  given: null,
  received: null
});

function requireHead(account: TransferableAccount): NonNullable<TransferableAccount['head']> {
  if (account.head !== undefined) return account.head;
  throw new ProtocolError('transfer/not-bound', `account ${toHex(account.id)} is not bound`, {
    account: account.id
  });
}

function requirePassport(account: TransferableAccount): Bytes32 {
  requireHead(account);
  if (account.sealed !== undefined) return account.sealed.digest;
  throw new ProtocolError(
    'transfer/not-sealed',
    `account ${toHex(account.id)} is not sealed: its next owner would get it in quarantine`,
    { account: account.id }
  );
}

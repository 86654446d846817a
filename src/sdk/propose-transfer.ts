/** Starts a plan from what the canisters say of the accounts, read as updates, so that the answers are certified. */
import { type Principal } from '@dfinity/principal';
import { type DomainViewWire, type DomainsService } from '../api/domains-idl';
import { unwrap } from '../api/errors';
import { type AccountViewWire, type SignerService } from '../api/signer-idl';
import { ZERO_BYTES32 } from '../core/account/account-value';
import { type Bytes32, bytes32, equalBytes, toHex } from '../core/bytes';
import { ProtocolError } from '../core/error';
import { type Resource, decodeResourceAbi } from '../core/resource/resource';
import { type TransferPlan, type TransferUnit } from './transfer-plan';

/** The two canisters, and the signer's id, which the parties' consents name. */
export type Canisters = {
  readonly signer: Pick<SignerService, 'account'>;
  readonly domains: Pick<DomainsService, 'domain'>;
  readonly signerId: Principal;
};

/**
 * A plan that makes the first account resource of `accountId` in a domain, for its owner.
 * @throws {ProtocolError} the canisters' refusals; `transfer/already-bound`.
 */
export async function proposeBinding(
  canisters: Canisters,
  request: { readonly accountId: Bytes32; readonly domainId: Bytes32 }
): Promise<TransferPlan> {
  const [account, domain] = await Promise.all([
    readAccount(canisters, request.accountId),
    readDomain(canisters, request.domainId)
  ]);
  if (account.head[0] !== undefined) {
    throw new ProtocolError(
      'transfer/already-bound',
      `account ${toHex(account.id)} has an account resource already`
    );
  }
  const owner = account.owner.toUint8Array();
  const unit = { ...unitOf(account, { passportDigest: ZERO_BYTES32, head: null }), from: owner, to: owner };
  return { ...emptyPlan(canisters, domain), units: [unit] };
}

/**
 * A plan that gives each sealed account to a new owner, all in one action; one account to its own owner unseals it.
 * @throws {ProtocolError} the canisters' refusals; `transfer/not-bound`, `transfer/not-sealed`, `transfer/domains-differ`.
 */
export async function proposeTransfer(
  canisters: Canisters,
  moves: readonly { readonly accountId: Bytes32; readonly to: Principal }[]
): Promise<TransferPlan> {
  const accounts = await Promise.all(moves.map(({ accountId }) => readAccount(canisters, accountId)));
  const domainIds = accounts.map((account) => headOf(account).domainId);
  const domainId = domainIds[0];
  if (domainId === undefined) throw new ProtocolError('transfer/empty', 'expected at least one account');
  if (domainIds.some((other) => !equalBytes(other, domainId))) {
    throw new ProtocolError(
      'transfer/domains-differ',
      'expected accounts of one domain; one action lives in one domain'
    );
  }
  const units = accounts.map((account, index) => {
    const to = moves[index]?.to.toUint8Array() ?? account.owner.toUint8Array();
    const head = headOf(account).resource;
    return { ...unitOf(account, { passportDigest: sealedPassport(account), head }), to };
  });
  return { ...emptyPlan(canisters, await readDomain(canisters, domainId)), units };
}

function emptyPlan(canisters: Canisters, domain: DomainViewWire): Omit<TransferPlan, 'units'> {
  return {
    signerCanisterId: canisters.signerId.toUint8Array(),
    domainId: bytes32(new Uint8Array(domain.id), 'domain id'),
    logicRef: bytes32(new Uint8Array(domain.config.logic_ref), 'logic ref'),
    approvals: []
  };
}

function unitOf(
  account: AccountViewWire,
  state: { readonly passportDigest: Bytes32; readonly head: Resource | null }
): TransferUnit {
  const owner = account.owner.toUint8Array();
  return {
    accountId: bytes32(new Uint8Array(account.id), 'account id'),
    from: owner,
    to: owner,
    epoch: account.epoch,
    passportDigest: state.passportDigest,
    head: state.head,
    given: null,
    received: null
  };
}

function headOf(account: AccountViewWire): { readonly domainId: Bytes32; readonly resource: Resource } {
  const head = account.head[0];
  if (head === undefined)
    throw new ProtocolError('transfer/not-bound', `account ${toHex(account.id)} is not bound`);
  return {
    domainId: bytes32(new Uint8Array(head.domain), 'domain id'),
    resource: decodeResourceAbi(new Uint8Array(head.resource))
  };
}

function sealedPassport(account: AccountViewWire): Bytes32 {
  if ('sealed' in account.status)
    return bytes32(new Uint8Array(account.status.sealed.digest), 'passport digest');
  throw new ProtocolError(
    'transfer/not-sealed',
    `account ${toHex(account.id)} is not sealed: its next owner would get it in quarantine`
  );
}

const readAccount = async ({ signer }: Canisters, id: Bytes32): Promise<AccountViewWire> =>
  unwrap(await signer.account(id));
const readDomain = async ({ domains }: Canisters, id: Bytes32): Promise<DomainViewWire> =>
  unwrap(await domains.domain(id));

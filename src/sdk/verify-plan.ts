/**
 * A plan held against what the canisters certify: what protects whoever was handed one. A plan that says something else
 * than the signer canister is a lie or out of date; sent all the same, it consumes heads for a transfer that the signer
 * refuses, and the accounts stay without a head.
 */
import { type Bytes32, equalBytes, toHex } from '../core/bytes';
import { type Passport, hashPassport } from '../core/account/passport';
import { ProtocolError, isProtocolError } from '../core/error';
import { encodeResourceAbi } from '../core/resource/resource';
import { type Canisters, type TransferableAccount, readAccount, readDomain } from './account-reading';
import { type NonceReader, findOpenSignatures } from './open-signatures';
import { type PartyApproval, checkApprovals } from './plan-approvals';
import { type TransferPlan, type TransferUnit } from './transfer-plan';

/** What is wrong with a plan. Codes are stable; docs/cli.md lists them. */
export type PlanFault = { readonly code: string; readonly message: string };

/** What was found of one account; `passport` is the sealed one, as the signer certifies it. */
export type CheckedUnit = {
  readonly accountId: Bytes32;
  readonly faults: readonly PlanFault[];
  readonly passport: Passport | undefined;
};

/** Everything found, nothing hidden by the first fault. `faults`: of the plan as a whole. */
export type PlanCheck = {
  readonly faults: readonly PlanFault[];
  readonly units: readonly CheckedUnit[];
  readonly approvals: readonly PartyApproval[];
};

/** Who is asked: the canisters, by clients with certified reads, and a node of an EVM chain where there is one. */
export type PlanWitnesses = Canisters & { readonly evm?: NonceReader };

/**
 * The plan against the canisters, and against an EVM node for what sealed accounts have signed there. Faults are returned, never thrown:
 * `transfer/other-signer`, `transfer/domain-halted`, `transfer/logic-differs`; for an account
 * `transfer/owner-differs`, `transfer/stale-epoch`, `transfer/head-differs`, `transfer/other-domain`,
 * `transfer/already-bound`, `transfer/not-bound`, `transfer/not-sealed`, `transfer/stale-passport`,
 * `transfer/passport-broken`, `transfer/open-signatures`; the canisters' refusals (`account/unknown`, `domain/unknown`).
 * @throws transport and trust errors of the agent and the node.
 */
export async function verifyPlan(witnesses: PlanWitnesses, plan: TransferPlan): Promise<PlanCheck> {
  const approvals = checkApprovals(plan);
  const signerCanisterId = witnesses.signerId.toUint8Array();
  if (!equalBytes(plan.signerCanisterId, signerCanisterId)) {
    // The accounts of another signer are unknown to this one: nothing more can be said of them.
    const units = plan.units.map(({ accountId }) => ({ accountId, faults: [], passport: undefined }));
    return {
      faults: [fault('transfer/other-signer', 'the plan names another signer canister')],
      units,
      approvals
    };
  }
  const [faults, ...units] = await Promise.all([
    checkDomain(witnesses, plan),
    ...plan.units.map((unit) => checkUnit(witnesses, { unit, plan }))
  ]);
  return { faults, units, approvals };
}

/** All faults of a check; invalid approvals are among them, missing ones are not. */
export function planFaults(check: PlanCheck): PlanFault[] {
  const invalid = check.approvals.filter(({ state }) => state === 'invalid');
  return [
    ...check.faults,
    ...check.units.flatMap((unit) => unit.faults),
    ...invalid.map(({ party }) =>
      fault(
        'transfer/approval-invalid',
        `the approval of party 0x${toHex(party)} is not of what the plan says now`
      )
    )
  ];
}

/**
 * Passes when there is no fault but of `accepted` codes, which somebody has decided to live with.
 * @throws {ProtocolError} with the code of the first fault, all of them in the message.
 */
export function assertPlanHolds(check: PlanCheck, accepted: readonly string[] = []): void {
  const faults = planFaults(check).filter(({ code }) => !accepted.includes(code));
  const [first] = faults;
  if (first === undefined) return;
  const rest = faults.slice(1).map(({ code, message }) => `${code}: ${message}`);
  throw new ProtocolError(first.code, [first.message, ...rest].join('; '), { faults: faults.length });
}

async function checkDomain(canisters: Canisters, plan: TransferPlan): Promise<PlanFault[]> {
  const domain = await orFault(readDomain(canisters, plan.domainId));
  if ('fault' in domain) return [domain.fault];
  const { status, config } = domain.value;
  return [
    ...(status.status === 'halted'
      ? [fault('transfer/domain-halted', `the domain is halted: ${status.reason}`)]
      : []),
    ...faultUnless(equalBytes(config.logicRef, plan.logicRef), {
      code: 'transfer/logic-differs',
      message: "the plan's resource logic is not the one the domain pins"
    })
  ];
}

async function checkUnit(
  witnesses: PlanWitnesses,
  { unit, plan }: { readonly unit: TransferUnit; readonly plan: TransferPlan }
): Promise<CheckedUnit> {
  const { accountId } = unit;
  const read = await orFault(readAccount(witnesses, accountId));
  if ('fault' in read) return { accountId, faults: [read.fault], passport: undefined };
  const account = read.value;
  const name = `account ${toHex(accountId)}`;
  const faults = [
    ...faultUnless(equalBytes(account.owner, unit.from), {
      code: 'transfer/owner-differs',
      message: `${name} belongs to someone else than the plan says`
    }),
    ...faultUnless(account.epoch === unit.epoch, {
      code: 'transfer/stale-epoch',
      message: `${name} is in epoch ${account.epoch}, the plan says ${unit.epoch}`
    }),
    ...(unit.head === null
      ? faultUnless(account.head === undefined, {
          code: 'transfer/already-bound',
          message: `${name} has an account resource already`
        })
      : [
          ...checkHead(account, { unit, plan }),
          ...checkPassport(account, { unit, plan }),
          ...(await checkOpenSignatures(account, witnesses.evm))
        ])
  ];
  return { accountId, faults, passport: account.sealed?.passport };
}

type Claimed = { readonly unit: TransferUnit; readonly plan: TransferPlan };

function checkHead(account: TransferableAccount, { unit, plan }: Claimed): PlanFault[] {
  const name = `account ${toHex(account.id)}`;
  if (account.head === undefined) return [fault('transfer/not-bound', `${name} is not bound`)];
  const { domainId, resource } = account.head;
  const isSame = unit.head !== null && equalBytes(encodeResourceAbi(unit.head), encodeResourceAbi(resource));
  return [
    ...faultUnless(equalBytes(domainId, plan.domainId), {
      code: 'transfer/other-domain',
      message: `${name} lives in another domain than the plan says`
    }),
    ...faultUnless(isSame, {
      code: 'transfer/head-differs',
      message: `${name} has another account resource than the plan says`
    })
  ];
}

function checkPassport(account: TransferableAccount, { unit, plan }: Claimed): PlanFault[] {
  const name = `account ${toHex(account.id)}`;
  const { sealed } = account;
  if (sealed === undefined) return [fault('transfer/not-sealed', `${name} is not sealed`)];
  const { passport, digest } = sealed;
  const isOfAccount =
    equalBytes(passport.accountId, account.id) &&
    equalBytes(passport.signerCanisterId, plan.signerCanisterId) &&
    passport.epoch === account.epoch;
  return [
    ...faultUnless(equalBytes(digest, unit.passportDigest), {
      code: 'transfer/stale-passport',
      message: `${name} is sealed with another passport than the plan says`
    }),
    ...faultUnless(isOfAccount && equalBytes(hashPassport(passport), digest), {
      code: 'transfer/passport-broken',
      message: `the passport of ${name} does not have the digest that the signer gives it`
    })
  ];
}

async function checkOpenSignatures(
  { id, evmAddress, sealed }: TransferableAccount,
  evm: NonceReader | undefined
): Promise<PlanFault[]> {
  if (evm === undefined || sealed === undefined) return [];
  const { chainId, count } = await findOpenSignatures(evm, { evmAddress, passport: sealed.passport });
  return faultUnless(count === 0n, {
    code: 'transfer/open-signatures',
    message: `account ${toHex(id)} signed transactions on chain ${chainId} that are not mined: ${count}`
  });
}

/** A canister's typed refusal is a finding; anything else is not ours to judge. */
async function orFault<T>(
  reading: Promise<T>
): Promise<{ readonly value: T } | { readonly fault: PlanFault }> {
  try {
    return { value: await reading };
  } catch (error) {
    if (isProtocolError(error)) return { fault: fault(error.code, error.message) };
    throw error;
  }
}

const fault = (code: string, message: string): PlanFault => ({ code, message });
const faultUnless = (holds: boolean, found: PlanFault): PlanFault[] => (holds ? [] : [found]);

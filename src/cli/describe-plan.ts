/** A transfer plan as its parties read it: what it says, and what the canisters say to that. */
import { Principal } from '@dfinity/principal';
import { type Passport } from '../core/account/passport';
import { type PrincipalBytes } from '../core/account/principal';
import { equalBytes } from '../core/bytes';
import * as sdk from '../sdk/index';
import { type Printable } from './output';
import { type CommandResult } from './runner';

/** `holds`: just made of what the canisters certify. `checked`: held against it. `unchecked`: nobody vouches for it. */
export type PlanVerdict =
  | { readonly status: 'holds' }
  | { readonly status: 'checked'; readonly check: sdk.PlanCheck }
  | { readonly status: 'unchecked'; readonly reason: string };

/** The plan, account by account and party by party. `action` is what approvals are over, once it is determined. */
export function describePlan(plan: sdk.TransferPlan, verdict: PlanVerdict): CommandResult {
  return {
    signer: principal(plan.signerCanisterId),
    domain: plan.domainId,
    action: sdk.isComplete(plan) ? sdk.composePlan(plan).actionTreeRoot : null,
    ...describeVerdict(verdict),
    accounts: plan.units.map((unit) => describeUnit(unit, verdict)),
    approvals: sdk
      .checkApprovals(plan)
      .map(({ party, state }) => ({ party: principal(party), approval: state }))
  };
}

function describeVerdict(verdict: PlanVerdict): CommandResult {
  switch (verdict.status) {
    case 'holds':
      return { verdict: 'holds', faults: [] };
    case 'checked': {
      const faults = sdk.planFaults(verdict.check);
      return { verdict: faults.length === 0 ? 'holds' : 'does not hold', faults: faults.map(describeFault) };
    }
    case 'unchecked':
      return { verdict: 'unchecked', reason: verdict.reason };
  }
}

function describeUnit(unit: sdk.TransferUnit, verdict: PlanVerdict): CommandResult {
  const checked =
    verdict.status === 'checked'
      ? verdict.check.units.find(({ accountId }) => equalBytes(accountId, unit.accountId))
      : undefined;
  return {
    account: unit.accountId,
    purpose: unit.head === null ? 'binding' : 'transfer',
    from: principal(unit.from),
    to: principal(unit.to),
    epoch: unit.epoch,
    passport: unit.passportDigest,
    ...(checked?.passport === undefined ? {} : { sealedAs: describePassportTerms(checked.passport) }),
    waitsFor: [
      ...(unit.given === null ? ['contribution of the owner'] : []),
      ...(unit.received === null ? ['contribution of the next owner'] : [])
    ],
    faults: checked === undefined ? [] : checked.faults.map(describeFault)
  };
}

/** What a next owner takes over, as far as it can turn against them. */
const describePassportTerms = (passport: Passport): CommandResult => ({
  mode: passport.mode,
  nextNonces: Object.fromEntries(
    passport.evmNonces.map(({ chainId, nextNonce }) => [`chain ${chainId}`, nextNonce])
  ),
  moduleHash: passport.moduleHash,
  controllers: passport.controllers.map(principal)
});

const describeFault = ({ code, message }: sdk.PlanFault): Printable => `${code}: ${message}`;
const principal = (bytes: PrincipalBytes): Principal => Principal.fromUint8Array(bytes);

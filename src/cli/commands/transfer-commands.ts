/** `hypha transfer ...`: a plan file goes from party to party until all have approved, then anyone sends it. */
import { type Principal } from '@dfinity/principal';
import { type Command } from 'commander';
import { type Bytes32, equalBytes } from '../../core/bytes';
import { ProtocolError } from '../../core/error';
import * as sdk from '../../sdk/index';
import { type CommandInput, argumentError, parseId, parsePrincipal } from '../arguments';
import { type CommandContext } from '../context';
import { type PlanVerdict, describePlan } from '../describe-plan';
import { type StoredPlan, createPlanFile, readPlanFile, replacePlanFile } from '../plan-file';
import { describeError } from '../refusal';
import { type CommandResult, type Runner } from '../runner';
import { addSubmitCommand } from './submit-command';

const OPEN_SIGNATURES = 'transfer/open-signatures';
const PLAN_ARGUMENT = ['<plan>', 'plan file'] as const;
const NEW_PLAN_OPTION = ['--plan <file>', 'plan file to write; it must not be there yet'] as const;
const OFFLINE_OPTION = ['--offline', 'do not hold the plan against the network', false] as const;

/** Adds `transfer bind`, `propose`, `contribute`, `approve`, `show`, `submit`. */
export function addTransferCommands(program: Command, run: Runner): void {
  const transfer = program.command('transfer').description('change the owners of accounts, all or none');
  addProposals(transfer, run);
  transfer
    .command('contribute')
    .argument(...PLAN_ARGUMENT)
    .description('add what only you can add: every party once')
    .option(...OFFLINE_OPTION)
    .action(run(contribute));
  transfer
    .command('approve')
    .argument(...PLAN_ARGUMENT)
    .description('sign the whole action; read `transfer show` first')
    .option('--action <hash>', 'approve only this action, as `transfer show` named it')
    .option('--accept-open-signatures', 'also when signed transactions can still be mined', false)
    .option(...OFFLINE_OPTION)
    .action(run(approve));
  transfer
    .command('show')
    .argument(...PLAN_ARGUMENT)
    .description(
      'who gives what to whom, whether the canisters agree, and who has yet to contribute or approve'
    )
    .option(...OFFLINE_OPTION)
    .action(run(show));
  addSubmitCommand(transfer, run);
}

function addProposals(transfer: Command, run: Runner): void {
  transfer
    .command('bind')
    .argument('<account>', 'account id, 32 bytes in hex')
    .description("plan the account's first resource in a domain, contributed to and approved by you")
    .requiredOption('--domain <id>', 'where the resource shall live')
    .requiredOption(...NEW_PLAN_OPTION)
    .action(run(bind));
  transfer
    .command('propose')
    .description('plan a transfer of sealed accounts; to their own owner it unseals them')
    .requiredOption('--move <account=principal...>', 'an account and its next owner; repeat for a swap')
    .requiredOption(...NEW_PLAN_OPTION)
    .action(run(propose));
}

async function bind(context: CommandContext, input: CommandInput): Promise<CommandResult> {
  const request = {
    accountId: parseId(input.value(0), 'account'),
    domainId: parseId(input.text('domain'), '--domain')
  };
  const identity = context.identity();
  const proposed = await sdk.proposeBinding(await context.certified(), request);
  const contributed = await sdk.contributeToPlan(proposed, { identity, random: sdk.platformRandom });
  const plan = await sdk.approvePlan(contributed, identity);
  createPlanFile(input.text('plan'), plan);
  return describePlan(plan, { status: 'holds' });
}

async function propose(context: CommandContext, input: CommandInput): Promise<CommandResult> {
  const moves = input.texts('move').map(parseMove);
  const plan = await sdk.proposeTransfer(await context.certified(), moves);
  createPlanFile(input.text('plan'), plan);
  return describePlan(plan, { status: 'holds' });
}

function parseMove(text: string): { readonly accountId: Bytes32; readonly to: Principal } {
  const [account, to, ...rest] = text.split('=');
  if (account === undefined || to === undefined || rest.length > 0) {
    throw argumentError(`expected --move account=principal, got ${JSON.stringify(text.slice(0, 200))}`);
  }
  return { accountId: parseId(account, 'account in --move'), to: parsePrincipal(to, 'next owner in --move') };
}

async function contribute(context: CommandContext, input: CommandInput): Promise<CommandResult> {
  const stored = readPlanFile(input.value(0));
  const identity = context.identity();
  // What it adds commits to nothing yet; approval is where open signatures are weighed.
  const verdict = await requireTrue(context, { stored, input, accepted: [OPEN_SIGNATURES] });
  const plan = await sdk.contributeToPlan(stored.plan, { identity, random: sdk.platformRandom });
  replacePlanFile(stored, plan);
  return describePlan(plan, verdict);
}

async function approve(context: CommandContext, input: CommandInput): Promise<CommandResult> {
  const stored = readPlanFile(input.value(0));
  const identity = context.identity();
  const { actionTreeRoot } = sdk.composePlan(stored.plan);
  assertAction(actionTreeRoot, input.optionalText('action'));
  const accepted = input.flag('acceptOpenSignatures') ? [OPEN_SIGNATURES] : [];
  const verdict = await requireTrue(context, { stored, input, accepted });
  const plan = await sdk.approvePlan(stored.plan, identity);
  replacePlanFile(stored, plan);
  return describePlan(plan, verdict);
}

function assertAction(action: Bytes32, expected: string | undefined): void {
  if (expected === undefined || equalBytes(action, parseId(expected, '--action'))) return;
  throw new ProtocolError('transfer/action-differs', 'the plan makes another action than the one named', {
    action
  });
}

/** Whatever a party adds is added to what the canisters certify, unless it asks to be left in the dark. */
async function requireTrue(
  context: CommandContext,
  request: { readonly stored: StoredPlan; readonly input: CommandInput; readonly accepted: readonly string[] }
): Promise<PlanVerdict> {
  if (request.input.flag('offline')) return { status: 'unchecked', reason: '--offline' };
  const check = await sdk.verifyPlan(await context.witnesses(), request.stored.plan);
  // Approvals of others that went stale are theirs to renew.
  sdk.assertPlanHolds(check, ['transfer/approval-invalid', ...request.accepted]);
  return { status: 'checked', check };
}

async function show(context: CommandContext, input: CommandInput): Promise<CommandResult> {
  const { plan } = readPlanFile(input.value(0));
  if (input.flag('offline')) return describePlan(plan, { status: 'unchecked', reason: '--offline' });
  return describePlan(plan, await judge(context, plan));
}

/** A plan is worth reading without a network, as long as it is said that nobody vouches for it. */
async function judge(context: CommandContext, plan: sdk.TransferPlan): Promise<PlanVerdict> {
  try {
    return { status: 'checked', check: await sdk.verifyPlan(await context.witnesses(), plan) };
  } catch (error) {
    const { code, message } = describeError(error);
    if (code !== 'transport/unreachable' && code !== 'cli/network-file') throw error;
    return { status: 'unchecked', reason: `${code}: ${message}` };
  }
}

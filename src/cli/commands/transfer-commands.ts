/** `hypha transfer ...`: a plan file goes from party to party until all have approved, then anyone sends it. */
import { isAbsolute, resolve } from 'node:path';
import { Principal } from '@dfinity/principal';
import { type Command } from 'commander';
import { createWalletClient, http, toHex as toPrefixedHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { unwrap } from '../../api/errors';
import { principalOfPublicKey } from '../../core/account/principal';
import { type Bytes32, equalBytes, hex32 } from '../../core/bytes';
import { ProtocolError } from '../../core/error';
import { type Prover } from '../../core/resource/build-action';
import * as sdk from '../../sdk';
import { parseId, parsePrincipal } from '../arguments';
import { type CommandContext } from '../context';
import { type Printable } from '../output';
import { readPlanFile, writePlanFile } from '../plan-file';
import { type CommandResult, type Runner } from '../runner';

const LATEST_ROOT_ABI = [
  {
    type: 'function',
    name: 'latestCommitmentTreeRoot',
    stateMutability: 'view',
    inputs: [],
    outputs: [{ type: 'bytes32' }]
  }
] as const;

type Input = { readonly values: readonly string[]; readonly options: Readonly<Record<string, unknown>> };

/** Adds `transfer bind`, `propose`, `contribute`, `approve`, `show`, `submit`. */
export function addTransferCommands(program: Command, run: Runner): void {
  const transfer = program.command('transfer').description('change the owners of accounts, all or none');
  transfer
    .command('bind <account>')
    .description("plan the account's first resource in a domain, contributed to and approved by you")
    .requiredOption('--domain <id>', 'where the resource shall live')
    .requiredOption('--plan <file>', 'plan file to write')
    .action(run(bind));
  transfer
    .command('propose')
    .description('plan a transfer of sealed accounts; to their own owner it unseals them')
    .requiredOption('--move <account=principal...>', 'an account and its next owner; repeat for a swap')
    .requiredOption('--plan <file>', 'plan file to write')
    .action(run(propose));
  transfer
    .command('contribute <plan>')
    .description('add what only you can add: every party once')
    .action(run((context, input) => update(context, input, (plan) => contribute(context, plan))));
  transfer
    .command('approve <plan>')
    .description('sign the whole action; read `transfer show` first')
    .action(
      run((context, input) => update(context, input, (plan) => sdk.approvePlan(plan, context.identity())))
    );
  transfer
    .command('show <plan>')
    .description('who gives what to whom, and who has yet to contribute or approve')
    .action(run((_context, { values }) => describePlan(readPlanFile(values[0] ?? ''))));
  transfer
    .command('submit <plan>')
    .description("prove the plan and send it to the domain's adapter")
    .requiredOption('--prover <module>', 'module exporting `prover` (proveCompliance, proveLogic)')
    .requiredOption('--evm-key-env <name>', 'environment variable with the private key that pays the gas')
    .action(run(submit));
}

const canisters = async (context: CommandContext): Promise<Parameters<typeof sdk.proposeTransfer>[0]> => ({
  signer: await context.signer({ certified: true }),
  domains: await context.domains({ certified: true }),
  signerId: context.network().signer
});

const contribute = (context: CommandContext, plan: sdk.TransferPlan): Promise<sdk.TransferPlan> =>
  sdk.contributeToPlan(plan, { identity: context.identity(), random: sdk.platformRandom });

async function bind(context: CommandContext, { values, options }: Input): Promise<CommandResult> {
  const proposed = await sdk.proposeBinding(await canisters(context), {
    accountId: parseId(values[0] ?? '', 'account'),
    domainId: parseId(String(options['domain']), 'domain')
  });
  const plan = await sdk.approvePlan(await contribute(context, proposed), context.identity());
  writePlanFile(String(options['plan']), plan);
  return describePlan(plan);
}

async function propose(context: CommandContext, { options }: Input): Promise<CommandResult> {
  const moves = Array.isArray(options['move']) ? options['move'].map((move) => parseMove(String(move))) : [];
  const plan = await sdk.proposeTransfer(await canisters(context), moves);
  writePlanFile(String(options['plan']), plan);
  return describePlan(plan);
}

function parseMove(text: string): { accountId: Bytes32; to: Principal } {
  const [account, to, ...rest] = text.split('=');
  if (account === undefined || to === undefined || rest.length > 0) {
    throw new ProtocolError('cli/argument', `expected --move account=principal, got "${text}"`);
  }
  return { accountId: parseId(account, 'account'), to: parsePrincipal(to) };
}

async function update(
  context: CommandContext,
  { values }: Input,
  change: (plan: sdk.TransferPlan) => Promise<sdk.TransferPlan>
): Promise<CommandResult> {
  const path = values[0] ?? '';
  const plan = readPlanFile(path);
  if (!equalBytes(plan.signerCanisterId, context.network().signer.toUint8Array())) {
    throw new ProtocolError(
      'transfer/other-signer',
      'the plan names another signer canister than the network file'
    );
  }
  const changed = await change(plan);
  writePlanFile(path, changed);
  return describePlan(changed);
}

function describePlan(plan: sdk.TransferPlan): CommandResult {
  const approved = plan.approvals.map(({ publicKeyDer }) => principalOfPublicKey(publicKeyDer));
  const principal = (bytes: Uint8Array): Printable => Principal.fromUint8Array(bytes);
  return {
    signer: principal(plan.signerCanisterId),
    domain: plan.domainId,
    accounts: plan.units.map((unit) => ({
      account: unit.accountId,
      purpose: unit.head === null ? 'binding' : 'transfer',
      from: principal(unit.from),
      to: principal(unit.to),
      epoch: unit.epoch,
      passport: unit.passportDigest,
      waitsFor: [
        ...(unit.given === null ? ['contribution of the owner'] : []),
        ...(unit.received === null ? ['contribution of the next owner'] : [])
      ]
    })),
    approvals: sdk.planParties(plan).map((party) => ({
      party: principal(party),
      approved: approved.some((other) => equalBytes(other, party))
    }))
  };
}

async function submit(context: CommandContext, { values, options }: Input): Promise<CommandResult> {
  const plan = readPlanFile(values[0] ?? '');
  const domain = unwrap(await (await context.domains({ certified: true })).domain(plan.domainId));
  const adapter = toPrefixedHex(new Uint8Array(domain.config.adapter));
  const reader = context.evm();
  const chainId = await reader.getChainId();
  if (BigInt(chainId) !== domain.config.chain_id) {
    throw new ProtocolError(
      'transfer/chain-id',
      `expected a node of chain ${domain.config.chain_id}, got ${chainId}`
    );
  }
  const root = await reader.readContract({
    address: adapter,
    abi: LATEST_ROOT_ABI,
    functionName: 'latestCommitmentTreeRoot'
  });
  const prover = await loadProver(String(options['prover']));
  const transaction = await sdk.proveTransfer(plan, { prover, consumedRoot: hex32(root, 'latest root') });
  const account = privateKeyToAccount(readKey(String(options['evmKeyEnv'])));
  const wallet = createWalletClient({ account, transport: http(context.network().evm?.url) });
  const data = toPrefixedHex(sdk.encodeTransferTransaction(transaction));
  const hash = await wallet.sendTransaction({ chain: null, to: adapter, data });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  return { hash, status: receipt.status, block: receipt.blockNumber, adapter };
}

function readKey(variable: string): `0x${string}` {
  const key = process.env[variable];
  if (key === undefined || !/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new ProtocolError(
      'cli/argument',
      `environment variable ${variable} must hold a private key, 0x and 64 hex digits`
    );
  }
  return key as `0x${string}`;
}

async function loadProver(path: string): Promise<Prover> {
  const loaded: unknown = await import(isAbsolute(path) ? path : resolve(path));
  const prover =
    typeof loaded === 'object' && loaded !== null && 'prover' in loaded ? loaded.prover : undefined;
  if (!isProver(prover)) {
    throw new ProtocolError(
      'cli/prover',
      `${path} must export \`prover\` with proveCompliance and proveLogic`
    );
  }
  return prover;
}

function isProver(value: unknown): value is Prover {
  return (
    typeof value === 'object' &&
    value !== null &&
    'proveCompliance' in value &&
    'proveLogic' in value &&
    typeof value.proveCompliance === 'function' &&
    typeof value.proveLogic === 'function'
  );
}

/** `hypha transfer submit`: proves an approved plan and sends it to the domain's adapter. */
import { isAbsolute, resolve } from 'node:path';
import { type Command } from 'commander';
import { type Hex, createWalletClient, http, toHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Bytes32, hex32 } from '../../core/bytes';
import { ProtocolError } from '../../core/error';
import { type Prover } from '../../core/resource/build-action';
import * as sdk from '../../sdk/index';
import { readDomain } from '../../sdk/account-reading';
import { type CommandInput, argumentError } from '../arguments';
import { type CommandContext, type Environment } from '../context';
import { readPlanFile } from '../plan-file';
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

/** Adds `transfer submit`. */
export function addSubmitCommand(transfer: Command, run: Runner): void {
  transfer
    .command('submit')
    .argument('<plan>', 'plan file')
    .description("prove the plan and send it to the domain's adapter; anyone may, once all have approved")
    .requiredOption('--prover <module>', 'module exporting `prover` (proveCompliance, proveLogic)')
    .requiredOption('--evm-key-env <name>', 'environment variable with the private key that pays the gas')
    .action(run(submit));
}

async function submit(context: CommandContext, input: CommandInput): Promise<CommandResult> {
  const { plan } = readPlanFile(input.value(0));
  const key = readKey(context.environment, input.text('evmKeyEnv'));
  const prover = await loadProver(input.text('prover'));
  sdk.requireApprovals(plan);
  // Sent although the signer would refuse it, a plan consumes the heads and leaves the accounts without one.
  sdk.assertPlanHolds(await sdk.verifyPlan(await context.certified(), plan));
  const { adapter } = (await readDomain(await context.certified(), plan.domainId)).config;
  const consumedRoot = await readLatestRoot(context, { plan, adapter: toHex(adapter) });
  const transaction = await sdk.proveTransfer(plan, { prover, consumedRoot });
  return send(context, { key, to: toHex(adapter), data: toHex(sdk.encodeTransferTransaction(transaction)) });
}

async function readLatestRoot(
  context: CommandContext,
  { plan, adapter }: { readonly plan: sdk.TransferPlan; readonly adapter: Hex }
): Promise<Bytes32> {
  const chain = context.evm();
  const { chainId } = (await readDomain(await context.certified(), plan.domainId)).config;
  const actual = await chain.getChainId();
  if (BigInt(actual) !== chainId) {
    throw new ProtocolError('transfer/chain-id', `expected a node of chain ${chainId}, got ${actual}`);
  }
  const root = await chain.readContract({
    address: adapter,
    abi: LATEST_ROOT_ABI,
    functionName: 'latestCommitmentTreeRoot'
  });
  return hex32(root, 'latest root');
}

async function send(
  context: CommandContext,
  call: { readonly key: Hex; readonly to: Hex; readonly data: Hex }
): Promise<CommandResult> {
  const { key, to, data } = call;
  const wallet = createWalletClient({ account: privateKeyToAccount(key), transport: http(context.evmUrl()) });
  const hash = await wallet.sendTransaction({ chain: null, to, data });
  const receipt = await context.evm().waitForTransactionReceipt({ hash });
  if (receipt.status !== 'success') {
    throw new ProtocolError('evm/reverted', `mined in block ${receipt.blockNumber}, but reverted`, { hash });
  }
  return { hash, status: receipt.status, block: receipt.blockNumber, adapter: to };
}

function readKey(environment: Environment, variable: string): Hex {
  const key = environment[variable];
  const digits = key === undefined ? undefined : /^0x([0-9a-fA-F]{64})$/.exec(key)?.[1];
  if (digits === undefined) {
    throw argumentError(`environment variable ${variable} must hold a private key, 0x and 64 hex digits`);
  }
  return `0x${digits}`;
}

async function loadProver(path: string): Promise<Prover> {
  const prover = proverIn(await importModule(isAbsolute(path) ? path : resolve(path)));
  if (prover !== undefined) return prover;
  throw new ProtocolError('cli/prover', `${path} must export \`prover\` with proveCompliance and proveLogic`);
}

async function importModule(path: string): Promise<unknown> {
  try {
    return await import(path);
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause);
    throw new ProtocolError('cli/prover', `${path} cannot be loaded: ${reason}`, {}, { cause });
  }
}

function proverIn(loaded: unknown): Prover | undefined {
  if (typeof loaded !== 'object' || loaded === null || !('prover' in loaded)) return undefined;
  return isProver(loaded.prover) ? loaded.prover : undefined;
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

/** `hypha account ...` */
import { type Command } from 'commander';
import { type Address, getAddress, toHex } from 'viem';
import { unwrap } from '../../api/errors';
import { type AccountViewWire, type SignerService } from '../../api/signer-idl';
import { type Bytes32 } from '../../core/bytes';
import { ProtocolError } from '../../core/error';
import { type EvmIntent, prepareEvmTransaction, signEvmTransaction } from '../../sdk/evm-transfer';
import { parseAddress, parseAmount, parseId, parseInteger, parsePrincipal } from '../arguments';
import { type CommandContext } from '../context';
import { describeAccount, describePassport } from '../describe';
import { type CommandResult, type Runner } from '../runner';

const PAGE = 100;
const ETHER_DECIMALS = 18;

/** Adds `account create`, `show`, `list`, `seal`, `accept`, `sign-evm`. */
export function addAccountCommands(program: Command, run: Runner): void {
  const account = program
    .command('account')
    .description('accounts: keys on every chain that change hands as one');
  account
    .command('create')
    .description('make a new account owned by your identity')
    .action(run(async (context) => describeAccount(unwrap(await (await context.signer()).create_account()))));
  account
    .command('show <account>')
    .description('owner, status, addresses and head')
    .action(
      run(async (context, { values }) =>
        describeAccount(await readAccount(await context.signer(), accountId(values)))
      )
    );
  account
    .command('list')
    .description('accounts of an owner')
    .option('--owner <principal>', 'default: your identity')
    .option('--after <cursor>', 'continue a listing', '0')
    .action(run(listAccounts));
  account
    .command('seal <account>')
    .description('stop signing until a transition reopens the account; prints its passport')
    .action(
      run(async (context, { values }) =>
        describePassport(unwrap(await (await context.signer()).seal_account(accountId(values))))
      )
    );
  account
    .command('accept <account>')
    .description('accept a quarantined account as it is')
    .action(
      run(async (context, { values }) =>
        describeAccount(unwrap(await (await context.signer()).accept_account(accountId(values))))
      )
    );
  addSignCommand(account, run);
}

function addSignCommand(account: Command, run: Runner): void {
  account
    .command('sign-evm <account>')
    .description('sign an EIP-1559 transaction; fields not given are read from the EVM node')
    .requiredOption('--to <address>', 'recipient, or the contract to call')
    .option('--value <ether>', 'amount of the native coin', '0')
    .option('--token <address>', 'send this ERC-20 instead; --amount in its smallest unit')
    .option('--amount <units>', 'amount of the token in its smallest unit')
    .option('--data <hex>', 'call data')
    .option('--nonce <n>', 'default: the next one on the chain')
    .option('--replace', 'sign again for a nonce that was signed before', false)
    .option('--broadcast', 'send it and wait until it is mined', false)
    .action(run(signEvm));
}

const accountId = (values: readonly string[]): Bytes32 => parseId(values[0] ?? '', 'account');

async function readAccount(signer: SignerService, id: Bytes32): Promise<AccountViewWire> {
  return unwrap(await signer.account(id));
}

async function listAccounts(
  context: CommandContext,
  input: { readonly options: Readonly<Record<string, unknown>> }
): Promise<CommandResult> {
  const { owner, after } = input.options;
  const principal = typeof owner === 'string' ? parsePrincipal(owner) : context.identity().getPrincipal();
  const page = await (
    await context.signer()
  ).accounts_of(principal, parseInteger(String(after), '--after'), PAGE);
  return { owner: principal, accounts: page.accounts.map(describeAccount), next: page.next[0] ?? null };
}

async function signEvm(
  context: CommandContext,
  input: { readonly values: readonly string[]; readonly options: Readonly<Record<string, unknown>> }
): Promise<CommandResult> {
  const id = accountId(input.values);
  const [signer, chain] = [await context.signer(), context.evm()];
  const from = getAddress(toHex((await readAccount(signer, id)).evm_address));
  const prepared = await prepareEvmTransaction(chain, { from, intent: intentOf(input.options) });
  const { nonce, replace, broadcast } = input.options;
  const transaction =
    typeof nonce === 'string' ? { ...prepared, nonce: parseInteger(nonce, '--nonce') } : prepared;
  const signed = await signEvmTransaction(signer, {
    account: id,
    from,
    transaction,
    replace: replace === true
  });
  const result = {
    from,
    nonce: transaction.nonce,
    hash: signed.hash,
    raw: signed.raw,
    logIndex: signed.log_index
  };
  if (broadcast !== true) return result;
  const hash = await chain.sendRawTransaction({ serializedTransaction: toHex(signed.raw) });
  const receipt = await chain.waitForTransactionReceipt({ hash });
  return { ...result, status: receipt.status, block: receipt.blockNumber };
}

function intentOf(options: Readonly<Record<string, unknown>>): EvmIntent {
  const to: Address = parseAddress(String(options['to']));
  const { token, amount, data, value } = options;
  if (typeof token === 'string') {
    if (typeof amount !== 'string') throw new ProtocolError('cli/argument', '--token needs --amount');
    return { kind: 'erc20', token: parseAddress(token), to, amount: parseInteger(amount, '--amount') };
  }
  const amountWei = parseAmount(String(value), ETHER_DECIMALS);
  if (typeof data !== 'string') return { kind: 'ether', to, amountWei };
  if (!/^0x([0-9a-fA-F]{2})*$/.test(data))
    throw new ProtocolError('cli/argument', '--data must be 0x and hex pairs');
  return { kind: 'call', to, amountWei, data: data as `0x${string}` };
}

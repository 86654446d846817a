/** `hypha account ...` */
import { type Command } from 'commander';
import { unwrap } from '../../api/errors';
import { type Bytes32 } from '../../core/bytes';
import { type CommandInput, U64_MAX, parseId, parseInteger, parsePrincipal } from '../arguments';
import { type CommandContext } from '../context';
import { describeAccount, describePassport } from '../describe';
import { type CommandResult, type Runner } from '../runner';
import { addSignEvmCommand } from './sign-evm-command';

const PAGE = 100;
const ACCOUNT_ARGUMENT = ['<account>', 'account id, 32 bytes in hex'] as const;

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
    .command('show')
    .argument(...ACCOUNT_ARGUMENT)
    .description('owner, status, addresses and head')
    .action(
      run(async (context, input) => {
        const id = accountId(input);
        return describeAccount(unwrap(await (await context.signerReader()).account(id)));
      })
    );
  account
    .command('list')
    .description(`accounts of an owner, up to ${PAGE}`)
    .option('--owner <principal>', 'default: your identity')
    .option('--after <cursor>', 'continue a listing: its "next"', '0')
    .action(run(listAccounts));
  addOwnerCommands(account, run);
  addSignEvmCommand(account, run);
}

function addOwnerCommands(account: Command, run: Runner): void {
  account
    .command('seal')
    .argument(...ACCOUNT_ARGUMENT)
    .description('stop signing until a transfer reopens the account; prints its passport')
    .action(
      run(async (context, input) => {
        const id = accountId(input);
        return describePassport(unwrap(await (await context.signer()).seal_account(id)));
      })
    );
  account
    .command('accept')
    .argument(...ACCOUNT_ARGUMENT)
    .description('take a quarantined account as it is')
    .action(
      run(async (context, input) => {
        const id = accountId(input);
        return describeAccount(unwrap(await (await context.signer()).accept_account(id)));
      })
    );
}

async function listAccounts(context: CommandContext, input: CommandInput): Promise<CommandResult> {
  const after = parseInteger(input.text('after'), { label: '--after', max: U64_MAX });
  const named = input.optionalText('owner');
  const owner = named === undefined ? context.identity().getPrincipal() : parsePrincipal(named, '--owner');
  const page = await (await context.signerReader()).accounts_of(owner, after, PAGE);
  return { owner, accounts: page.accounts.map(describeAccount), next: page.next[0] ?? null };
}

const accountId = (input: CommandInput): Bytes32 => parseId(input.value(0), 'account');

#!/usr/bin/env node
/** The `hypha` command. Exit codes: 0 done, 1 refused, 2 wrong usage, 70 a bug of ours. */
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { addAccountCommands } from './commands/account-commands';
import { addDomainCommands } from './commands/domain-commands';
import { addIdentityCommands } from './commands/identity-commands';
import { addLogCommands } from './commands/log-commands';
import { addTransferCommands } from './commands/transfer-commands';
import { runCommand } from './runner';

function buildProgram(): Command {
  const program = new Command('hypha')
    .description('accounts on every chain that change hands as one')
    .option(
      '--network <file>',
      'network description',
      process.env['HYPHA_NETWORK'] ?? join('.hypha', 'network.json')
    )
    .option('--identity <file>', 'PEM file', process.env['HYPHA_IDENTITY'] ?? join('.hypha', 'identity.pem'))
    .option('--json', 'print one JSON object', false)
    .exitOverride();
  addIdentityCommands(program, runCommand);
  addAccountCommands(program, runCommand);
  addTransferCommands(program, runCommand);
  addDomainCommands(program, runCommand);
  addLogCommands(program, runCommand);
  return program;
}

buildProgram()
  .parseAsync()
  .catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  });

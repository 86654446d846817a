/** The `hypha` command as a function of its arguments. */
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { addAccountCommands } from './commands/account-commands';
import { addDomainCommands } from './commands/domain-commands';
import { addIdentityCommands } from './commands/identity-commands';
import { addLogCommands } from './commands/log-commands';
import { addReceiptCommands } from './commands/receipt-commands';
import { addTransferCommands } from './commands/transfer-commands';
import { type Environment } from './context';
import { EXIT_DONE, EXIT_USAGE, describeError, exitCodeOf, formatRefusal } from './refusal';
import { type Runner, createRunner } from './runner';
import { type Terminal } from './terminal';

const EXAMPLES = `
Exit codes: 0 done, 1 refused, 2 wrong usage, 70 a bug. Errors carry a code; with --json they are on stdout.

Examples:
  hypha identity new
  hypha account create --json
  hypha account sign-evm <account> --to 0x... --value 0.25 --broadcast
  hypha transfer propose --move <account>=<principal> --plan sale.json

The walk-through is docs/cli.md.
`;

/** Runs `hypha` with these arguments. Resolves to the exit code; every word goes to `terminal`. */
export async function runHypha(
  args: readonly string[],
  surroundings: { readonly terminal: Terminal; readonly environment: Environment }
): Promise<number> {
  const { terminal, environment } = surroundings;
  let exitCode = EXIT_DONE;
  const asJson = args.includes('--json');
  const setExitCode = (code: number): void => {
    exitCode = code;
  };
  const run = createRunner({ terminal, environment, asJson, setExitCode });
  const complaints: string[] = [];
  const program = buildProgram(environment).configureOutput({
    writeOut: terminal.out,
    writeErr: (text) => complaints.push(text)
  });
  addCommands(program, run);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportFailure(error, { terminal, asJson, complaints });
  }
}

function buildProgram(environment: Environment): Command {
  return new Command('hypha')
    .description('accounts on every chain that change hands as one')
    .option(
      '--network <file>',
      'network description; HYPHA_NETWORK',
      environment['HYPHA_NETWORK'] ?? join('.hypha', 'network.json')
    )
    .option(
      '--identity <file>',
      'PEM file of your key; HYPHA_IDENTITY',
      environment['HYPHA_IDENTITY'] ?? join('.hypha', 'identity.pem')
    )
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', EXAMPLES)
    .exitOverride();
}

/** After output and exit are set: commands inherit both when they are added. */
function addCommands(program: Command, run: Runner): void {
  addIdentityCommands(program, run);
  addAccountCommands(program, run);
  addTransferCommands(program, run);
  addDomainCommands(program, run);
  addReceiptCommands(program, run);
  addLogCommands(program, run);
}

function reportFailure(
  error: unknown,
  report: { readonly terminal: Terminal; readonly asJson: boolean; readonly complaints: readonly string[] }
): number {
  const { terminal, asJson, complaints } = report;
  const print = asJson ? terminal.out : terminal.err;
  if (!(error instanceof CommanderError)) {
    const refusal = describeError(error);
    print(formatRefusal(refusal, asJson));
    return exitCodeOf(refusal);
  }
  if (error.exitCode === 0) return EXIT_DONE;
  const isBareCommand = error.code === 'commander.help';
  if (isBareCommand && !asJson) {
    terminal.err(complaints.join(''));
    return EXIT_USAGE;
  }
  const message = isBareCommand
    ? 'expected a command'
    : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  print(
    formatRefusal(
      { code: 'cli/usage', message, hint: 'add --help to see what is expected', data: {} },
      asJson
    )
  );
  return EXIT_USAGE;
}

/** Turns a function of the context into a commander action that prints its result or its refusal. */
import { type Command } from 'commander';
import { ProtocolError } from '../core/error';
import { CommandInput } from './arguments';
import { CommandContext, type Environment, type GlobalOptions } from './context';
import { type Printable, formatResult } from './output';
import { describeError, exitCodeOf, formatRefusal } from './refusal';
import { type Terminal } from './terminal';

/** What a command computes. */
export type CommandResult = { readonly [key: string]: Printable };

export type CommandBody = (
  context: CommandContext,
  input: CommandInput
) => CommandResult | Promise<CommandResult>;

/** Wraps a body for `Command.action`. */
export type Runner = (body: CommandBody) => (this: Command, ...received: unknown[]) => Promise<void>;

/** Where a run's words and exit code go, whether both are for programs, and the variables it may read. */
export type RunReport = {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly asJson: boolean;
  readonly setExitCode: (code: number) => void;
};

/** The runner of one run. */
export function createRunner({ terminal, environment, asJson, setExitCode }: RunReport): Runner {
  return (body) =>
    async function (this: Command): Promise<void> {
      try {
        const options = this.optsWithGlobals<GlobalOptions>();
        assertNothingSwallowed(options);
        const input = new CommandInput(this.args, this.opts());
        terminal.out(formatResult(await body(new CommandContext(options, environment), input), asJson));
      } catch (error) {
        const refusal = describeError(error);
        (asJson ? terminal.out : terminal.err)(formatRefusal(refusal, asJson));
        setExitCode(exitCodeOf(refusal));
      }
    };
}

/** `--identity --json` would take `--json` for a file's name. */
function assertNothingSwallowed(options: GlobalOptions): void {
  const swallowed = Object.values<unknown>(options).find(
    (value) => typeof value === 'string' && value.startsWith('--')
  );
  if (swallowed !== undefined) {
    throw new ProtocolError('cli/usage', `expected a value before ${JSON.stringify(swallowed)}`);
  }
}

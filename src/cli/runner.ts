/** Turns a function of the context into a commander action that prints its result or its refusal. */
import { type Command } from 'commander';
import { CommandInput } from './arguments';
import { CommandContext, type GlobalOptions } from './context';
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

/** A runner that prints to `terminal` and reports the exit code of what did not end well. */
export function createRunner(terminal: Terminal, setExitCode: (code: number) => void): Runner {
  return (body) =>
    async function (this: Command): Promise<void> {
      const options = this.optsWithGlobals<GlobalOptions>();
      try {
        const input = new CommandInput(this.args, this.opts());
        terminal.out(formatResult(await body(new CommandContext(options), input), options.json));
      } catch (error) {
        const refusal = describeError(error);
        (options.json ? terminal.out : terminal.err)(formatRefusal(refusal, options.json));
        setExitCode(exitCodeOf(refusal));
      }
    };
}

/** Turns a function of the context into a commander action that prints its result or its error. */
import { type Command } from 'commander';
import { CommandContext, type GlobalOptions } from './context';
import { type Printable, printError, printResult } from './output';

/** What a command computes. */
export type CommandResult = { readonly [key: string]: Printable };

/** `values`: positional arguments; `options`: the command's own flags. */
export type CommandBody = (
  context: CommandContext,
  input: { readonly values: readonly string[]; readonly options: Readonly<Record<string, unknown>> }
) => CommandResult | Promise<CommandResult>;

/** Wraps a body for `Command.action`. */
export type Runner = (body: CommandBody) => (this: Command, ...received: unknown[]) => Promise<void>;

/** The one runner: global options from the command, result to stdout, exit code set. */
export const runCommand: Runner = (body) =>
  async function (this: Command): Promise<void> {
    const options = this.optsWithGlobals<GlobalOptions>();
    try {
      const result = await body(new CommandContext(options), { values: this.args, options: this.opts() });
      printResult(result, options.json);
    } catch (error) {
      process.exitCode = printError(error, options.json);
    }
  };

/** `hypha log ...` */
import { type Command } from 'commander';
import { type Icrc3ValueWire } from '../../api/signer-idl';
import { U64_MAX, parseInteger } from '../arguments';
import { type Printable } from '../output';
import { type Runner } from '../runner';

const PAGE = 100n;

/** Adds `log show`: blocks of the signature log (ICRC-3). */
export function addLogCommands(program: Command, run: Runner): void {
  const log = program.command('log').description('the signature log: every request, before and after');
  log
    .command('show')
    .description(`up to ${PAGE} blocks as ICRC-3 gives them`)
    .option('--from <index>', 'first block', '0')
    .action(
      run(async (context, input) => {
        const start = parseInteger(input.text('from'), { label: '--from', max: U64_MAX });
        const page = await (await context.signerReader()).icrc3_get_blocks([{ start, length: PAGE }]);
        return {
          length: page.log_length,
          blocks: page.blocks.map(({ id, block }) => ({ index: id, block: describeValue(block) }))
        };
      })
    );
}

function describeValue(value: Icrc3ValueWire): Printable {
  if ('Blob' in value) return new Uint8Array(value.Blob);
  if ('Text' in value) return value.Text;
  if ('Nat' in value) return value.Nat;
  if ('Int' in value) return value.Int;
  if ('Array' in value) return value.Array.map(describeValue);
  return Object.fromEntries(value.Map.map(([key, entry]) => [key, describeValue(entry)]));
}

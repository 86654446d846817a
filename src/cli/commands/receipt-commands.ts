/** `hypha receipt ...` */
import { type Command } from 'commander';
import { decodeReceiptJson, verifyReceipt } from '../../sdk/index';
import { type CommandInput } from '../arguments';
import { type CommandContext } from '../context';
import { type CommandResult, type Runner } from '../runner';
import { readTextFile } from '../text-file';

/** Adds `receipt verify`. */
export function addReceiptCommands(program: Command, run: Runner): void {
  const receipt = program
    .command('receipt')
    .description('RISC Zero receipts, which proofs of actions come as');
  receipt
    .command('verify')
    .argument('<file>', 'JSON object with imageId, journal and seal, in hex')
    .description('have the domains canister check the seal; an answer of the subnet, not of one node')
    .action(run(verify));
}

async function verify(context: CommandContext, input: CommandInput): Promise<CommandResult> {
  const hint = 'it is a JSON object with imageId, journal and seal, in hex';
  const text = readTextFile({ path: input.value(0), code: 'cli/receipt-file', hint });
  const receipt = decodeReceiptJson(text);
  const claimDigest = await verifyReceipt(await context.certifiedDomains(), receipt);
  return { verdict: 'holds', imageId: receipt.imageId, claimDigest };
}

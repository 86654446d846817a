/** `hypha identity ...` */
import { type Command } from 'commander';
import { createIdentity, encodeIdentityPem, platformRandom } from '../../sdk/index';
import { type Runner } from '../runner';
import { createTextFile } from '../text-file';

/** Adds `identity new` and `identity show`. */
export function addIdentityCommands(program: Command, run: Runner): void {
  const identity = program.command('identity').description('the key that speaks for you');
  identity
    .command('new')
    .description('make an Ed25519 identity in the --identity file; an existing file is never overwritten')
    .action(
      run((context) => {
        const path = context.options.identity;
        const created = createIdentity(platformRandom());
        createTextFile({ path, code: 'cli/identity-file' }, encodeIdentityPem(created));
        return { principal: created.getPrincipal(), file: path };
      })
    );
  identity
    .command('show')
    .description('the principal of the --identity file')
    .action(
      run((context) => ({ principal: context.identity().getPrincipal(), file: context.options.identity }))
    );
}

/** `hypha domain ...` */
import { type Command } from 'commander';
import { unwrap } from '../../api/errors';
import { parseId } from '../arguments';
import { describeDomain } from '../describe';
import { type Runner } from '../runner';

/** Adds `domain list` and `domain show`. */
export function addDomainCommands(program: Command, run: Runner): void {
  const domain = program.command('domain').description('where account resources live');
  domain
    .command('list')
    .description('all registered domains')
    .action(
      run(async (context) => ({
        domains: (await (await context.domainsReader()).domains()).map(describeDomain)
      }))
    );
  domain
    .command('show')
    .argument('<domain>', 'domain id, 32 bytes in hex')
    .description('one domain and its latest checkpoint')
    .action(
      run(async (context, input) => {
        const id = parseId(input.value(0), 'domain');
        return describeDomain(unwrap(await (await context.domainsReader()).domain(id)));
      })
    );
}

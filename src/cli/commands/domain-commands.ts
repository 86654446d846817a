/** `hypha domain ...` */
import { type Command } from 'commander';
import { unwrap } from '../../api/errors';
import { parseId } from '../arguments';
import { describeDomain } from '../describe';
import { type Runner } from '../runner';

/** Adds `domain show` and `domain list`. */
export function addDomainCommands(program: Command, run: Runner): void {
  const domain = program.command('domain').description('where account resources live');
  domain
    .command('list')
    .description('all registered domains')
    .action(
      run(async (context) => ({ domains: (await (await context.domains()).domains()).map(describeDomain) }))
    );
  domain
    .command('show <domain>')
    .description('one domain and its latest checkpoint')
    .action(
      run(async (context, { values }) =>
        describeDomain(unwrap(await (await context.domains()).domain(parseId(values[0] ?? '', 'domain'))))
      )
    );
}

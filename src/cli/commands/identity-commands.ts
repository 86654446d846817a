/** `hypha identity ...` */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Command } from 'commander';
import { ProtocolError } from '../../core/error';
import { createIdentity, encodeIdentityPem } from '../../sdk/identity';
import { type Runner } from '../runner';

/** Adds `identity new` and `identity show`. */
export function addIdentityCommands(program: Command, run: Runner): void {
  const identity = program.command('identity').description('the key that speaks for you');
  identity
    .command('new')
    .description('make an Ed25519 identity in the --identity file; an existing file is never overwritten')
    .action(
      run((context) => {
        const path = context.options.identity;
        const created = createIdentity(new Uint8Array(randomBytes(32)));
        mkdirSync(dirname(path), { recursive: true });
        writeNewFile(path, encodeIdentityPem(created));
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

function writeNewFile(path: string, content: string): void {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new ProtocolError(
      'cli/identity-file',
      `${path} is there already or cannot be written`,
      {},
      { cause }
    );
  }
}

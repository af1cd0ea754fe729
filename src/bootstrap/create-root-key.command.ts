import { Command } from 'commander';
import { asOperator } from './operator-context';
import { createRootKey } from './root-key';

/** `keyward create-root-key` */
export function createRootKeyCommand(): Command {
  return new Command('create-root-key')
    .description('make a key that holds every scope, and print its token to standard output, this once')
    .option('--name <name>', 'a name for people', 'root key')
    .action(async ({ name }: { name: string }) =>
      asOperator(async (app) => {
        const { key, token } = await createRootKey(app, 'cli', name);
        process.stderr.write(`keyward: root key ${key.id}; the token is shown this once\n`);
        process.stdout.write(`${token}\n`);
      }),
    );
}

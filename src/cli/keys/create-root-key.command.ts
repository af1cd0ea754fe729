import type { Command } from 'commander';
import { ApiKeysService } from '../../api-keys/management/api-keys.service';
import { rootCaller } from '../../api-keys/domain/caller';
import { CreateApiKeyDto } from '../../api-keys/management/dto/create-api-key.dto';
import { readOptions, resultCommand } from '../kit/command';
import { asOperator } from '../kit/operator-context';
import { printIssued, tell } from '../kit/output';

interface Options {
  readonly name: string;
  readonly prefix?: string;
  readonly json?: boolean;
}

/** `keyward create-root-key` */
export function createRootKeyCommand(): Command {
  return resultCommand('create-root-key')
    .description('create a key with every scope, and print its token once, to standard output')
    .option('--name <name>', 'the name of the key', 'root key')
    .option('--prefix <prefix>', 'the prefix of its tokens, one of API_KEY_PREFIXES; by default the first')
    .action(async ({ name, prefix, json = false }: Options) => {
      const given = { name, prefix, scopes: ['*'] };
      const request = readOptions(CreateApiKeyDto, given, { name: '--name', prefix: '--prefix' });
      await asOperator(async (app) => {
        const { scopes } = request;
        const issued = await app
          .get(ApiKeysService)
          .create(rootCaller('cli'), { name: request.name, scopes, prefix: request.prefix });
        tell(`created root key ${issued.key.id}; its token is shown only once`);
        await printIssued(issued, json);
      });
    });
}

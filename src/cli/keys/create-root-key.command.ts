import type { Command } from 'commander';
import { ApiKeysService } from '../../api-keys/management/api-keys.service';
import { rootCaller } from '../../api-keys/domain/caller';
import { CreateApiKeyDto } from '../../api-keys/management/dto/create-api-key.dto';
import { readOptions, resultCommand } from '../kit/command';
import { asOperator } from '../kit/operator-context';
import { printIssued, tell } from '../kit/output';

interface Options {
  readonly name: string;
  readonly json?: boolean;
}

/** `keyward create-root-key` */
export function createRootKeyCommand(): Command {
  return resultCommand('create-root-key')
    .description('create a key with every scope, and print its token once, to standard output')
    .option('--name <name>', 'the name of the key', 'root key')
    .action(async ({ name, json = false }: Options) => {
      const request = readOptions(CreateApiKeyDto, { name, scopes: ['*'] }, { name: '--name' });
      await asOperator(async (app) => {
        const { scopes } = request;
        const issued = await app
          .get(ApiKeysService)
          .create(rootCaller('cli'), { name: request.name, scopes });
        tell(`created root key ${issued.key.id}; its token is shown only once`);
        await printIssued(issued, json);
      });
    });
}

import type { Command } from 'commander';
import { ApiKeysService } from '../../api-keys/management/api-keys.service';
import type { ApiKey } from '../../api-keys/domain/api-key';
import { rootCaller } from '../../api-keys/domain/caller';
import { RevokeApiKeyQuery } from '../../api-keys/management/dto/revoke-api-key.query';
import { CliError, UsageError } from '../kit/cli.errors';
import { readOptions, resultCommand } from '../kit/command';
import { confirm } from '../kit/confirm';
import { asOperator } from '../kit/operator-context';
import { print, printJson } from '../kit/output';
import { printable } from '../kit/terminal-text';
import { shownKey } from './shown-key';

interface Options {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `keyward keys revoke` */
export function revokeCommand(): Command {
  return resultCommand('revoke')
    .description('revoke a key permanently; its record remains')
    .argument('<id>', 'the id of the key')
    .option('--reason <text>', 'the reason, for the history')
    .option('--yes', 'do not ask for confirmation')
    .action(async (id: string, { reason, yes = false, json = false }: Options) => {
      const request = readOptions(RevokeApiKeyQuery, { reason }, { reason: '--reason' });
      if (!yes && !process.stdin.isTTY) {
        throw new UsageError('there is no terminal for a confirmation: pass --yes to revoke without one.');
      }
      await asOperator(async (app) => {
        const apiKeys = app.get(ApiKeysService);
        const caller = rootCaller('cli');
        const before = await apiKeys.get(caller, id);
        if (!yes && before.revokedAt === undefined) await requireConfirmation(before);
        const key = await apiKeys.revoke(caller, id, request.reason);
        await (json ? printJson(await shownKey(app, key)) : print(`${key.id} is revoked`));
      });
    });
}

async function requireConfirmation({ id, name, orgId }: ApiKey): Promise<void> {
  const whose = orgId === undefined ? '' : ` of ${orgId}`;
  const question = printable(`Permanently revoke ${id}, "${name}"${whose}?`);
  if (await confirm(question, { input: process.stdin, output: process.stderr })) return;
  throw new CliError('not_confirmed', 'not confirmed: the key is not revoked.');
}

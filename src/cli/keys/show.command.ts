import type { Command } from 'commander';
import { ApiKeysService } from '../../api-keys/management/api-keys.service';
import { rootCaller } from '../../api-keys/domain/caller';
import { HistoryDto } from '../../api-keys/management/dto/history.dto';
import { resultCommand } from '../kit/command';
import { asOperator } from '../kit/operator-context';
import { print, printJson } from '../kit/output';
import { historyLines, linesOf } from './key-text';
import { shownKey } from './shown-key';

interface Options {
  readonly history?: boolean;
  readonly json?: boolean;
}

/** `keyward keys show` */
export function showCommand(): Command {
  return resultCommand('show')
    .description('show one key')
    .argument('<id>', 'the id of the key')
    .option('--history', 'also show who changed what, and when')
    .action(async (id: string, { history: withHistory = false, json = false }: Options) =>
      asOperator(async (app) => {
        const apiKeys = app.get(ApiKeysService);
        const caller = rootCaller('cli');
        const key = await shownKey(app, await apiKeys.get(caller, id));
        const history = withHistory ? HistoryDto.of(await apiKeys.history(caller, id)) : undefined;
        if (json) return printJson({ ...key, ...(history && { history }) });
        return print(...linesOf(key), ...(history ? ['', ...historyLines(history)] : []));
      }),
    );
}

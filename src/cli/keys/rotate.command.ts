import type { Command } from 'commander';
import { ApiKeysService } from '../../api-keys/management/api-keys.service';
import { rootCaller } from '../../api-keys/domain/caller';
import { RotateApiKeyDto } from '../../api-keys/management/dto/rotate-api-key.dto';
import { KeyUsageService } from '../../api-keys/management/key-usage.service';
import { readOptions, resultCommand, wholeNumber } from '../kit/command';
import { asOperator } from '../kit/operator-context';
import { printIssued, tell } from '../kit/output';

interface Options {
  readonly grace: string;
  readonly json?: boolean;
}

/** `keyward keys rotate` */
export function rotateCommand(): Command {
  return resultCommand('rotate')
    .description('replace the token of a key, and print the new one once, to standard output')
    .argument('<id>', 'the id of the key')
    .option('--grace <seconds>', 'how long the previous token keeps working, at most 604800 (7 days)', '0')
    .action(async (id: string, { grace, json = false }: Options) => {
      const request = readOptions(
        RotateApiKeyDto,
        { gracePeriodSeconds: wholeNumber(grace) },
        { gracePeriodSeconds: '--grace' },
      );
      await asOperator(async (app) => {
        // Before the rotation: a failed read must not lose the token.
        const used = await app.get(KeyUsageService).lastUsed([id]);
        const issued = await app.get(ApiKeysService).rotate(rootCaller('cli'), id, request);
        const former = issued.key.secrets.at(-2)?.retiresAt;
        const until =
          request.gracePeriodSeconds === 0
            ? 'the previous token no longer works'
            : `the previous token works until ${former?.toISOString() ?? 'the end of its grace period'}`;
        tell(`rotated ${issued.key.id}; ${until}; the new token is shown only once`);
        await printIssued(issued, json, used.get(id));
      });
    });
}

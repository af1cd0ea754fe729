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
    .description('give a key a new token under the same id, and print it to standard output, this once')
    .argument('<id>', 'the id of the key')
    .option('--grace <seconds>', 'how long the former token goes on working, at most 7 days', '0')
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
            ? 'the former token has ended'
            : `the former token works until ${former?.toISOString() ?? 'its grace ends'}`;
        tell(`${issued.key.id} is rotated; ${until}; the new token is shown this once`);
        await printIssued(issued, json, used.get(id));
      });
    });
}

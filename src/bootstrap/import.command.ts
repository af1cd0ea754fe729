import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { rootCaller } from '../api-keys/domain/caller';
import { importLines } from '../api-keys/import/import-lines';
import type { ImportOutcome } from '../api-keys/import/import-report';
import { KeyImportService } from '../api-keys/import/key-import.service';
import { ConfigurationError } from '../config/configuration.error';
import { asOperator } from './operator-context';

/** `keyward import <file.ndjson>`: exit code 1 where a line was refused. */
export function importCommand(): Command {
  return new Command('import')
    .description('import keys of another system by the hashes of their tokens, one JSON document a line')
    .argument('<file>', 'newline-delimited JSON')
    .action(async (file: string) => {
      if (!(await isReadable(file))) {
        throw new ConfigurationError(`${file} cannot be read: name a file of newline-delimited JSON.`);
      }
      await asOperator(async (app) => {
        const counts = { imported: 0, known: 0, refused: 0 };
        const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
        for await (const outcome of importLines(app.get(KeyImportService), rootCaller('cli'), lines)) {
          counts[outcome.outcome] += 1;
          for (const remark of remarksOn(outcome)) process.stdout.write(`line ${outcome.line}: ${remark}\n`);
        }
        process.stdout.write(
          `${counts.imported} imported, ${counts.known} known already, ${counts.refused} refused\n`,
        );
        if (counts.refused > 0) process.exitCode = 1;
      });
    });
}

async function isReadable(file: string): Promise<boolean> {
  try {
    await access(file, constants.R_OK);
    return !(await stat(file)).isDirectory();
  } catch {
    return false;
  }
}

function remarksOn({ outcome, reasons = [], warnings = [] }: ImportOutcome): readonly string[] {
  return [
    ...reasons.map((reason) => `refused: ${reason}`),
    ...warnings.map((warning) => `${outcome}, but ${warning}`),
  ];
}

import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { rootCaller } from '../api-keys/domain/caller';
import { importLines } from '../api-keys/import/import-lines';
import { type ImportOutcome, reportOf } from '../api-keys/import/import-report';
import { KeyImportService } from '../api-keys/import/key-import.service';
import { UsageError } from './cli.errors';
import { resultCommand } from './command';
import { ExitCode } from './exit-code';
import { asOperator } from './operator-context';
import { isReaderGone, print, printJson } from './output';
import { printable } from './terminal-text';

/** `keyward import <file.ndjson>`: fails where a line was refused. */
export function importCommand(): Command {
  return resultCommand('import')
    .description('import keys of another system by the hashes of their tokens, one JSON document a line')
    .argument('<file>', 'newline-delimited JSON')
    .action(async (file: string, { json = false }: { readonly json?: boolean }) => {
      if (!(await isReadable(file))) {
        throw new UsageError(`${file} cannot be read: name a file of newline-delimited JSON.`);
      }
      await asOperator(async (app) => {
        const outcomes: ImportOutcome[] = [];
        const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
        for await (const outcome of importLines(app.get(KeyImportService), rootCaller('cli'), lines)) {
          outcomes.push(outcome);
          if (!json) await toWhoeverReads(print(...remarksOn(outcome)));
        }
        const report = reportOf(outcomes);
        const { imported, known, refused } = report;
        if (refused > 0) process.exitCode = ExitCode.Failed;
        const summary = `${imported} imported, ${known} known already, ${refused} refused`;
        await toWhoeverReads(json ? printJson(report) : print(summary));
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

/** An import goes on to its end, whether or not someone still reads how it goes. */
async function toWhoeverReads(writing: Promise<void>): Promise<void> {
  await writing.catch((error: unknown) => {
    if (!isReaderGone(error)) throw error;
  });
}

function remarksOn({ line, outcome, reasons = [], warnings = [] }: ImportOutcome): readonly string[] {
  return [
    ...reasons.map((reason) => `refused: ${reason}`),
    ...warnings.map((warning) => `${outcome}, but ${warning}`),
  ].map((remark) => printable(`line ${line}: ${remark}`));
}

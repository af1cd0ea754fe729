import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { rootCaller } from '../../api-keys/domain/caller';
import { importLines } from './import-lines';
import { type ImportOutcome, reportOf } from '../../api-keys/management/import/import-report';
import { KeyImportService } from '../../api-keys/management/import/key-import.service';
import { readScopeMap } from './scope-map';
import { ExitCode, UsageError } from '../kit/cli.errors';
import { resultCommand } from '../kit/command';
import { remarksOn, summaryOf, warningsOf } from './import-text';
import { asOperator } from '../kit/operator-context';
import { isReaderGone, print, printJson } from '../kit/output';

interface Options {
  readonly mapScope?: readonly string[];
  readonly allowManagementScopes?: boolean;
  readonly applyRevocations?: boolean;
  readonly json?: boolean;
}

/** `keyward import <file.ndjson>`. Fails if a line is rejected, or if a key that the other system revoked still works here. */
export function importCommand(): Command {
  return resultCommand('import')
    .description('import keys of another system by the hashes of their tokens, one JSON document per line')
    .argument('<file>', 'newline-delimited JSON')
    .option(
      '--map-scope <from=to>',
      "translate a scope of the other system, such as '*=memory:*'; repeatable",
      (entry: string, former: readonly string[] | undefined) => [...(former ?? []), entry],
    )
    .option('--allow-management-scopes', "import scopes that give access to Keyward's own routes")
    .option('--apply-revocations', 'revoke or disable known keys that are revoked or disabled in the file')
    .action(async (file: string, { mapScope = [], json = false, ...options }: Options) => {
      if (!(await isReadable(file))) {
        throw new UsageError(`cannot read ${file}: name a readable file with newline-delimited JSON.`);
      }
      const scopes = readScopeMap(mapScope);
      if ('wrong' in scopes) {
        throw new UsageError(
          `--map-scope ${scopes.wrong} is invalid: write <from>=<to> with a scope such as memory:read as <to>.`,
        );
      }
      await asOperator(async (app) => {
        const outcomes: ImportOutcome[] = [];
        const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
        const importing = importLines(app.get(KeyImportService), rootCaller('cli'), lines, {
          allowManagementScopes: options.allowManagementScopes,
          applyRevocations: options.applyRevocations,
          scopeMap: scopes.map,
        });
        for await (const outcome of importing) {
          outcomes.push(outcome);
          if (!json) await toWhoeverReads(print(...remarksOn(outcome)));
        }
        const report = reportOf(outcomes);
        if (report.refused > 0 || report.pendingRevocations > 0) process.exitCode = ExitCode.Failed;
        await toWhoeverReads(json ? printJson(report) : print(...warningsOf(outcomes), summaryOf(report)));
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

/** Waits until output is written. Ignores that the reader closed the output early, so that the import continues. */
async function toWhoeverReads(writing: Promise<void>): Promise<void> {
  await writing.catch((error: unknown) => {
    if (!isReaderGone(error)) throw error;
  });
}

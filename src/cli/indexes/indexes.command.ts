import { getConnectionToken } from '@nestjs/mongoose';
import type { Command } from 'commander';
import type { Connection } from 'mongoose';
import { command, resultCommand } from '../kit/command';
import { ExitCode } from '../kit/cli.errors';
import { asOperator } from '../kit/operator-context';
import { print, printJson } from '../kit/output';
import { Table } from '../kit/table';
import { buildIndexes } from './index-build';
import { type IndexReport, reportOn, type WantedIndex } from './index-report';
import { STORED_COLLECTIONS } from './stored-collections';

interface Options {
  readonly json?: boolean;
}

/** `keyward indexes …` */
export function indexesCommand(): Command {
  return command('indexes')
    .description('check and build the indexes that the service uses')
    .addCommand(
      resultCommand('check')
        .description('list the indexes that are present, missing or unused; builds nothing')
        .action(async ({ json = false }: Options) => checkIndexes(json, false)),
    )
    .addCommand(
      resultCommand('build')
        .description('build the missing indexes; drops nothing')
        .action(async ({ json = false }: Options) => checkIndexes(json, true)),
    );
}

async function checkIndexes(json: boolean, build: boolean): Promise<void> {
  await asOperator(async (app) => {
    const connection = app.get<Connection>(getConnectionToken());
    if (build) {
      // Check first, because a check has a timeout and a build does not.
      for (const stored of STORED_COLLECTIONS) {
        const { missing } = await reportOn(connection, stored);
        if (missing.length > 0) await buildIndexes(connection, stored);
      }
    }
    const collections: IndexReport[] = [];
    for (const stored of STORED_COLLECTIONS) collections.push(await reportOn(connection, stored));
    const ok = collections.every(({ missing }) => missing.length === 0);
    if (!ok) process.exitCode = ExitCode.Failed;
    await (json ? printJson({ ok, collections }) : print(...linesOf(collections)));
  });
}

function linesOf(collections: readonly IndexReport[]): readonly string[] {
  const table = new Table([{ head: 'COLLECTION' }, { head: 'INDEX' }, { head: 'STATE' }]);
  return table.lines(
    collections.flatMap(({ collection, present, missing, extra }) => [
      ...present.map((index) => [collection, described(index), 'present']),
      ...missing.map((index) => [collection, described(index), 'missing']),
      ...extra.map((name) => [collection, name, 'extra: the service does not use it']),
    ]),
  );
}

function described({ name, unique, sparse }: WantedIndex): string {
  return [name, ...(unique ? ['unique'] : []), ...(sparse ? ['sparse'] : [])].join(' ');
}

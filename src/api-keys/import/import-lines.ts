import type { Caller } from '../domain/caller';
import { translateForeignRecord } from './foreign-record';
import type { ImportOutcome } from './import-report';
import type { KeyImportService } from './key-import.service';

/** Imports newline-delimited JSON, line by line, and yields what became of each. Blank lines are passed over. */
export async function* importLines(
  importer: KeyImportService,
  caller: Caller,
  lines: AsyncIterable<string>,
): AsyncGenerator<ImportOutcome> {
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === '') continue;
    const document = parse(text);
    if (document === undefined) {
      yield { line, outcome: 'refused', reasons: ['the line is not JSON'] };
      continue;
    }
    const { record, warnings } = translateForeignRecord(document);
    const outcome = await importer.import(caller, record, line);
    const all = [...warnings, ...(outcome.warnings ?? [])];
    yield all.length > 0 ? { ...outcome, warnings: all } : outcome;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

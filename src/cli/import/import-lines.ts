import type { Caller } from '../../api-keys/domain/caller';
import { translateForeignRecord } from './foreign-record';
import type { ImportOptions, ImportOutcome } from '../../api-keys/management/import/import-report';
import type { KeyImportService } from '../../api-keys/management/import/key-import.service';
import { fitTexts } from './record-texts';
import type { ScopeMap } from './scope-map';

/** Options of an import of documents. */
export interface ImportLinesOptions extends ImportOptions {
  /** How to translate the scopes of the other system. By default they are not translated. */
  readonly scopeMap?: ScopeMap | undefined;
}

const NOT_JSON =
  'the line is not JSON: write one document per line, in UTF-8 (mongoexport without --jsonArray)';

/**
 * Imports newline-delimited JSON, and yields the outcome of each line. Skips blank lines, and a byte order mark before the
 * first line.
 */
export async function* importLines(
  importer: KeyImportService,
  caller: Caller,
  lines: AsyncIterable<string>,
  { scopeMap, ...options }: ImportLinesOptions = {},
): AsyncGenerator<ImportOutcome> {
  let line = 0;
  for await (const written of lines) {
    line += 1;
    const text = line === 1 ? written.replace(/^\ufeff/, '') : written;
    if (text.trim() === '') continue;
    const document = parse(text);
    if (document === undefined) {
      yield { line, outcome: 'refused', reasons: [NOT_JSON] };
      continue;
    }
    const translated = translateForeignRecord(document, scopeMap);
    if (translated.reasons.length > 0) {
      yield { line, outcome: 'refused', reasons: translated.reasons };
      continue;
    }
    const { record, warnings } = fitTexts(translated.record);
    const outcome = await importer.import(caller, record, line, options);
    const all = [
      ...translated.warnings,
      ...(outcome.outcome === 'imported' ? warnings : []),
      ...(outcome.warnings ?? []),
    ];
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

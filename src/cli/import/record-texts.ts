import { isDocument } from './extended-json';

const MAX_NAME = 100;
const MAX_DESCRIPTION = 500;
const NAMELESS = 'imported key';
const UNWRITABLE = /[\p{Cc}\u2028\u2029]+/gu;

/** A record with valid texts, and warnings about the changed ones. */
export interface FittedRecord {
  readonly record: unknown;
  readonly warnings: readonly string[];
}

/**
 * Makes the name and description of a translated record valid, so that the import does not reject the record because of
 * them. Shortens texts that are too long, replaces control characters with spaces, and gives a nameless key a default
 * name.
 */
export function fitTexts(record: unknown): FittedRecord {
  if (!isDocument(record)) return { record, warnings: [] };
  const { name = '', description, ...others } = record;
  const fittedName = fitted('name', name, MAX_NAME);
  const fittedDescription = fitted('description', description, MAX_DESCRIPTION);
  const isNameless = fittedName.text === '';
  return {
    record: {
      ...others,
      name: isNameless ? NAMELESS : fittedName.text,
      ...(fittedDescription.text === undefined || fittedDescription.text === ''
        ? {}
        : { description: fittedDescription.text }),
    },
    warnings: [
      ...(isNameless ? [`without a name: named "${NAMELESS}"`] : []),
      ...fittedName.warnings,
      ...fittedDescription.warnings,
    ],
  };
}

/**
 * Returns the text without control characters, and shortened to `max`. Returns any other value unchanged, so that the
 * import rejects it.
 */
function fitted(
  field: string,
  text: unknown,
  max: number,
): { readonly text: unknown; readonly warnings: readonly string[] } {
  if (typeof text !== 'string') return { text, warnings: [] };
  const clean = text.toWellFormed().replaceAll(UNWRITABLE, ' ').trim();
  if (clean.length <= max) return { text: clean, warnings: [] };
  // Does not cut between the two code units of one character.
  const cut = clean.slice(0, max).replace(/[\ud800-\udbff]$/, '');
  return { text: cut.trim(), warnings: [`${field} is longer than ${max} characters: shortened`] };
}

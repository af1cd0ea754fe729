import { isDocument } from './extended-json';

const MAX_NAME = 100;
const MAX_DESCRIPTION = 500;
const NAMELESS = 'imported key';
const UNWRITABLE = /[\p{Cc}\u2028\u2029]+/gu;

/** A record, and what was changed in it. */
export interface FittedRecord {
  readonly record: unknown;
  readonly warnings: readonly string[];
}

/**
 * Makes the texts for people in a translated record fit, so that no key stops working because of its name. Texts that are
 * too long are shortened, control characters become spaces, and a key without a name gets one.
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
      ...(isNameless ? [`no name: called "${NAMELESS}"`] : []),
      ...fittedName.warnings,
      ...fittedDescription.warnings,
    ],
  };
}

/** What is not text is left as it is, for the import to refuse. */
function fitted(
  field: string,
  text: unknown,
  max: number,
): { readonly text: unknown; readonly warnings: readonly string[] } {
  if (typeof text !== 'string') return { text, warnings: [] };
  const clean = text.toWellFormed().replaceAll(UNWRITABLE, ' ').trim();
  if (clean.length <= max) return { text: clean, warnings: [] };
  // Not between the two code units of one character.
  const cut = clean.slice(0, max).replace(/[\ud800-\udbff]$/, '');
  return { text: cut.trim(), warnings: [`${field} is longer than ${max} characters: shortened`] };
}

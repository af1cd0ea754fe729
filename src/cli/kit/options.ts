import type { Type } from '@nestjs/common';
import { readStrictly } from '../../problems/validation';
import { UsageError } from './cli.errors';

/**
 * Reads what an operator gave under the rules that a request has.
 *
 * @param given by field; what is undefined was not given
 * @param names how each field is called at the command line
 * @throws UsageError what is wrong with each option; values are never repeated
 */
export function readOptions<T extends object>(
  type: Type<T>,
  given: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
): T {
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  const read = readStrictly(type, Object.fromEntries(present));
  if ('value' in read) return read.value;
  const named = (text: string): string =>
    text.replaceAll(/\b[a-z]+[A-Z]\w*\b/g, (word) => names[word] ?? word);
  throw new UsageError(
    read.faults.map(({ field, message }) => `${names[field.slice(1)] ?? field} ${named(message)}.`).join(' '),
  );
}

/** A whole number that was written in decimal; anything else is left as it is, for the rules to refuse. */
export function wholeNumber(text: string): unknown {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

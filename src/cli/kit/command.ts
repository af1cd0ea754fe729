import { Command } from 'commander';
import type { Type } from '@nestjs/common';
import { readStrictly } from '../../problems/validation';
import { UsageError } from './cli.errors';

/** Creates a command that throws its errors, so that one place prints them. */
export function command(name: string): Command {
  return new Command(name).exitOverride().configureOutput({ outputError: () => undefined });
}

/** Creates a command with an option to print its result for programs. */
export function resultCommand(name: string): Command {
  return command(name).option('--json', 'print one JSON document to standard output instead of text');
}

/**
 * Validates the options of a command by the rules for requests.
 *
 * @param given the values by field; `undefined` means that the option is absent
 * @param names the option of each field
 * @throws UsageError what is wrong with each option; never repeats values
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

/** Reads a whole decimal number. Returns anything else unchanged, and the validation rejects it. */
export function wholeNumber(text: string): unknown {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

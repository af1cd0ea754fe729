import { Command } from 'commander';
import type { Type } from '@nestjs/common';
import { readStrictly } from '../../problems/validation';
import { UsageError } from './cli.errors';

/** Creates a command that throws its errors instead of printing them, so that one place prints all errors. */
export function command(name: string): Command {
  return new Command(name).exitOverride().configureOutput({ outputError: () => undefined });
}

/** Creates a command with the option `--json`, which prints the result for programs. */
export function resultCommand(name: string): Command {
  return command(name).option('--json', 'print one JSON document to standard output instead of text');
}

/**
 * Validates the options of a command with the rules that also apply to requests.
 *
 * @param given the values by field; `undefined` means that the option is absent
 * @param names the name of the option for each field
 * @throws UsageError with what is wrong with each option; never repeats values
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

/**
 * Converts text to a number if it is a whole decimal number. Returns any other text unchanged, so that the validation
 * rejects it.
 */
export function wholeNumber(text: string): unknown {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

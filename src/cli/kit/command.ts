import { Command } from 'commander';
import type { Type } from '@nestjs/common';
import { readStrictly } from '../../problems/validation';
import { UsageError } from './cli.errors';

/** A command whose faults are thrown, and told in one place. */
export function command(name: string): Command {
  return new Command(name).exitOverride().configureOutput({ outputError: () => undefined });
}

/** A command with a result that programs read. */
export function resultCommand(name: string): Command {
  return command(name).option('--json', 'one JSON document on standard output, instead of text for people');
}

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

import { Command } from 'commander';

/** A command whose faults are thrown, and told in one place. */
export function command(name: string): Command {
  return new Command(name).exitOverride().configureOutput({ outputError: () => undefined });
}

/** A command with a result that programs read. */
export function resultCommand(name: string): Command {
  return command(name).option('--json', 'one JSON document on standard output, instead of text for people');
}

import { ConfigurationError } from '../config/configuration.error';

/** Ends the process because it cannot start: one line for a fault of the set-up, everything for one of ours. */
export function exitUnstarted(error: unknown): never {
  const shown =
    error instanceof ConfigurationError ? error.message : error instanceof Error ? error.stack : error;
  process.stderr.write(`keyward: ${String(shown)}\n`);
  process.exit(1);
}

import { ConfigurationError } from '../problems/configuration.error';
import { redactionOf, shown } from '../common/redaction';

/** Ends the process because it cannot start: one line for a fault of the set-up, everything for one of ours. */
export function exitUnstarted(error: unknown): never {
  const text = error instanceof ConfigurationError ? error.message : shown(error);
  process.stderr.write(`keyward: ${redactionOf()(text)}\n`);
  process.exit(1);
}

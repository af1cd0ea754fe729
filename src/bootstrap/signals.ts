import { ConfigurationError } from '../problems/configuration.error';
import { redactionOf, shown } from '../common/redaction';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Shuts the process down. */
type Ending = () => Promise<void>;

let ending: Ending | undefined;
let isEnding = false;

/**
 * Handles a signal. Before {@link endBy} is called, the process exits immediately, because there are no requests yet.
 */
function end(): void {
  if (isEnding) return;
  isEnding = true;
  if (ending === undefined) process.exit(0);
  void ending();
}

/** Listens for the signals that stop the service. Call it first, so that no signal is lost. */
export function listenForSignals(): void {
  for (const signal of SIGNALS) process.on(signal, end);
}

/** Sets how a signal stops the process from now on. Repeated signals have no effect: terminals and npm send them twice. */
export function endBy(given: Ending): void {
  ending = given;
}

/**
 * Exits because the service cannot start. Writes one line for an invalid configuration, and the stack trace for any
 * other error.
 */
export function exitUnstarted(error: unknown): never {
  const text = error instanceof ConfigurationError ? error.message : shown(error);
  process.stderr.write(`keyward: ${redactionOf()(text)}\n`);
  process.exit(1);
}

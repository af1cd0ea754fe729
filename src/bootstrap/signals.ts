import { ConfigurationError } from '../problems/configuration.error';
import { redactionOf, shown } from '../common/redaction';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Ends the process in good order. */
type Ending = () => Promise<void>;

let ending: Ending | undefined;
let isEnding = false;

/** Nothing is in flight before the service listens: until an ending is set, a signal ends the process at once. */
function end(): void {
  if (isEnding) return;
  isEnding = true;
  if (ending === undefined) process.exit(0);
  void ending();
}

/** Listens for the signals that end a service; called before anything else, so that none is lost. */
export function listenForSignals(): void {
  for (const signal of SIGNALS) process.on(signal, end);
}

/** Says how the process ends from now on. Repeated signals change nothing: terminals and npm send them twice. */
export function endBy(given: Ending): void {
  ending = given;
}

/** Ends the process because it cannot start: one line for a fault of the set-up, everything for one of ours. */
export function exitUnstarted(error: unknown): never {
  const text = error instanceof ConfigurationError ? error.message : shown(error);
  process.stderr.write(`keyward: ${redactionOf()(text)}\n`);
  process.exit(1);
}

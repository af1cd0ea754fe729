import { KeywardError } from './keyward.error';

/**
 * The service or the module was set up in a way it refuses to run with. The message is one sentence for the
 * operator: what is wrong, and what to do. There is no stack trace to print: the fault is not in the code.
 */
export class ConfigurationError extends KeywardError {
  constructor(message: string) {
    super('configuration_refused', message);
    this.name = 'ConfigurationError';
    this.stack = `${this.name}: ${message}`;
    // An application that prints the error prints the sentence and nothing else.
    for (const field of ['name', 'code', 'extensions']) {
      Object.defineProperty(this, field, { enumerable: false });
    }
  }
}

/** The set-up may be right, and what it names cannot be reached: waiting or starting it may help. */
export class UnreachableError extends ConfigurationError {}

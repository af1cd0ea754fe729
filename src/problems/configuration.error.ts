import { KeywardError } from './keyward.error';

/**
 * Invalid configuration: the service or the module does not run with it. The message is one sentence for the operator: what
 * is wrong, and what to do. It has no stack trace, because the fault is not in the code.
 */
export class ConfigurationError extends KeywardError {
  constructor(message: string) {
    super('configuration_refused', message);
    this.name = 'ConfigurationError';
    this.stack = `${this.name}: ${message}`;
    // An application that prints the error prints only the sentence.
    for (const field of ['name', 'code', 'extensions']) {
      Object.defineProperty(this, field, { enumerable: false });
    }
  }
}

/** Something that the configuration names is unreachable. The configuration may be right: start that part, or wait. */
export class UnreachableError extends ConfigurationError {}

import { KeywardError } from './keyward.error';

/**
 * The configuration is invalid, so the service or the module does not start. The message tells the operator in one
 * sentence what is wrong and what to do. The error has no stack trace, because the fault is not in the code.
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

/** A system that the configuration names is unreachable. The configuration may be valid: start that system, or wait. */
export class UnreachableError extends ConfigurationError {}

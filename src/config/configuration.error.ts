/**
 * The service or the module was set up in a way it refuses to run with. The message is one sentence for the
 * operator: what is wrong, and what to do. There is no stack trace to print: the fault is not in the code.
 */
export class ConfigurationError extends Error {
  readonly code = 'configuration_refused';

  constructor(message: string) {
    super(message);
    this.name = 'ConfigurationError';
    this.stack = `${this.name}: ${message}`;
  }
}

/**
 * The service or the module was set up in a way it refuses to run with. The message is one sentence for the
 * operator: what is wrong, and what to do. There is no stack trace to print: the fault is not in the code.
 */
export class ConfigurationError extends Error {
  constructor(message: string) {
    super(message);
    Object.defineProperty(this, 'name', { value: 'ConfigurationError', enumerable: false });
    this.stack = `${this.name}: ${message}`;
  }

  /** Not a field, so that an application that prints the error prints the sentence and nothing else. */
  get code(): 'configuration_refused' {
    return 'configuration_refused';
  }
}

/** The set-up may be right, and what it names cannot be reached: waiting or starting it may help. */
export class UnreachableError extends ConfigurationError {}

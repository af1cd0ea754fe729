import type { ProblemExtensions } from './problem';
import type { ProblemCode } from './problem-catalogue';

/**
 * What Keyward's own code throws: an error with a stable code that means the same in a program and over HTTP.
 *
 * @example
 * try {
 *   await apiKeys.update(caller, id, { enabled: true });
 * } catch (error) {
 *   if (error instanceof KeywardError && error.code === 'delegation_exceeded') …
 * }
 */
export class KeywardError extends Error {
  constructor(
    readonly code: ProblemCode,
    message: string,
    readonly extensions: ProblemExtensions = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

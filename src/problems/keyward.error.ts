import type { ProblemExtensions } from './problem';
import { isProblemCode, type ProblemCode } from './problem-catalogue';

/**
 * A code that only programs receive. Over HTTP, such an error is `internal_error`, and only the log contains its
 * message.
 */
export type FaultCode =
  | 'configuration_refused'
  | 'issuer_fault'
  | 'key_id_taken'
  | 'misuse'
  | 'rate_limiter_fault'
  | 'storage_fault'
  | 'usage_not_written';

/** A code of one of Keyward's errors. `docs/problems.md` explains each. */
export type ErrorCode = ProblemCode | FaultCode;

/**
 * The base class of the errors that Keyward throws. Each has a stable code. A problem code has the same meaning in a
 * program and over HTTP.
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
    readonly code: ErrorCode,
    message: string,
    readonly extensions: ProblemExtensions = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Returns whether an HTTP client may receive the code and the message of an error. */
export function isForClients(error: unknown): error is KeywardError {
  return error instanceof KeywardError && isProblemCode(error.code) && error.code !== 'internal_error';
}

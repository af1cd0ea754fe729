/** Thrown if a kind of server is not available on this machine. The next kind is tried then. */
export class MongoServerUnavailable extends Error {
  override readonly name = 'MongoServerUnavailable';
}

/**
 * Returns the message of an error and of its cause. Does not use `instanceof`, because errors of Node's own modules are
 * not instances of `Error` inside a jest test.
 */
export function messageOf(error: unknown): string {
  const message = textOf(error, 'message');
  if (message === '') return String(error);
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  const reason = textOf(cause, 'message');
  return message.includes(reason) ? message : `${message}: ${reason}`;
}

export function textOf(value: unknown, property: string): string {
  if (typeof value !== 'object' || value === null) return '';
  const text = (value as Record<string, unknown>)[property];
  return typeof text === 'string' ? text.trim() : '';
}

/** This kind of server is not available here, so the next kind is tried. */
export class MongoServerUnavailable extends Error {
  override readonly name = 'MongoServerUnavailable';
}

/** Checked by shape: inside a jest test, errors of Node's own modules are not instances of the test's `Error`. */
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

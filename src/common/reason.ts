/** Returns the message of an error for a log line; `unknown error` if what was thrown is none. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}

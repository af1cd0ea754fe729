/** Returns the message of an error for a log line; `unknown error` if the thrown value is not an `Error`. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}

const MAX_TRIES = 5;

/**
 * Tries a change several times, until no other change is written between its read and its write.
 *
 * @param attempt reads, decides and writes; returns `undefined` if another change came first
 * @param lost creates the error to throw after the last attempt
 * @param tries the maximum number of attempts; default 5
 */
export async function retried<T>(
  attempt: () => Promise<T | undefined>,
  lost: () => Error,
  tries = MAX_TRIES,
): Promise<T> {
  for (let made = 0; made < tries; made += 1) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw lost();
}

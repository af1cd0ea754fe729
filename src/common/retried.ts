const MAX_TRIES = 5;

/**
 * Tries a change up to five times, until no other change is written between its read and its write.
 *
 * @param attempt reads, decides and writes; returns `undefined` if another change came first
 * @param lost creates the error to throw after the last attempt
 */
export async function retried<T>(attempt: () => Promise<T | undefined>, lost: () => Error): Promise<T> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw lost();
}

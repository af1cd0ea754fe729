const MAX_TRIES = 5;

/**
 * Tries a change until no other change comes between its read and its write: at most five times.
 *
 * @param attempt reads, decides and writes; `undefined` if another change came first
 * @param lost makes the error that is thrown after the last try
 */
export async function retried<T>(attempt: () => Promise<T | undefined>, lost: () => Error): Promise<T> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw lost();
}

/**
 * Waits for an answer, and rejects after a timeout. Still accepts an answer that has arrived but is not read yet. A
 * busy process runs timers first, and its own load must not look like an outage of the other system.
 *
 * @throws Error if there is no answer in time, or the error of the answer
 */
export async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    // Between timers and immediates, the event loop reads what has arrived.
    timer = setTimeout(() => setImmediate(() => reject(new Error(`no answer within ${ms} ms`))), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

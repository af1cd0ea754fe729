/**
 * Gives up what takes too long. When the time is up it still takes an answer that has already arrived: in a busy
 * process timers come before the answers that wait to be read, and a load of our own is no outage of the other side.
 *
 * @throws Error if there is no answer in time, or what the answer fails with
 */
export async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    // The event loop reads what arrived between a timer and an immediate.
    timer = setTimeout(() => setImmediate(() => reject(new Error(`no answer within ${ms} ms`))), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

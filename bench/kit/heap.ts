/** Runs the garbage collector, and returns the number of heap bytes in use. */
export function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc, as `npm run bench` does');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** Bytes of heap in use once all garbage is collected. */
export function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc, as `npm run bench` does');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

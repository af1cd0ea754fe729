/** Returns the bytes of heap in use after all garbage is collected. */
export function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc, as `npm run bench` does');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Runs the garbage collector, and returns the number of heap bytes in use. Finalizers and weak maps may need a second
 * collection.
 */
export function heapUsed(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

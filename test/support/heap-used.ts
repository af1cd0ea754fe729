import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Returns the bytes of heap in use after garbage collection. Collects twice, because finalizers and weak maps may need
 * it.
 */
export function heapUsed(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

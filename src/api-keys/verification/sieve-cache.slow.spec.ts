import { heapUsed } from '../../../test/support/heap-used';
import { SieveCache } from './sieve-cache';

describe('a SIEVE cache', () => {
  it.each<[string, (cache: SieveCache<object>, index: number) => void]>([
    ['values are replaced', (cache, index) => cache.set(`key ${index % 20}`, { index })],
    [
      'entries are deleted and added again',
      (cache, index) => {
        cache.delete(`key ${index % 20}`);
        cache.set(`key ${index % 20}`, { index });
      },
    ],
    ['entries are evicted', (cache, index) => cache.set(`key ${index}`, { index })],
  ])('does not grow in memory while %s 300,000 times [T43]', (_how, change) => {
    const cache = new SieveCache<object>(100);
    for (let index = 0; index < 1000; index += 1) change(cache, index);
    const before = heapUsed();
    for (let index = 0; index < 300_000; index += 1) change(cache, index);
    expect(cache.size).toBeGreaterThan(0);
    expect(heapUsed() - before).toBeLessThan(3 * 1024 * 1024);
  });
});

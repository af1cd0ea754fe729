import { register } from 'prom-client';
import { tallyOf } from './tally';

async function told(name: string): Promise<string[]> {
  return (await register.getSingleMetricAsString(name)).split('\n').filter((line) => !line.startsWith('#'));
}

describe('a tally', () => {
  it('is exported with the value 0 before the first increase, and with its current value later', async () => {
    const hits = tallyOf('test_cache_total', 'Looks.', { result: 'hit' });
    tallyOf('test_cache_total', 'Looks.', { result: 'miss' });
    expect(await told('test_cache_total')).toEqual([
      'test_cache_total{result="hit"} 0',
      'test_cache_total{result="miss"} 0',
    ]);
    hits.value += 3;
    expect(await told('test_cache_total')).toContain('test_cache_total{result="hit"} 3');
    expect(await told('test_cache_total')).toContain('test_cache_total{result="hit"} 3');
  });

  it('is shared by all modules of a process, even if they use two copies of the package', async () => {
    tallyOf('test_shared_total', 'Shared.', { part: 'a' }).value += 1;
    tallyOf('test_shared_total', 'Shared.', { part: 'a' }).value += 1;
    jest.isolateModules(() => {
      jest.doMock('prom-client', () => ({ register, Counter: jest.requireActual('prom-client').Counter }));
      const copy = require('./tally') as typeof import('./tally');
      expect(copy.tallyOf).not.toBe(tallyOf);
      copy.tallyOf('test_shared_total', 'Shared.', { part: 'a' }).value += 1;
    });
    expect(await told('test_shared_total')).toEqual(['test_shared_total{part="a"} 3']);
  });
});

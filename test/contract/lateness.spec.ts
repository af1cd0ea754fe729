import { setTimeout as pause } from 'node:timers/promises';
import { timed } from '../support/lateness';

function compute(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('the time that a test compares with a promised time', () => {
  it('counts what was waited for', async () => {
    const { result, ms } = await timed(async () => pause(400, 'done'));
    expect(result).toBe('done');
    // Even beside other processes; on an idle machine it is 400.
    expect(ms).toBeGreaterThan(100);
    expect(ms).toBeLessThan(440);
  });

  it('leaves out the time in which this process could not run', async () => {
    const { ms } = await timed(async () => {
      await pause(100);
      compute(600);
      await pause(100);
    });
    expect(ms).toBeLessThan(260);
  });

  it('leaves out a delay that ends with the operation', async () => {
    const { ms } = await timed(async () => compute(600));
    expect(ms).toBeLessThan(100);
  });
});

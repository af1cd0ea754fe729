import { setTimeout as pause } from 'node:timers/promises';
import { timed } from '../support/lateness';
import { eventually } from '../support/patience';

function compute(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('the duration that a test compares with a time limit', () => {
  it('includes waiting time', async () => {
    // Other processes can delay this one during any single try.
    const last = await eventually(
      () => timed(async () => pause(400, 'done')),
      ({ ms }) => ms > 300,
    );
    expect(last.result).toBe('done');
    expect(last.ms).toBeLessThan(440);
  });

  it('excludes time in which this process could not run', async () => {
    const { ms } = await timed(async () => {
      await pause(100);
      compute(600);
      await pause(100);
    });
    expect(ms).toBeLessThan(260);
  });

  it('excludes a delay that ends with the operation', async () => {
    const { ms } = await timed(async () => compute(600));
    expect(ms).toBeLessThan(100);
  });
});

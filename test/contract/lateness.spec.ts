import { setTimeout as pause } from 'node:timers/promises';
import { timed } from '../support/lateness';
import { eventually } from '../support/patience';

function compute(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('the time that a test compares with a promised time', () => {
  it('counts what was waited for', async () => {
    // Other processes can hold this one up during any single try.
    const last = await eventually(
      () => timed(async () => pause(400, 'done')),
      ({ ms }) => ms > 300,
    );
    expect(last.result).toBe('done');
    expect(last.ms).toBeLessThan(440);
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

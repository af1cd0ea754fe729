import { RereadTurns } from './reread-turns';

const INTERVAL_MS = 20;
const KEY = { id: '01jd8x4k2m6n8p0q2r4s6t8v0w' };

function keepProcessBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('a key that is read again because of wrong secrets', () => {
  it('is read once more for two waiting secrets, even if the timer of that read is late', async () => {
    const secrets = new RereadTurns<object, number>(INTERVAL_MS);
    let reads = 0;
    const present = async (): Promise<number> =>
      secrets.readAgain(KEY, performance.now(), async () => (reads += 1));
    await present();
    const early = present();
    keepProcessBusy(2 * INTERVAL_MS);
    const late = present();
    expect(await Promise.all([early, late])).toEqual([2, 2]);
    expect(reads).toBe(2);
  });

  it('is read again for a secret that was presented after the last read began', async () => {
    const secrets = new RereadTurns<object, number>(INTERVAL_MS);
    let reads = 0;
    const read = async (): Promise<number> => (reads += 1);
    const arrivedAt = performance.now();
    expect(await secrets.readAgain(KEY, arrivedAt, read)).toBe(1);
    expect(await secrets.readAgain(KEY, arrivedAt, read)).toBe(1);
    keepProcessBusy(2 * INTERVAL_MS);
    expect(await secrets.readAgain(KEY, performance.now(), read)).toBe(2);
  });
});

import { MemoryLeaseRepository } from './storage/memory-event.repository';
import { Lease } from './lease';

const LENGTH = 10_000;

let time: number;
let leases: MemoryLeaseRepository;

beforeEach(() => {
  time = 1_000_000;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  leases = new MemoryLeaseRepository();
});
afterEach(() => jest.restoreAllMocks());

const instance = (): Lease => new Lease(leases, 'events', LENGTH);
/** Renews a lease twice, with this time between. */
async function watch(lease: Lease, ms: number): Promise<boolean> {
  await lease.renew();
  time += ms;
  return lease.renew();
}

describe('a lease', () => {
  it('goes to the first instance that asks for it, and to no other', async () => {
    const [one, other] = [instance(), instance()];
    await expect(one.renew()).resolves.toBe(true);
    await expect(other.renew()).resolves.toBe(false);
    expect([one.isHeld, other.isHeld]).toEqual([true, false]);
  });

  it('goes to exactly one of ten instances that ask for it at the same time', async () => {
    for (let round = 0; round < 20; round += 1) {
      leases = new MemoryLeaseRepository();
      const rivals = Array.from({ length: 10 }, instance);
      const won = await Promise.all(rivals.map(async (rival) => rival.renew()));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(rivals.filter(({ isHeld }) => isHeld)).toHaveLength(1);
    }
  });

  it('stays with the holder as long as the holder renews it', async () => {
    const [one, other] = [instance(), instance()];
    await one.renew();
    for (let round = 0; round < 20; round += 1) {
      time += LENGTH / 2;
      await expect(one.renew()).resolves.toBe(true);
      await expect(other.renew()).resolves.toBe(false);
    }
  });

  it('expires if its holder does not renew it, before another instance can take it', async () => {
    const [dead, other] = [instance(), instance()];
    await dead.renew();
    await other.renew();
    time += LENGTH - 1;
    expect([dead.isHeld, await other.renew()]).toEqual([true, false]);
    time += 1;
    expect(dead.isHeld).toBe(false);
    await expect(other.renew()).resolves.toBe(true);
  });

  it('is not taken by an instance that has just started, even if the last renewal is old', async () => {
    await instance().renew();
    time += 100 * LENGTH;
    const late = instance();
    await expect(late.renew()).resolves.toBe(false);
    await expect(watch(late, LENGTH)).resolves.toBe(true);
  });

  it('is not renewed by a slow holder after another instance has taken it', async () => {
    const [slow, other] = [instance(), instance()];
    await slow.renew();
    await watch(other, LENGTH);
    expect(slow.isHeld).toBe(false);
    await expect(slow.renew()).resolves.toBe(false);
    expect([slow.isHeld, other.isHeld]).toEqual([false, true]);
  });

  it('is free immediately after its release', async () => {
    const [one, other] = [instance(), instance()];
    await one.renew();
    await other.renew();
    await one.release();
    expect(one.isHeld).toBe(false);
    await expect(other.renew()).resolves.toBe(true);
  });

  it('stays with its new holder when the previous holder releases it late', async () => {
    const [one, other] = [instance(), instance()];
    await one.renew();
    await watch(other, LENGTH);
    await one.release();
    await expect(instance().renew()).resolves.toBe(false);
    expect(other.isHeld).toBe(true);
  });

  it('is not released by a holder that does not know that it has lost it', async () => {
    const one = instance();
    await one.renew();
    await leases.write('events', { holder: 'somebody else', beat: 2 });
    expect(one.isHeld).toBe(true);
    await one.release();
    await expect(leases.read('events')).resolves.toMatchObject({ holder: 'somebody else', beat: 2 });
  });

  it('expires if the store is unreachable for the whole length of the lease', async () => {
    const lease = instance();
    await lease.renew();
    jest.spyOn(leases, 'read').mockRejectedValue(new Error('unreachable'));
    time += LENGTH / 2;
    await expect(lease.renew()).rejects.toThrow('unreachable');
    expect(lease.isHeld).toBe(true);
    time += LENGTH / 2;
    expect(lease.isHeld).toBe(false);
  });

  it('passes the progress to the next holder', async () => {
    const [one, other] = [instance(), instance()];
    const far = new Date('2030-01-01T00:00:00Z');
    await one.renew();
    expect(one.progress).toBeUndefined();
    one.progress = far;
    await one.renew();
    await watch(other, LENGTH);
    expect(other.progress).toEqual(far);
    other.progress = new Date('2030-01-02T00:00:00Z');
    await other.release();
    const next = instance();
    await next.renew();
    expect(next.progress).toEqual(new Date('2030-01-02T00:00:00Z'));
  });
});

import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import { ConfigurationError } from '../../problems/configuration.error';
import type { Charge } from '../ports/rate-limiter';
import { COUNT_SCRIPT, COUNT_SCRIPT_SHA } from './count-script';
import { RateLimiterFaultError, RateLimiterUnavailableError } from './limits.errors';
import type { RedisClient } from './redis-client';
import { SharedRateLimiter } from './shared-rate-limiter';

const of = (id: string, kind: Charge['kind'] = 'key', windowSeconds = 60): Charge => ({
  kind,
  id,
  limits: [{ name: 'default', limit: 2, windowSeconds }],
});
const [acme, globex] = [of('acme'), of('globex')];
const warn = jest.spyOn(Logger.prototype, 'warn');
const logged = jest.spyOn(Logger.prototype, 'error');

type Increment = jest.Mock<Promise<readonly number[]>, unknown[]>;

/** Returns a client whose Redis knows the script. */
function redis(status = 'ready'): { client: RedisClient; increment: Increment; load: Increment } {
  const [increment, load]: Increment[] = [jest.fn(), jest.fn()];
  const client = Object.assign(new EventEmitter(), { status, evalsha: increment, eval: load });
  return {
    client: client as unknown as RedisClient,
    increment: increment as Increment,
    load: load as Increment,
  };
}

/** Returns an error with which Redis answers. */
const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });

/** Never answers. */
const hang = async (): Promise<never> => new Promise(() => undefined);

beforeEach(() => {
  jest.useFakeTimers({ now: new Date('2027-01-31T12:00:00.000Z') });
  warn.mockReset();
  logged.mockReset();
});
afterEach(() => void jest.useRealTimers());

describe('requests counted in Redis', () => {
  it('get a state that is computed from the count in Redis and the limit of the key', async () => {
    const { client, increment } = redis();
    const limiter = new SharedRateLimiter(client, 'local');
    increment.mockResolvedValueOnce([1, 2, 41_001]).mockResolvedValueOnce([0, 2, 0]);
    const state = { of: 'key', name: 'default', limit: 2, windowSeconds: 60, remaining: 0 };
    expect(await limiter.consume([acme], 1)).toEqual({ rateLimits: [{ ...state, resetSeconds: 42 }] });
    const full = { ...state, resetSeconds: 1 };
    expect(await limiter.consume([acme], 1)).toEqual({ rateLimits: [full], refusedBy: full });
    expect(warn).not.toHaveBeenCalled();
  });

  it('send one command for all subjects, whose keys share a hash tag and have the lengths of their parts', async () => {
    const { client, increment } = redis();
    increment.mockResolvedValue([1, 1, 60_000, 1, 30_000]);
    await new SharedRateLimiter(client, 'local').consume([acme, of('1:a', 'org', 30)], 5);
    const keys = ['{keyward:limit}3:key4:acme', '{keyward:limit}3:org3:1:a'];
    expect(increment.mock.calls).toEqual([[COUNT_SCRIPT_SHA, 2, ...keys, 5, 1, 60, 2, 1, 30, 2]]);
  });

  it('send the script again if Redis has forgotten it', async () => {
    const { client, increment, load } = redis();
    increment.mockRejectedValue(reply('NOSCRIPT No matching script. Please use EVAL.'));
    load.mockResolvedValue([1, 1, 60_000]);
    const { refusedBy } = await new SharedRateLimiter(client, 'deny').consume([acme], 1);
    expect([refusedBy, load.mock.calls[0]?.[0]]).toEqual([undefined, COUNT_SCRIPT]);
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('the start', () => {
  it.each([
    "CROSSSLOT Keys in request don't hash to the same slot",
    "NOPERM this user has no permissions to run the 'evalsha' command",
    'WRONGTYPE Operation against a key holding the wrong kind of value',
    "READONLY You can't write against a read only replica.",
    "ERR Error running script (call to f_1): @user_script:9: -READONLY You can't write against a read only replica.",
    'MOVED 9189 127.0.0.1:7001',
  ])('fails if Redis answers %s [T121]', async (message) => {
    const { client, increment } = redis();
    increment.mockRejectedValue(reply(message));
    const starting = new SharedRateLimiter(client, 'local').onModuleInit();
    await expect(starting).rejects.toThrow(ConfigurationError);
    await expect(starting).rejects.toThrow(`Redis rejects the script that counts requests (${message})`);
  });

  it.each([
    ['loads its data', async () => Promise.reject(reply('LOADING Redis is loading the dataset in memory'))],
    ['is unreachable', async () => Promise.reject(new Error('ECONNREFUSED'))],
    ['hangs', hang],
  ])('continues if Redis %s', async (_what, answer) => {
    const { client, increment } = redis();
    increment.mockImplementation(answer);
    const starting = new SharedRateLimiter(client, 'local').onModuleInit();
    await jest.advanceTimersByTimeAsync(1100);
    await expect(starting).resolves.toBeUndefined();
  });

  it('waits at most one second for a connection, and does not count without one', async () => {
    const { client, increment } = redis('connecting');
    const starting = new SharedRateLimiter(client, 'local').onModuleInit();
    await jest.advanceTimersByTimeAsync(1100);
    await expect(starting).resolves.toBeUndefined();
    expect(increment).not.toHaveBeenCalled();
  });
});

describe('requests while Redis is misconfigured', () => {
  it.each(['NOPERM no permissions', 'WRONGTYPE Operation against a key'])(
    'get an error that is no outage with onOutage deny, and the log names the reason: %s [T121]',
    async (message) => {
      const { client, increment } = redis();
      increment.mockRejectedValue(reply(message));
      await expect(new SharedRateLimiter(client, 'deny').consume([acme], 1)).rejects.toThrow(
        RateLimiterFaultError,
      );
      expect(logged).toHaveBeenCalledWith(`Redis is misconfigured and did not count a request: ${message}`);
      expect(warn).not.toHaveBeenCalled();
    },
  );

  it('are an outage while another server becomes the primary', async () => {
    const { client, increment } = redis();
    increment.mockRejectedValue(reply("READONLY You can't write against a read only replica."));
    await expect(new SharedRateLimiter(client, 'deny').consume([acme], 1)).rejects.toThrow(
      RateLimiterUnavailableError,
    );
  });
});

describe('requests while Redis fails', () => {
  it('are counted in this process with onOutage local', async () => {
    const { client, increment } = redis();
    increment.mockRejectedValue(new Error('ECONNREFUSED'));
    const limiter = new SharedRateLimiter(client, 'local');
    const allowed: boolean[] = [];
    for (let time = 0; time < 3; time += 1)
      allowed.push((await limiter.consume([acme], 1)).refusedBy === undefined);
    expect(allowed).toEqual([true, true, false]);
    expect(warn).toHaveBeenCalledWith('Redis did not count a request: ECONNREFUSED');
  });

  it('are rejected with onOutage deny, also during the pause after a failure', async () => {
    const { client, increment } = redis();
    const cause = new Error('ECONNREFUSED');
    increment.mockRejectedValue(cause);
    const limiter = new SharedRateLimiter(client, 'deny');
    await expect(limiter.consume([acme], 1)).rejects.toMatchObject({
      code: 'rate_limiter_unavailable',
      cause,
    });
    await expect(limiter.consume([acme], 1)).rejects.toThrow(RateLimiterUnavailableError);
    expect(increment).toHaveBeenCalledTimes(1);
  });

  it.each(['local', 'deny'] as const)('use Redis again after one second with onOutage %s', async (choice) => {
    const { client, increment } = redis();
    increment.mockRejectedValueOnce(new Error('ECONNREFUSED')).mockResolvedValue([1, 1, 60_000]);
    const limiter = new SharedRateLimiter(client, choice);
    const consume = async (subject: Charge): Promise<unknown> =>
      limiter.consume([subject], 1).catch((error: unknown) => error);
    await consume(acme);
    jest.advanceTimersByTime(999);
    await consume(globex);
    expect(increment).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(1);
    expect(await consume(globex)).toMatchObject({ rateLimits: [{ remaining: 1 }] });
    expect(increment).toHaveBeenCalledTimes(2);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('cause another pause if Redis fails again', async () => {
    const { client, increment } = redis();
    increment.mockRejectedValue(new Error('ECONNREFUSED'));
    const limiter = new SharedRateLimiter(client, 'local');
    for (let time = 0; time < 2; time += 1) {
      await limiter.consume([acme], 1);
      await limiter.consume([acme], 1);
      jest.advanceTimersByTime(1000);
    }
    expect(increment).toHaveBeenCalledTimes(2);
  });

  it('are counted in this process if Redis fails with a value that is not an Error', async () => {
    const { client, increment } = redis();
    increment.mockRejectedValue('away');
    const limiter = new SharedRateLimiter(client, 'local');
    expect(await limiter.consume([acme], 1)).toMatchObject({ rateLimits: [{ remaining: 1 }] });
    expect(warn).toHaveBeenCalledWith('Redis did not count a request: unknown error');
  });
});

describe('a request while Redis hangs', () => {
  it.each([
    ['local', { rateLimits: [expect.objectContaining({ remaining: 1 })] }],
    ['deny', { code: 'rate_limiter_unavailable' }],
  ] as const)('waits at most 300 ms with onOutage %s', async (choice, outcome) => {
    const { client, increment } = redis();
    increment.mockImplementation(hang);
    const limiter = new SharedRateLimiter(client, choice);
    const settled = jest.fn();
    void limiter.consume([acme], 1).then(settled, settled);
    await jest.advanceTimersByTimeAsync(299);
    expect(settled).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(10);
    expect(settled).toHaveBeenCalledWith(expect.objectContaining(outcome));
  });

  it('is the only one that waits, because the next request does not use Redis', async () => {
    const { client, increment } = redis();
    increment.mockImplementation(hang);
    const limiter = new SharedRateLimiter(client, 'local');
    const first = limiter.consume([acme], 1);
    await jest.advanceTimersByTimeAsync(310);
    await first;
    expect(await limiter.consume([globex], 1)).toMatchObject({ rateLimits: [{ remaining: 1 }] });
    expect(increment).toHaveBeenCalledTimes(1);
  });
});

import { RedisConnection } from '../../src/api-keys/limits/redis-connection';
import { ApiKeysModule, type ApiKeysOptions, ConfigurationError } from 'keyward';
import { MemoriesController } from '../support/memories-host';
import { refusalOf, startHost } from '../support/two-adapters';

let timesLoaded = 0;

/** Fails as Node does for a package that is not installed. */
jest.mock('ioredis', () => {
  timesLoaded += 1;
  throw Object.assign(new Error("Cannot find module 'ioredis'"), { code: 'MODULE_NOT_FOUND' });
});

const hostWith = (options: Partial<ApiKeysOptions>): Parameters<typeof startHost>[1] => ({
  imports: [ApiKeysModule.forRoot({ storage: 'memory', ...options })],
  controllers: [MemoriesController],
});

describe('a host without the package ioredis', () => {
  it('starts if no Redis is configured, and never loads the package', async () => {
    const host = await startHost('fastify', hostWith({}));
    expect(host.app.get(RedisConnection).client).toBeUndefined();
    expect(timesLoaded).toBe(0);
    await host.app.close();
  });

  it('refuses to start if a Redis is configured, and names the command that installs the package', async () => {
    const refusal = await refusalOf('fastify', hostWith({ limits: { redisUrl: 'redis://127.0.0.1:6379' } }));
    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(refusal.message).toMatch(/^[^\n]+ ioredis is not installed: run npm install ioredis\.$/);
    expect(timesLoaded).toBe(1);
  });
});

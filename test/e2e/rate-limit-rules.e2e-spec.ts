import { Controller, Get, UseGuards } from '@nestjs/common';
import { Authenticated, type RateLimit, ScopesGuard } from 'keyward';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { startService, type TestService } from '../support/service';
import { storedKey } from '../support/stored-key';
import { ADAPTERS } from '../support/two-adapters';

const OWN: RateLimit = { limit: 10, windowSeconds: 60 };

const NO_LIMITS: readonly unknown[] = [
  { limit: 0, windowSeconds: 60 },
  { limit: -1, windowSeconds: 60 },
  { limit: 1.5, windowSeconds: 60 },
  { limit: '10', windowSeconds: 60 },
  { limit: null, windowSeconds: 60 },
  { limit: 1_000_001, windowSeconds: 60 },
  { limit: true, windowSeconds: 60 },
  { limit: [10], windowSeconds: 60 },
  { limit: 10, windowSeconds: 0 },
  { limit: 10, windowSeconds: 86_401 },
  { limit: 10, windowSeconds: 0.5 },
  { limit: 10, windowSeconds: '60' },
  { limit: 10, windowSeconds: { $gt: 0 } },
  { limit: 10 },
  { windowSeconds: 60 },
  {},
  { limit: 10, windowSeconds: 60, burst: 100 },
  [],
  [OWN],
  [10, 60],
  10,
  '10/60',
  true,
];

/** Limits that a key with {@link OWN} can or cannot grant. */
const CHILDREN: readonly (readonly [string, unknown, boolean])[] = [
  ['the same', OWN, true],
  ['fewer in the same window', { limit: 9, windowSeconds: 60 }, true],
  ['as many in a longer window', { limit: 10, windowSeconds: 61 }, true],
  ['the inherited one', undefined, true],
  ['more in the same window', { limit: 11, windowSeconds: 60 }, false],
  ['as many in a shorter window', { limit: 10, windowSeconds: 59 }, false],
  ['fewer in a shorter window', { limit: 1, windowSeconds: 1 }, false],
  ['a slower rate with a greater burst', { limit: 100, windowSeconds: 86_400 }, false],
  ['none', null, false],
];

describe('a rate limit', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory');
  });
  afterAll(async () => service.stop());

  it.each(NO_LIMITS)('is rejected with 400 if it is %j', async (rateLimit) => {
    const root = service.as(service.root.token);
    const { key } = await service.issue({});
    for (const answer of [
      await root.post('/v1/api-keys', { name: 'n', scopes: [], rateLimit }),
      await root.patch(`/v1/api-keys/${key.id}`, { rateLimit }),
    ]) {
      expect([answer.status, answer.body['code']]).toEqual([400, 'validation_failed']);
      const faults = answer.body['errors'] as readonly { field: string }[];
      for (const { field } of faults) expect(field).toMatch(/^\/rateLimit/);
    }
    expect((await storedKey(service, key.id)).version).toBe(1);
  });

  it.each([
    { limit: 1, windowSeconds: 1 },
    { limit: 1_000_000, windowSeconds: 86_400 },
  ])('is accepted if it is %j', async (rateLimit) => {
    const made = await service
      .as(service.root.token)
      .post('/v1/api-keys', { name: 'n', scopes: [], rateLimit });
    expect([made.status, made.body['rateLimit']]).toEqual([201, rateLimit]);
  });

  it.each(CHILDREN)(
    'can be granted by a key only within the limit of that key: %s',
    async (_name, rateLimit, given) => {
      const parent = await service.issue({ scopes: ['api-keys:write'], rateLimit: OWN });
      const client = service.as(parent.token);
      const made = await client.post('/v1/api-keys', { name: 'n', scopes: [], rateLimit });
      if (given) {
        expect([made.status, made.body['rateLimit']]).toEqual([201, rateLimit ?? OWN]);
        return;
      }
      const { key } = await service.issue({ rateLimit: OWN });
      for (const answer of [made, await client.patch(`/v1/api-keys/${key.id}`, { rateLimit })]) {
        expect([answer.status, answer.body['code'], answer.body['exceeded']]).toEqual([
          403,
          'delegation_exceeded',
          ['rateLimit'],
        ]);
      }
      const own = await client.patch(`/v1/api-keys/${parent.key.id}`, { rateLimit });
      expect([own.status, own.body['code']]).toEqual([403, 'delegation_exceeded']);
    },
  );
});

/** A route with the guard three times: globally, on the class and on the method. */
@Controller('thrice')
@UseGuards(ScopesGuard)
class ThriceGuardedController {
  @Get()
  @Authenticated()
  @UseGuards(ScopesGuard)
  get(): object {
    return {};
  }
}

describe.each(ADAPTERS)('a route on %s with several guards', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter, {}, { controllers: [ThriceGuardedController] });
  });
  afterAll(async () => host.close());

  it('counts each request once', async () => {
    const { token } = await host.issue({ rateLimit: { limit: 3, windowSeconds: 3600 } });
    const told = [];
    for (let time = 0; time < 4; time += 1) {
      const { status, headers } = await host.as(token).get('/thrice');
      told.push([status, headers.get('ratelimit')?.slice(0, 9)]);
    }
    expect(told).toEqual([
      [200, '"key";r=2'],
      [200, '"key";r=1'],
      [200, '"key";r=0'],
      [429, '"key";r=0'],
    ]);
  });
});

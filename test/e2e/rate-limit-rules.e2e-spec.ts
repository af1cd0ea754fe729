import { Controller, Get, UseGuards } from '@nestjs/common';
import { Authenticated, type RateLimit, ScopesGuard } from 'keyward';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { startService, type TestService } from '../support/service';
import { storedKey } from '../support/stored-key';
import { ADAPTERS } from '../support/two-adapters';

const OWN: RateLimit = { name: 'default', limit: 10, windowSeconds: 60 };

/** Values of one limit, without its name. */
const NO_LIMITS: readonly object[] = [
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
];

const NO_NAMES: readonly unknown[] = [
  undefined,
  null,
  '',
  7,
  ['default'],
  { $ne: '' },
  'Default',
  'a b',
  'a:b',
  'a"b',
  'a\n',
  'é',
  'x'.repeat(33),
];

const NO_LISTS: readonly unknown[] = [
  ...NO_LIMITS.map((each) => [{ name: 'default', ...each }]),
  ...NO_NAMES.map((name) => [{ ...OWN, name }]),
  [OWN, OWN],
  [OWN, { ...OWN, limit: 5 }],
  ['a', 'b', 'c', 'd'].map((name) => ({ name, limit: 10, windowSeconds: 60 })),
  [[OWN]],
  [null],
  [10],
  ['10/60'],
  [OWN, null],
  { 0: OWN, length: 1 },
  OWN,
  10,
  '10/60',
  true,
];

const SECOND: RateLimit = { name: 'second', limit: 100, windowSeconds: 3600 };

/** Limits that a key with {@link OWN} can or cannot grant. */
const CHILDREN: readonly (readonly [string, readonly RateLimit[] | null | undefined, boolean])[] = [
  ['the same', [OWN], true],
  ['the same under another name', [{ ...OWN, name: 'other' }], true],
  ['fewer in the same window', [{ ...OWN, limit: 9 }], true],
  ['as many in a longer window', [{ ...OWN, windowSeconds: 61 }], true],
  ['the same and another one', [OWN, SECOND], true],
  ['the inherited one', undefined, true],
  ['more in the same window', [{ ...OWN, limit: 11 }], false],
  ['as many in a shorter window', [{ ...OWN, windowSeconds: 59 }], false],
  ['fewer in a shorter window', [{ ...OWN, limit: 1, windowSeconds: 1 }], false],
  ['a slower rate with a greater burst', [{ ...OWN, limit: 100, windowSeconds: 86_400 }], false],
  ['a looser one under the same name', [{ ...SECOND, name: 'default' }], false],
  ['an empty list', [], false],
  ['none', null, false],
];

describe('rate limits', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory');
  });
  afterAll(async () => service.stop());

  it.each(NO_LISTS)('are rejected with 400 if they are %j', async (rateLimits) => {
    const root = service.as(service.root.token);
    const { key } = await service.issue({});
    for (const answer of [
      await root.post('/v1/api-keys', { name: 'n', scopes: [], rateLimits }),
      await root.patch(`/v1/api-keys/${key.id}`, { rateLimits }),
    ]) {
      expect([answer.status, answer.body['code']]).toEqual([400, 'validation_failed']);
      const faults = answer.body['errors'] as readonly { field: string }[];
      for (const { field } of faults) expect(field).toMatch(/^\/rateLimits(?:\/|$)/);
    }
    expect((await storedKey(service, key.id)).version).toBe(1);
  });

  it.each([[{ limit: 1, windowSeconds: 1 }], [{ rateLimits: [OWN] }]])(
    'are not replaced by the former field: %j is rejected with 400',
    async (rateLimit) => {
      const body = { name: 'n', scopes: [], rateLimit };
      const answer = await service.as(service.root.token).post('/v1/api-keys', body);
      expect([answer.status, answer.body['errors']]).toEqual([
        400,
        [{ field: '/rateLimit', message: 'is not a known field' }],
      ]);
    },
  );

  it.each<[readonly RateLimit[]]>([
    [[]],
    [[{ name: '._-', limit: 1, windowSeconds: 1 }]],
    [
      [
        { name: 'a', limit: 1_000_000, windowSeconds: 86_400 },
        { name: 'b', limit: 1, windowSeconds: 86_400 },
        { name: 'x'.repeat(32), limit: 1, windowSeconds: 86_400 },
      ],
    ],
  ])('are accepted if they are %j', async (rateLimits) => {
    const made = await service
      .as(service.root.token)
      .post('/v1/api-keys', { name: 'n', scopes: [], rateLimits });
    expect([made.status, made.body['rateLimits']]).toEqual([201, rateLimits]);
  });

  it.each(CHILDREN)(
    'can be granted by a key only within the limits of that key: %s [T120]',
    async (_name, rateLimits, given) => {
      const parent = await service.issue({ scopes: ['api-keys:write'], rateLimits: [OWN] });
      const client = service.as(parent.token);
      const made = await client.post('/v1/api-keys', { name: 'n', scopes: [], rateLimits });
      if (given) {
        expect([made.status, made.body['rateLimits']]).toEqual([201, rateLimits ?? [OWN]]);
        return;
      }
      const { key } = await service.issue({ rateLimits: [OWN] });
      for (const answer of [made, await client.patch(`/v1/api-keys/${key.id}`, { rateLimits })]) {
        expect([answer.status, answer.body['code'], answer.body['exceeded']]).toEqual([
          403,
          'delegation_exceeded',
          ['rateLimits'],
        ]);
      }
      const own = await client.patch(`/v1/api-keys/${parent.key.id}`, { rateLimits });
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
    const { token } = await host.issue({ rateLimits: [{ name: 'default', limit: 3, windowSeconds: 3600 }] });
    const told = [];
    for (let time = 0; time < 4; time += 1) {
      const { status, headers } = await host.as(token).get('/thrice');
      told.push([status, headers.get('ratelimit')?.slice(0, 17)]);
    }
    expect(told).toEqual([
      [200, '"key:default";r=2'],
      [200, '"key:default";r=1'],
      [200, '"key:default";r=0'],
      [429, '"key:default";r=0'],
    ]);
  });
});

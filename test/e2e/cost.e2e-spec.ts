import { Controller, Get, Module } from '@nestjs/common';
import { Args, Field, Int, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Authenticated, Cost, type RateLimit, RequireScopes, SelfScoped } from 'keyward';
import {
  GRAPHQL_SERVERS,
  type GraphqlAnswer,
  type GraphqlHost,
  startGraphqlHost,
} from '../support/graphql-host';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { startService, type TestService } from '../support/service';
import { bearer, connected, LIBRARIES, type Received } from '../support/sockets/socket-client';
import { startSocketsHost } from '../support/sockets/sockets-host';
import { ADAPTERS } from '../support/two-adapters';

const limited = (limit: number): { readonly rateLimits: readonly RateLimit[] } => ({
  rateLimits: [{ name: 'hourly', limit, windowSeconds: 3600 }],
});
const SELF = '/v1/api-keys/self';
const NO_COSTS: readonly unknown[] = [-1, 1001, 0.5, '5', null, true, [5], {}];

describe.each(['memory', 'mongo'] as const)(
  'the cost of a request to the service with the %s store',
  (storage) => {
    let service: TestService;
    let ask: (body: object) => ReturnType<ReturnType<TestService['as']>['post']>;

    beforeAll(async () => {
      service = await startService(storage);
      const asker = service.as((await service.issue({ scopes: ['api-keys:verify'] })).token);
      ask = async (body) => asker.post('/v1/api-keys/verify', { authenticated: true, ...body });
    });
    afterAll(async () => service.stop());

    it('counts as that many requests for verify, which names the limit without room', async () => {
      const { token } = await service.issue(limited(10));
      const first = await ask({ token, cost: 7 });
      const state = { of: 'key', name: 'hourly', limit: 10, windowSeconds: 3600 };
      expect(first.body).toMatchObject({ code: 'VALID', rateLimits: [{ ...state, remaining: 3 }] });
      expect([first.body['limit'], first.body['retryAfter']]).toEqual([undefined, undefined]);
      const second = await ask({ token, cost: 4 });
      expect(second.body).toMatchObject({
        valid: false,
        code: 'RATE_LIMITED',
        rateLimits: [{ ...state, remaining: 3 }],
        limit: state,
      });
      expect(second.body['retryAfter']).toBeGreaterThan(3500);
      expect((await ask({ token, cost: 3 })).body['code']).toBe('VALID');
      expect((await ask({ token })).body['code']).toBe('RATE_LIMITED');
    });

    it('is never rejected by a limit if it is 0, and then counts nothing', async () => {
      const { token } = await service.issue(limited(1));
      for (let time = 0; time < 3; time += 1) {
        expect((await ask({ token, cost: 0 })).body).toMatchObject({ code: 'VALID' });
        expect((await service.as(token).get('/v1/forward-auth?authenticated=1&cost=0')).status).toBe(200);
      }
      expect((await ask({ token })).body['code']).toBe('VALID');
      expect((await ask({ token })).body['code']).toBe('RATE_LIMITED');
      expect((await ask({ token, cost: 0 })).body['code']).toBe('VALID');
    });

    it('has no time for a retry if a limit never allows it, and counts nothing', async () => {
      const { token } = await service.issue(limited(10));
      const { body } = await ask({ token, cost: 11 });
      expect([body['code'], body['limit'], body['retryAfter']]).toMatchObject([
        'RATE_LIMITED',
        { name: 'hourly', limit: 10 },
        undefined,
      ]);
      const answer = await service.as(token).get('/v1/forward-auth?authenticated=1&cost=11');
      expect([answer.status, answer.body['code'], answer.headers.get('retry-after')]).toEqual([
        403,
        'cost_exceeds_limit',
        null,
      ]);
      expect(answer.body['detail']).toContain('costs more than the limit "hourly" allows');
      expect((await ask({ token, cost: 10 })).body['code']).toBe('VALID');
    });

    it.each(NO_COSTS)('is rejected by verify with 400 if it is %j, and counts nothing', async (cost) => {
      const { token } = await service.issue(limited(1));
      const { status, body } = await ask({ token, cost });
      expect([status, body['errors']]).toEqual([
        400,
        [{ field: '/cost', message: 'must be a whole number from 0 to 1000' }],
      ]);
      expect((await ask({ token })).body['code']).toBe('VALID');
    });

    it('counts for forward-auth, and clients cannot set it', async () => {
      const { token } = await service.issue(limited(10));
      const door = '/v1/forward-auth?authenticated=1&cost=5';
      const answer = await service.as(token).get(door, { 'X-Cost': '0', cost: '0' });
      expect([answer.status, answer.headers.get('ratelimit')?.slice(0, 17)]).toEqual([
        200,
        '"key:hourly";r=5;',
      ]);
      expect((await service.as(token).get(door)).status).toBe(200);
      const { status, body } = await service.as(token).get(door);
      expect([status, body['code'], body['limit']]).toMatchObject([429, 'rate_limited', { name: 'hourly' }]);
    });

    it.each(['', '-1', '1001', '0.5', '1e2', '05', '+5', 'five', '5&cost=0'])(
      'is rejected by forward-auth if it is %j, and counts nothing',
      async (cost) => {
        const { token } = await service.issue(limited(1));
        const { status, body } = await service.as(token).get(`/v1/forward-auth?authenticated=1&cost=${cost}`);
        expect([status, body['code']]).toEqual([403, 'requirement_malformed']);
        expect((await service.as(token).get(SELF)).status).toBe(200);
      },
    );
  },
);

@Controller('costs')
@Authenticated()
@Cost(2)
class CostsController {
  @Get('class')
  ofClass(): object {
    return {};
  }

  @Get('method')
  @Cost(5)
  ofMethod(): object {
    return {};
  }

  @Get('free')
  @Cost(0)
  free(): object {
    return {};
  }
}

describe.each(ADAPTERS)('@Cost() on %s', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter, {}, { controllers: [CostsController] });
  });
  afterAll(async () => host.close());

  it('sets the cost of the routes of a class, and of a method in its place', async () => {
    const client = host.as((await host.issue(limited(10))).token);
    const left = async (path: string): Promise<unknown> => {
      const { status, headers } = await client.get(`/costs/${path}`);
      return [status, /r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]];
    };
    expect(await left('class')).toEqual([200, '8']);
    expect(await left('method')).toEqual([200, '3']);
    expect(await left('method')).toEqual([429, '3']);
    expect(await left('free')).toEqual([200, undefined]);
    expect(await left('class')).toEqual([200, '1']);
    expect(await left('class')).toEqual([429, '1']);
    expect(await left('free')).toEqual([200, undefined]);
  });

  it('gets 403 with the name of a limit that never allows it', async () => {
    const { token } = await host.issue(limited(4));
    const { status, body, headers } = await host.as(token).get('/costs/method');
    expect([status, body['code'], body['limit']]).toMatchObject([
      403,
      'cost_exceeds_limit',
      { of: 'key', name: 'hourly', limit: 4 },
    ]);
    expect([headers.get('retry-after'), headers.get('ratelimit-policy')]).toEqual([
      null,
      '"key:hourly";q=4;w=3600',
    ]);
  });
});

@ObjectType()
class Search {
  @Field(() => String)
  readonly term: string = '';
}

let resolved = 0;

@Resolver(() => Search)
class SearchResolver {
  @Query(() => [Search], { nullable: true })
  @RequireScopes('memory:read')
  @SelfScoped()
  @Cost(5)
  search(@Args('hits', { type: () => Int, defaultValue: 1 }) hits: number): Search[] {
    resolved += 1;
    return Array.from({ length: hits }, (_none, index) => ({ term: `hit ${index}` }));
  }

  @ResolveField(() => String, { nullable: true })
  @RequireScopes('memory:read')
  @SelfScoped()
  @Cost(3)
  summary(): string {
    resolved += 1;
    return 'in short';
  }

  @ResolveField(() => String, { nullable: true })
  @RequireScopes('memory:read')
  @SelfScoped()
  title(): string {
    return 'title';
  }
}

@Module({ providers: [SearchResolver] })
class SearchModule {}

const codes = ({ errors = [] }: GraphqlAnswer): readonly unknown[] => [
  ...new Set(errors.map(({ extensions }) => extensions?.problem?.code)),
];
const aliases = (count: number, field: string): string =>
  `{ ${Array.from({ length: count }, (_none, index) => `a${index}: ${field}`).join(' ')} }`;

describe.each(GRAPHQL_SERVERS)('@Cost() of a GraphQL field on $server', (server) => {
  let host: GraphqlHost;

  beforeAll(async () => {
    host = await startGraphqlHost(server, { imports: [{ module: SearchModule }] });
  });
  afterAll(async () => host.close());
  beforeEach(() => void (resolved = 0));

  const tokenOf = async (limit: number): Promise<string> =>
    (await host.issue({ scopes: ['memory:read'], ...limited(limit) })).token;
  it('counts for each alias: 50 aliases of cost 5 cost 250 [T122]', async () => {
    const token = await tokenOf(251);
    expect(codes(await host.ask(token, aliases(50, 'search { term title }')))).toEqual([]);
    expect(resolved).toBe(50);
    expect(codes(await host.ask(token, '{ mine }'))).toEqual([]);
    expect(codes(await host.ask(token, '{ mine }'))).toEqual(['rate_limited']);
  });

  it('resolves only as many aliases as the limit has room for [T122]', async () => {
    expect(codes(await host.ask(await tokenOf(52), aliases(50, 'search { term }')))).toEqual([
      'rate_limited',
    ]);
    expect(resolved).toBe(10);
  });

  it('resolves at most 50 of 1,000 aliases, and none of them without cost [T122]', async () => {
    const token = await tokenOf(1000);
    expect(codes(await host.ask(token, aliases(1000, 'search { term }')))).toContain('too_many_fields');
    expect(resolved).toBe(0);
  });

  it('counts for each object and alias below the root, if the field has a cost of its own [T122]', async () => {
    const token = await tokenOf(5 + 12 * 3);
    const answer = await host.ask(token, `{ search(hits: 4) ${aliases(1000, 'summary')} }`);
    expect(codes(answer)).toEqual(['rate_limited']);
    expect(resolved).toBe(1 + 12);
  });

  it('names the limit that never allows it', async () => {
    const { errors } = await host.ask(await tokenOf(4), '{ search { term } }');
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      problem: { code: 'cost_exceeds_limit', limit: { name: 'hourly' } },
    });
  });
});

@WebSocketGateway()
class SearchGateway {
  @SubscribeMessage('search')
  @Authenticated()
  @SelfScoped()
  @Cost(5)
  search(): Received {
    return { event: 'found', data: {} };
  }
}

it.each(LIBRARIES)('@Cost() counts for each message of a WebSocket with %s', async (library) => {
  const host = await startSocketsHost(library, 'fastify', { providers: [SearchGateway] });
  const { token } = await host.issue(limited(12));
  const socket = await connected(library, host.url, bearer(token));
  const events = [];
  for (let time = 0; time < 3; time += 1) events.push(await socket.ask('search', {}));
  expect(events.map(({ event }) => event)).toEqual(['found', 'found', 'exception']);
  expect(events[2]?.data).toMatchObject({ problem: { code: 'rate_limited', limit: { name: 'hourly' } } });
  socket.close();
  await host.close();
});

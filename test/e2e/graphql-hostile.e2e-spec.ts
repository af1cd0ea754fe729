import { EventEmitter, on } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { MercuriusDriver, MercuriusFederationDriver } from '@nestjs/mercurius';
import { ApolloDriver } from '@nestjs/apollo';
import { Injectable, type Provider, UseGuards } from '@nestjs/common';
import {
  Args,
  Directive,
  Field,
  ID,
  type GqlModuleOptions,
  ObjectType,
  Query,
  ResolveField,
  ResolveReference,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import {
  type ApiKeysModuleOptions,
  Authenticated,
  type ProblemException,
  Public,
  RequireScopes,
  ScopesGuard,
  SelfScoped,
  Tenant,
  type TenantContext,
} from 'keyward';
import { KeywardTestingModule } from 'keyward/testing';
import {
  GRAPHQL_SERVERS,
  type GraphqlAnswer,
  graphqlModule,
  outcomesOf,
  startGraphqlHost,
} from '../support/graphql-host';
import { listenTo } from '../support/graphql-listener';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { until } from '../support/patience';
import { refusalOf } from '../support/two-adapters';

const news = new EventEmitter();

@Resolver()
class NewsResolver {
  @Query(() => String)
  @Public()
  open(): string {
    return 'open';
  }

  @Subscription(() => String, { resolve: ([text]: [string]) => text })
  @RequireScopes('news:read')
  news(@Args('orgId') orgId: string): AsyncIterable<unknown> {
    return on(news, orgId);
  }
}

/** A schema needs a query. */
@Resolver()
class OpenResolver {
  @Query(() => String)
  @Public()
  alone(): string {
    return 'alone';
  }
}

/** The application provides it under a token that is not a class. */
const NEWS = 'the resolver of news';

/** Only a factory under this token knows the class. */
@Resolver()
class LateResolver {
  @Subscription(() => String)
  @RequireScopes('news:read')
  late(@Args('orgId') orgId: string): AsyncIterable<unknown> {
    return on(news, orgId);
  }
}

@ObjectType()
class Story {
  @Field(() => String)
  readonly title: string = 'title';
}

@Resolver(() => Story)
class StoriesResolver {
  @Query(() => Story)
  @UseGuards(ScopesGuard)
  @Authenticated()
  @SelfScoped()
  story(): Story {
    return { title: 'title' };
  }

  @ResolveField(() => String)
  @RequireScopes('story:read')
  ending(): string {
    return 'the end';
  }
}

/** Replaces a method on its instance. Nest calls the method of the class nevertheless. */
@Resolver(() => Story)
class WrappingResolver {
  constructor() {
    this.ending = () => 'wrapped';
  }

  @Query(() => Story)
  @Public()
  first(): Story {
    return { title: 'title' };
  }

  @ResolveField(() => String)
  @RequireScopes('story:read')
  ending(): string {
    return 'the end';
  }
}

@Resolver(() => Story)
class TopicsResolver {
  @Query(() => String)
  @Public()
  nothing(): string {
    return 'nothing';
  }

  @Subscription(() => Story, { resolve: ([title]: [string]) => ({ title }) })
  @RequireScopes('story:read')
  stories(@Args('orgId') orgId: string): AsyncIterable<unknown> {
    return on(news, orgId);
  }

  @ResolveField(() => String)
  @RequireScopes('story:read')
  of(@Tenant() { orgId }: TenantContext): string {
    return String(orgId);
  }
}

/** Returns its own root type below a public field. */
@Resolver()
class RelayResolver {
  @Query('relay')
  @Public()
  relay(): object {
    return { query: {} };
  }

  @Query('mine')
  @Authenticated()
  @SelfScoped()
  mine(): string {
    return 'mine';
  }

  @Query('hidden')
  hidden(): string {
    return 'a secret';
  }
}

const RELAY: Partial<GqlModuleOptions> = {
  autoSchemaFile: false,
  typeDefs: 'type Query { relay: Relay, mine: String, hidden: String } type Relay { query: Query }',
};

@ObjectType()
@Directive('@key(fields: "id orgId")')
class Note {
  @Field(() => ID)
  readonly id: string = '';

  @Field(() => String)
  readonly orgId: string = '';
}

@Resolver(() => Note)
class NotesResolver {
  @Query(() => Note, { nullable: true })
  @Public()
  anyNote(): Note {
    return { id: '1', orgId: 'acme' };
  }

  @ResolveReference()
  @RequireScopes('note:read')
  find({ id, orgId }: Note): Note {
    return { id, orgId };
  }
}

async function start(
  driver: GqlModuleOptions['driver'],
  providers: Provider[],
  graphql: Partial<GqlModuleOptions> = {},
  options: Partial<ApiKeysModuleOptions> = {},
): Promise<MemoriesHost> {
  const adapter = driver === ApolloDriver ? 'express' : 'fastify';
  return startMemoriesHost(adapter, options, { imports: [graphqlModule(driver, graphql)], providers });
}

async function ask(
  host: MemoriesHost,
  token: string | undefined,
  query: string,
  variables: object = {},
): Promise<GraphqlAnswer> {
  return (await host.as(token).post('/graphql', { query, variables })).body;
}

const many = (count: number): string => Array.from({ length: count }, (_, at) => `f${at}: mine`).join(' ');

describe.each([
  ['Apollo', ApolloDriver],
  ['Mercurius', MercuriusDriver],
])('a field of the root type below the root on %s', (_name, driver) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await start(driver, [RelayResolver], RELAY, { guard: { undeclaredRoutes: 'deny' } });
  });

  afterAll(async () => {
    await host.close();
  });

  it('is rejected if it declares no access', async () => {
    const { data, errors } = await ask(host, undefined, '{ relay { query { hidden } } }');
    expect(data).toEqual({ relay: { query: { hidden: null } } });
    expect(errors?.map(({ extensions }) => extensions?.problem?.code)).toEqual(['access_undeclared']);
  });

  it('counts against the rate limit of its key', async () => {
    const { token } = await host.issue({
      orgId: 'acme',
      rateLimits: [{ name: 'default', limit: 2, windowSeconds: 3600 }],
    });
    const { errors } = await ask(host, token, `{ relay { query { ${many(5)} } } }`);
    expect(errors?.map(({ extensions }) => extensions?.problem?.code)).toEqual(Array(3).fill('rate_limited'));
  });

  it('counts as one of 50 root fields', async () => {
    const { token } = await host.issue({ orgId: 'acme' });
    const { errors } = await ask(host, token, `{ relay { query { ${many(100)} } } }`);
    expect(errors?.length).toBeGreaterThanOrEqual(50);
    expect(errors?.[0]?.extensions?.problem?.code).toBe('too_many_fields');
  });
});

describe.each([
  ['a factory', { provide: NewsResolver, useFactory: () => new NewsResolver() }],
  ['a value', { provide: NEWS, useValue: new NewsResolver() }],
])('a subscription of a resolver that %s provides', (_how, provider) => {
  it('ends when its key is revoked', async () => {
    const host = await start(ApolloDriver, [provider]);
    const issued = await host.issue({ orgId: 'acme', scopes: ['news:read'] });
    const client = listenTo(host.url, { token: issued.token });
    const subscription = client.subscribe('subscription { news(orgId: "acme") }');
    await until('it is open', () => news.listenerCount('acme') === 1);
    await host.revoke(issued);
    const ended = await Promise.race([subscription.ended, setTimeout(8000, 'still open')]);
    await client.close();
    await host.close();
    expect(ended).toEqual(['key_revoked']);
  });
});

describe.each([
  ['Apollo', ApolloDriver],
  ['Mercurius', MercuriusDriver],
])('a field below the root of a subscription on %s', (_name, driver) => {
  it('belongs to the tenant of its subscription', async () => {
    const host = await start(driver, [TopicsResolver]);
    const clients = await Promise.all(
      ['acme', 'globex'].map(async (orgId) => {
        const { token } = await host.issue({ orgId, scopes: ['story:read'] });
        const client = listenTo(host.url, { token });
        return {
          client,
          heard: client.subscribe(`subscription { stories(orgId: "${orgId}") { title of } }`),
        };
      }),
    );
    await until('both are open', () => news.listenerCount('acme') + news.listenerCount('globex') === 2);
    news.emit('acme', 'one');
    news.emit('globex', 'two');
    await until('both events arrive', () => clients.every(({ heard }) => heard.events.length === 1));
    await Promise.all(clients.map(async ({ client }) => client.close()));
    await host.close();
    expect(clients.map(({ heard }) => heard.events)).toEqual([
      [{ stories: { title: 'one', of: 'acme' } }],
      [{ stories: { title: 'two', of: 'globex' } }],
    ]);
  });
});

describe('the start of an application', () => {
  it('fails if Keyward cannot end the subscriptions of a resolver', async () => {
    const { message } = await refusalOf('express', {
      imports: [KeywardTestingModule.forRoot({}), graphqlModule(ApolloDriver)],
      providers: [
        OpenResolver,
        { provide: NEWS, useFactory: async () => setTimeout(50, new LateResolver()) },
      ],
    });
    expect(message).toMatch(/would not end with their key: Subscription late \(LateResolver\.late\)\. /);
  });

  it('fails if a factory provides a resolver that declares no access', async () => {
    const provider = { provide: RelayResolver, useFactory: () => new RelayResolver() };
    const { message } = await refusalOf('express', {
      imports: [KeywardTestingModule.forRoot({}), graphqlModule(ApolloDriver, RELAY)],
      providers: [provider],
    });
    expect(message).toMatch(/declare no access: Query hidden \(RelayResolver\.hidden\)/);
  });

  it('fails if Nest runs no guard for a declared field that the instance replaces', async () => {
    const { message } = await refusalOf('express', {
      imports: [
        KeywardTestingModule.forRoot({}),
        graphqlModule(ApolloDriver, { fieldResolverEnhancers: [] }),
      ],
      providers: [WrappingResolver],
    });
    expect(message).toMatch(/not enforced: Story ending \(WrappingResolver\.ending\)\. /);
  });

  it('fails with guard: false if no guard enforces the access of a field below the root', async () => {
    const { message } = await refusalOf('express', {
      imports: [KeywardTestingModule.forRoot({ guard: false }), graphqlModule(ApolloDriver)],
      providers: [StoriesResolver],
    });
    expect(message).toMatch(/no ScopesGuard enforces .*: Story ending \(StoriesResolver\.ending\)\. /);
  });
});

const note = (id: string, orgId: string): object => ({ __typename: 'Note', id, orgId });

describe('a federated Mercurius server', () => {
  it.each<[string, Partial<GqlModuleOptions>]>([
    ['version 2', { autoSchemaFile: { federation: 2 } }],
    ['version 1', { autoSchemaFile: { federation: 1 } as never }],
    [
      'a schema of its own',
      {
        autoSchemaFile: false,
        typeDefs:
          'type Query { anyNote: Note } type Note @key(fields: "id orgId") { id: ID! orgId: String! }',
      },
    ],
  ])('of %s judges each reference by its own tenant, and counts it', async (_what, graphql) => {
    const host = await start(MercuriusFederationDriver, [NotesResolver], graphql);
    const { token } = await host.issue({
      orgId: 'acme',
      scopes: ['note:read'],
      rateLimits: [{ name: 'default', limit: 2, windowSeconds: 3600 }],
    });
    const query = 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Note { id orgId } } }';
    const first = await ask(host, token, query, { of: [note('1', 'acme'), note('2', 'globex')] });
    const second = await ask(host, token, query, { of: [note('1', 'acme'), note('2', 'acme')] });
    await host.close();
    expect(first.data?.['_entities']).toEqual([{ id: '1', orgId: 'acme' }, null]);
    expect(first.errors?.map(({ extensions }) => extensions?.problem?.code)).toEqual(['binding_mismatch']);
    expect(second.errors?.map(({ extensions }) => extensions?.problem?.code)).toEqual(['rate_limited']);
  });
});

describe('Mercurius with compiled queries', () => {
  it('judges each field of each execution', async () => {
    const mercurius = GRAPHQL_SERVERS[2];
    const host = await startGraphqlHost(mercurius, { graphql: { jit: 1 } as object });
    const scopes = ['memory:read', 'note:read'];
    const acme = await host.issue({ orgId: 'acme', scopes });
    const globex = await host.issue({ orgId: 'globex', scopes });
    const query = '{ a: memories(orgId: "acme") { text note } b: memories(orgId: "globex") { text note } }';
    for (let time = 0; time < 5; time += 1) {
      const [one, other] = await Promise.all([host.ask(acme.token, query), host.ask(globex.token, query)]);
      expect(outcomesOf(one)).toEqual({ a: 'ok', b: 'binding_mismatch' });
      expect(outcomesOf(other)).toEqual({ a: 'binding_mismatch', b: 'ok' });
    }
    const variable = 'query ($of: String) { memories(orgId: $of) { text } }';
    for (let time = 0; time < 5; time += 1) {
      expect(outcomesOf(await host.ask(acme.token, variable, { of: 'acme' }))).toEqual({ memories: 'ok' });
      expect(outcomesOf(await host.ask(acme.token, variable, { of: 'globex' }))).toEqual({
        memories: 'binding_mismatch',
      });
    }
    await host.close();
  });
});

describe.each(GRAPHQL_SERVERS)('an answer of $server', (server) => {
  it('is kept from caches if it contains a guarded field', async () => {
    const host = await startGraphqlHost(server);
    const { token } = await host.issue({ orgId: 'acme' });
    const answer = await fetch(`${host.url}/graphql?query=${encodeURIComponent('{ open mine }')}`, {
      headers: { 'X-API-Key': token, 'Apollo-Require-Preflight': 'true' },
    });
    const { data } = (await answer.json()) as GraphqlAnswer;
    await host.close();
    expect(Object.keys(data ?? {})).toEqual(['open', 'mine']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});

describe.each(GRAPHQL_SERVERS)('a connection on $server', (server) => {
  it.each([['an object without a text', { token: { toString: 1, valueOf: 1 } }]])(
    'is rejected with a problem if the credential is %s',
    async (_what, parameters) => {
      const host = await startGraphqlHost(server);
      const client = listenTo(host.url, parameters);
      const ended = await client.subscribe('subscription { remembered(orgId: "acme") }').ended;
      await client.close();
      await host.close();
      expect(ended.join()).toMatch(/^(missing_credential|malformed_token)$/);
    },
  );
});

/** Throws the error that it should return. */
@Injectable()
class ThrowingGuard extends ScopesGuard {
  protected override rejectionOf({ problem }: ProblemException): Error {
    throw new Error(`thrown for ${problem.code}`);
  }
}

it('a subscription ends with the error that a guard of the application throws', async () => {
  const host = await start(ApolloDriver, [NewsResolver], {}, { guard: { use: ThrowingGuard } });
  const issued = await host.issue({ orgId: 'acme', scopes: ['news:read'] });
  const client = listenTo(host.url, { token: issued.token });
  const subscriptions = [1, 2].map(() => client.subscribe('subscription { news(orgId: "acme") }'));
  await until('both are open', () => news.listenerCount('acme') === 2);
  await host.revoke(issued);
  const ended = await Promise.all(subscriptions.map(async (each) => each.ended));
  await client.close();
  await host.close();
  expect(ended).toEqual([['thrown for key_revoked'], ['thrown for key_revoked']]);
});

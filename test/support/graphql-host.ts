import { EventEmitter, on } from 'node:events';
import { ApolloDriver } from '@nestjs/apollo';
import type { DynamicModule } from '@nestjs/common';
import {
  Args,
  Field,
  GraphQLModule,
  type GqlModuleOptions,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { MercuriusDriver } from '@nestjs/mercurius';
import {
  type ApiKeysModuleOptions,
  Authenticated,
  type Caller,
  CurrentApiKey,
  CurrentCaller,
  type CurrentKey,
  Public,
  RequireAnyScope,
  RequireScopes,
  SelfScoped,
  Tenant,
  type TenantContext,
} from 'keyward';
import { type MemoriesHost, startMemoriesHost } from './memories-host';
import type { AdapterName, HostPreparation } from './two-adapters';

/** The servers of GraphQL, each on the HTTP adapters that it supports. */
export const GRAPHQL_SERVERS = [
  { server: 'Apollo on Express', adapter: 'express', driver: ApolloDriver },
  { server: 'Apollo on Fastify', adapter: 'fastify', driver: ApolloDriver },
  { server: 'Mercurius on Fastify', adapter: 'fastify', driver: MercuriusDriver },
] as const satisfies readonly { server: string; adapter: AdapterName; driver: GqlModuleOptions['driver'] }[];

export type GraphqlServer = (typeof GRAPHQL_SERVERS)[number];

/** A rejected field is null, so that the answer has the other fields. */
const NULLABLE = { nullable: true } as const;
const OPTIONAL = { ...NULLABLE, type: () => String } as const;

/** Announces new memories to subscriptions. */
export const remembered = new EventEmitter();
remembered.setMaxListeners(0);

@ObjectType()
class Memory {
  @Field(() => String)
  readonly text: string = '';
}

/** The memories of two tenants. Their text contains the name of the tenant. */
@Resolver(() => Memory)
class MemoriesResolver {
  @Query(() => [Memory], NULLABLE)
  @RequireScopes('memory:read')
  memories(
    @Args('orgId', OPTIONAL) _orgId: string | undefined,
    @Args('projectId', OPTIONAL) _projectId: string | undefined,
    @Tenant() { orgId, projectId }: TenantContext,
  ): Memory[] {
    return [{ text: `memory of ${String(orgId)}/${String(projectId)}` }];
  }

  @Query(() => String, NULLABLE)
  @SelfScoped()
  @Authenticated()
  mine(
    @Tenant() tenant: TenantContext,
    @CurrentApiKey() key: CurrentKey,
    @CurrentCaller() caller: Caller,
  ): string {
    return `${String(tenant.orgId)} ${key.id} ${caller.actor}`;
  }

  @Query(() => String, NULLABLE)
  @RequireAnyScope('report:read', 'report:admin')
  @SelfScoped()
  report(): string {
    return 'report';
  }

  @Query(() => String, NULLABLE)
  @Public()
  open(): string {
    return 'open';
  }

  @Mutation(() => Int, NULLABLE)
  @RequireScopes('memory:write')
  remember(
    @Args('text', { type: () => String }) text: string,
    @Args('orgId', OPTIONAL) _orgId: string | undefined,
    @Tenant() { orgId }: TenantContext,
  ): number {
    return remembered.emit(`of ${String(orgId)}`, text) ? 1 : 0;
  }

  @Subscription(() => String)
  @RequireScopes('memory:read')
  remembered(
    @Args('orgId', OPTIONAL) _orgId: string | undefined,
    @Tenant() { orgId }: TenantContext,
  ): AsyncIterable<object> {
    return payloads(`of ${String(orgId)}`);
  }

  @Subscription(() => String)
  @Public()
  news(): AsyncIterable<object> {
    return payloads('news');
  }

  @ResolveField(() => String, NULLABLE)
  @RequireScopes('note:read')
  note(@Parent() { text }: Memory, @Tenant() { orgId }: TenantContext): string {
    return `note of ${String(orgId)} about ${text}`;
  }

  @ResolveField(() => Int, NULLABLE)
  size(@Parent() { text }: Memory): number {
    return text.length;
  }
}

/** Returns the payloads of a subscription. Not a generator, because a generator that waits cannot be closed. */
function payloads(name: string): AsyncIterableIterator<object> {
  const events = on(remembered, name);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: async () => {
      const { done, value } = (await events.next()) as IteratorResult<[string], undefined>;
      if (done === true) return { done, value: undefined };
      return { done: false, value: { [name === 'news' ? 'news' : 'remembered']: value[0] } };
    },
    return: async () => {
      await events.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** The answer of a GraphQL server. */
export interface GraphqlAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphqlFault[];
}

/** An error in the answer of a GraphQL server. */
export interface GraphqlFault {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: {
    readonly code?: string;
    readonly problem?: { readonly code: string; readonly status: number };
    readonly retryAfter?: number;
  };
}

/**
 * Returns the outcome of each root field, by its name in the response: `ok`, or the code of its problem. An operation that
 * did not run has one outcome, by the name `operation`.
 */
export function outcomesOf({ data, errors = [] }: GraphqlAnswer): Readonly<Record<string, string>> {
  const ran = Object.keys(data ?? {}).map((name) => [name, 'ok']);
  const failed = errors.map((error) => [
    String(error.path?.[0] ?? 'operation'),
    error.extensions?.problem?.code ?? error.message,
  ]);
  return Object.fromEntries([...ran, ...failed]) as Record<string, string>;
}

/** An application with GraphQL fields of two tenants. */
export interface GraphqlHost extends MemoriesHost {
  /** Sends an operation, and returns the answer. */
  ask(token: string | undefined, query: string, variables?: object): Promise<GraphqlAnswer>;
}

/** Starts the application. */
export async function startGraphqlHost(
  { adapter, driver }: GraphqlServer,
  {
    options,
    graphql,
    imports = [],
    prepare,
  }: {
    readonly options?: Partial<ApiKeysModuleOptions>;
    readonly graphql?: Partial<GqlModuleOptions>;
    readonly imports?: readonly DynamicModule[];
    readonly prepare?: HostPreparation;
  } = {},
): Promise<GraphqlHost> {
  const host = await startMemoriesHost(
    adapter,
    options,
    { imports: [graphqlModule(driver, graphql), ...imports], providers: [MemoriesResolver] },
    prepare,
  );
  return {
    ...host,
    ask: async (token, query, variables = {}) => {
      const { body } = await host.as(token).post('/graphql', { query, variables });
      return body;
    },
  };
}

/** Returns the GraphQL module of Nest with a schema made from the decorators of all resolvers. */
export function graphqlModule(
  driver: GqlModuleOptions['driver'],
  options: Partial<GqlModuleOptions> = {},
): DynamicModule {
  const own =
    driver === MercuriusDriver
      ? { subscription: true, allowBatchedQueries: true }
      : { subscriptions: { 'graphql-ws': true }, allowBatchedHttpRequests: true };
  return GraphQLModule.forRoot({
    driver,
    autoSchemaFile: true,
    fieldResolverEnhancers: ['guards'],
    ...own,
    ...options,
  });
}

import { Injectable, Module, UseGuards } from '@nestjs/common';
import { Args, Field, InputType, Int, Query, Resolver } from '@nestjs/graphql';
import { MercuriusDriver } from '@nestjs/mercurius';
import {
  apiKeyOf,
  type ApiKeysModuleOptions,
  ApiKeysService,
  Authenticated,
  type HttpRequest,
  nodeRequestOf,
  type PresentedCredential,
  type ProblemException,
  ProblemFilter,
  RequireScopes,
  rootCaller,
  ScopesGuard,
  SelfScoped,
  type TenantContext,
} from 'keyward';
import { KeywardTestingModule } from 'keyward/testing';
import {
  GRAPHQL_SERVERS,
  type GraphqlAnswer,
  type GraphqlHost,
  graphqlModule,
  type GraphqlServer,
  outcomesOf,
  startGraphqlHost,
} from '../support/graphql-host';
import { type RunningHost, startHost } from '../support/two-adapters';

@InputType()
class NoteInput {
  @Field(() => String)
  readonly orgId: string = '';
}

@Resolver()
class InputResolver {
  @Query(() => String, { nullable: true })
  @RequireScopes('note:read')
  note(@Args('input') { orgId }: NoteInput): string {
    return `note of ${orgId}`;
  }

  @Query(() => Int, { nullable: true })
  @UseGuards(ScopesGuard)
  @SelfScoped()
  @Authenticated()
  twice(): number {
    return 2;
  }
}

/** An error in the application's own form. */
class OwnError extends Error {
  readonly extensions = { code: 'OURS' };
}

@Injectable()
class OwnGuard extends ScopesGuard {
  protected override tenantIn(args: { input?: unknown }, request: HttpRequest): TenantContext {
    return super.tenantIn(args.input ?? args, request);
  }

  protected override credentialOf(request: HttpRequest, withBasic: boolean): PresentedCredential {
    const cookie = /(?:^|; )key=([^;]+)/.exec(nodeRequestOf(request).headers.cookie ?? '')?.[1];
    return cookie === undefined
      ? super.credentialOf(request, withBasic)
      : { kind: 'token', scheme: 'x-api-key', token: cookie };
  }

  protected override rejectionOf(problem: ProblemException): Error {
    return problem.problem.code === 'insufficient_scope' ? new OwnError('not for you') : problem;
  }
}

/** An application with a guard of its own. */
async function startOwn(
  { adapter, driver }: GraphqlServer,
  options: Partial<ApiKeysModuleOptions>,
  context?: (request: unknown) => object,
): Promise<RunningHost> {
  @Module({
    imports: [
      KeywardTestingModule.forRoot(options),
      graphqlModule(driver, context === undefined ? {} : { context }),
    ],
    providers: [InputResolver],
  })
  class OwnModule {}
  return startHost(adapter, { imports: [OwnModule] });
}

async function tokenFor(host: RunningHost, orgId: string, scopes: readonly string[]): Promise<string> {
  const { token } = await host.app.get(ApiKeysService).create(rootCaller('system'), {
    name: 'test',
    scopes: [...scopes],
    orgId,
    rateLimits: [{ name: 'default', limit: 2, windowSeconds: 3600 }],
  });
  return token;
}

async function ask(
  host: RunningHost,
  query: string,
  headers: Record<string, string>,
): Promise<GraphqlAnswer> {
  return (await host.as().post('/graphql', { query }, headers)).body;
}

describe.each(GRAPHQL_SERVERS)('a subclass of the guard on $server', (server) => {
  let host: RunningHost;

  beforeAll(async () => {
    host = await startOwn(server, { guard: { use: OwnGuard } });
  });

  afterAll(async () => {
    await host.close();
  });

  it('reads the tenant from an input object, and the credential from a cookie', async () => {
    const cookie = `key=${await tokenFor(host, 'acme', ['note:read'])}`;
    const query = '{ a: note(input: { orgId: "acme" }) b: note(input: { orgId: "globex" }) }';
    const answer = await ask(host, query, { cookie });
    expect(answer.data).toEqual({ a: 'note of acme', b: null });
    expect(outcomesOf(answer)).toEqual({ a: 'ok', b: 'binding_mismatch' });
  });

  it('answers in the form of the application', async () => {
    const cookie = `key=${await tokenFor(host, 'acme', [])}`;
    const { errors } = await ask(host, '{ note(input: { orgId: "acme" }) }', { cookie });
    expect(errors?.map(({ message, extensions }) => [message, extensions?.code])).toEqual([
      ['not for you', 'OURS'],
    ]);
  });

  it('counts a field with two guards once', async () => {
    const cookie = `key=${await tokenFor(host, 'acme', [])}`;
    expect((await ask(host, '{ a: twice b: twice }', { cookie })).data).toEqual({ a: 2, b: 2 });
    expect(outcomesOf(await ask(host, '{ twice }', { cookie }))).toEqual({ twice: 'rate_limited' });
  });
});

describe.each(GRAPHQL_SERVERS)('a GraphQL application on $server', (server) => {
  it('with ProblemFilter as a global filter answers in the form of GraphQL', async () => {
    const host: GraphqlHost = await startGraphqlHost(server, {
      prepare: { app: (app) => app.useGlobalFilters(new ProblemFilter({} as never)) },
    });
    const { errors } = await host.ask(undefined, '{ mine }');
    await host.close();
    expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['UNAUTHENTICATED']);
  });
});

// Mercurius always adds the request to the context.
describe.each(GRAPHQL_SERVERS.filter(({ driver }) => driver !== MercuriusDriver))(
  'an application on $server with a context that hides the request',
  (server) => {
    it('answers with an error that names the remedy, and no data', async () => {
      const host = await startOwn(server, {}, () => ({ req: { user: 'ada' }, request: 1, reply: null }));
      const { data, errors } = await ask(host, '{ twice }', {});
      await host.close();
      expect(data).toEqual({ twice: null });
      expect(errors?.[0]?.message).toMatch(
        /return it from the context function as req, or override requestOf/,
      );
    });
  },
);

it('apiKeyOf returns undefined for a context without a call', () => {
  expect(
    apiKeyOf({
      getType: () => 'rpc',
      getArgs: () => [],
      getArgByIndex: () => undefined,
      getClass: () => Object,
    } as never),
  ).toBeUndefined();
});

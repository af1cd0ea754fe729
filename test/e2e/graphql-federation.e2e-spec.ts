import { ApolloFederationDriver } from '@nestjs/apollo';
import {
  Args,
  Directive,
  Field,
  ID,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  ResolveReference,
  Resolver,
} from '@nestjs/graphql';
import { Public, RequireScopes } from 'keyward';
import { type GraphqlAnswer, graphqlModule } from '../support/graphql-host';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';

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
  anyNote(@Args('id', { type: () => ID }) id: string): Note {
    return { id, orgId: 'acme' };
  }

  @ResolveReference()
  @RequireScopes('note:read')
  find({ id, orgId }: Note): Note {
    return { id, orgId };
  }

  @ResolveField(() => String)
  text(@Parent() { orgId }: Note): string {
    return `a note of ${orgId}`;
  }
}

const ENTITIES = 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Note { id text } } }';

const note = (id: string, orgId: unknown): object => ({ __typename: 'Note', id, orgId });

describe.each(ADAPTERS)('an entity of a federated Apollo server on %s', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost(
      adapter,
      {},
      {
        imports: [graphqlModule(ApolloFederationDriver, { autoSchemaFile: { federation: 2 } })],
        providers: [NotesResolver],
      },
    );
  });

  afterAll(async () => {
    await host.close();
  });

  async function entities(token: string | undefined, ...of: object[]): Promise<GraphqlAnswer> {
    const { body } = await host.as(token).post('/graphql', { query: ENTITIES, variables: { of } });
    return body;
  }

  it('is resolved for the tenant that its reference names', async () => {
    const { token } = await host.issue({ orgId: 'acme', scopes: ['note:read'] });
    expect(await entities(token, note('1', 'acme'), note('2', 'acme'))).toEqual({
      data: {
        _entities: [
          { id: '1', text: 'a note of acme' },
          { id: '2', text: 'a note of acme' },
        ],
      },
    });
  });

  it.each([
    ['another tenant', note('1', 'globex'), 'binding_mismatch'],
    ['no tenant', { __typename: 'Note', id: '1' }, 'binding_mismatch'],
    ['an object as the tenant', note('1', { acme: 1 }), 'invalid_request'],
  ])(
    'is rejected if its reference names %s, even next to one that is allowed [T100]',
    async (_what, other, code) => {
      const { token } = await host.issue({ orgId: 'acme', scopes: ['note:read'] });
      const { data, errors } = await entities(token, note('1', 'acme'), other);
      expect(data?.['_entities']).toEqual([{ id: '1', text: 'a note of acme' }, null]);
      expect(errors?.map(({ extensions }) => extensions?.problem?.code)).toEqual([code]);
    },
  );

  it('counts each reference against the rate limit of its key', async () => {
    const { token } = await host.issue({
      scopes: ['note:read'],
      rateLimits: [{ name: 'default', limit: 3, windowSeconds: 3600 }],
    });
    expect((await entities(token, note('1', 'acme'), note('2', 'globex'))).errors).toBeUndefined();
    const { errors } = await entities(token, note('1', 'acme'), note('2', 'globex'));
    expect(errors?.map(({ extensions }) => extensions?.problem?.code)).toEqual(['rate_limited']);
  });

  it('is rejected for a stranger', async () => {
    const { errors } = await entities(undefined, note('1', 'acme'));
    expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['UNAUTHENTICATED']);
  });
});

import { ApolloFederationDriver } from '@nestjs/apollo';
import type { Type } from '@nestjs/common';
import {
  Directive,
  Field,
  ID,
  type GqlModuleOptions,
  ObjectType,
  Query,
  ResolveField,
  ResolveReference,
  Resolver,
} from '@nestjs/graphql';
import {
  AllowSessions,
  type ApiKeysModuleOptions,
  Authenticated,
  Public,
  RequireScopes,
  SelfScoped,
  TenantHeaders,
} from 'keyward';
import { KeywardTestingModule } from 'keyward/testing';
import { type GraphqlAnswer, graphqlModule, outcomesOf } from '../support/graphql-host';
import { refusalOf, startHost } from '../support/two-adapters';

@ObjectType()
@Directive('@key(fields: "id")')
class Note {
  @Field(() => ID)
  readonly id: string = '';
}

@Resolver()
class UndeclaredResolver {
  @Query(() => String)
  whatever(): string {
    return 'reached';
  }

  @Query(() => String)
  @Public()
  open(): string {
    return 'open';
  }
}

@Resolver(() => Note)
class NotesResolver {
  @Query(() => Note)
  @Authenticated()
  @SelfScoped()
  anyNote(): Note {
    return { id: '1' };
  }

  @ResolveField(() => String)
  @RequireScopes('note:read')
  text(): string {
    return 'text';
  }
}

@Resolver(() => Note)
class EntityResolver {
  @Query(() => Note)
  @Public()
  anyNote(): Note {
    return { id: '1' };
  }

  @ResolveReference()
  find({ id }: Note): Note {
    return { id };
  }
}

@Resolver(() => Note)
@RequireScopes('note:read')
class GuardedEntityResolver {
  @Query(() => Note)
  anyNote(): Note {
    return { id: '1' };
  }

  @ResolveReference()
  find({ id }: Note): Note {
    return { id };
  }
}

@Resolver()
class RouteDecoratorsResolver {
  @Query(() => String)
  @TenantHeaders()
  @RequireScopes('note:read')
  byHeader(): string {
    return 'reached';
  }

  @Query(() => String)
  @AllowSessions()
  @SelfScoped()
  @Authenticated()
  bySession(): string {
    return 'reached';
  }
}

const PLAIN: Partial<GqlModuleOptions> = { fieldResolverEnhancers: [] };

function application(
  resolver: Type,
  graphql: Partial<GqlModuleOptions> = {},
  options: Partial<ApiKeysModuleOptions> = {},
): { imports: NonNullable<Parameters<typeof startHost>[1]['imports']>; providers: Type[] } {
  const schema = { autoSchemaFile: { federation: 2 as const } };
  return {
    imports: [
      KeywardTestingModule.forRoot(options),
      graphqlModule(ApolloFederationDriver, { ...schema, ...graphql }),
    ],
    providers: [resolver],
  };
}

describe('the start of an application with GraphQL', () => {
  it.each<[string, Type, Partial<GqlModuleOptions>, RegExp]>([
    [
      'a root field that declares no access',
      UndeclaredResolver,
      {},
      /these routes declare no access: Query whatever \(UndeclaredResolver\.whatever\)\. /,
    ],
    [
      'a reference that declares no access',
      EntityResolver,
      {},
      /these routes declare no access: Note reference \(EntityResolver\.find\)\. /,
    ],
    [
      'a reference without guards',
      GuardedEntityResolver,
      PLAIN,
      /not enforced: Note reference \(GuardedEntityResolver\.find\)\. Add fieldResolverEnhancers/,
    ],
    [
      'a declared field below the root without guards',
      NotesResolver,
      PLAIN,
      /not enforced: Note text \(NotesResolver\.text\)\. Add fieldResolverEnhancers/,
    ],
    [
      'decorators for routes',
      RouteDecoratorsResolver,
      {},
      /which are for routes: Query byHeader \(RouteDecoratorsResolver\.byHeader\); Query bySession \(/,
    ],
  ])('fails with %s, and names it [T100]', async (_what, resolver, graphql, message) => {
    const { message: shown } = await refusalOf('express', application(resolver, graphql));
    expect(shown).toMatch(message);
  });

  it('fails with declared root fields and guard: false, and names them', async () => {
    const { message } = await refusalOf('express', application(NotesResolver, {}, { guard: false }));
    expect(message).toMatch(
      /no ScopesGuard enforces .*: Query anyNote \(NotesResolver\.anyNote\); Note text \(NotesResolver\.text\)\. /,
    );
  });

  it('succeeds with guards below the root, or without decorators there', async () => {
    for (const [resolver, graphql] of [
      [NotesResolver, {}],
      [GuardedEntityResolver, {}],
    ] as const) {
      const host = await startHost('express', application(resolver, graphql));
      await host.close();
    }
  });

  it('succeeds with undeclaredRoutes: deny, and rejects the undeclared fields', async () => {
    const options = { guard: { undeclaredRoutes: 'deny' } } as const;
    const host = await startHost('express', application(UndeclaredResolver, {}, options));
    const { body } = await host.as().post('/graphql', { query: '{ open whatever }' });
    await host.close();
    expect(outcomesOf(body as GraphqlAnswer)).toEqual({ whatever: 'access_undeclared' });
  });
});

import { Delete, Get, Post, type Type } from '@nestjs/common';
import type { Call } from '../../http/own-route';
import { GuardedController, GuardedRoute } from './guarded-route.decorator';
import {
  AllowSessions,
  Authenticated,
  Possession,
  RequireScopes,
  SelfScoped,
  Uncached,
} from './access.decorators';
import { compileRouteAccess, type RouteAccess } from './route-access';

@GuardedController('shelves', 'Shelves')
@SelfScoped()
class ShelvesController {
  @Get()
  @GuardedRoute('listShelves', { authenticated: true })
  list(call: Call): object {
    return { path: call.path };
  }

  @Post(':id/books')
  @GuardedRoute('addBook', {
    scopes: ['books:write', 'shelves:write'],
    sessions: true,
    uncached: true,
    param: 'id',
    json: Object,
    ifMatch: 'key',
    problems: ['rotation_conflict'],
  })
  add(call: Call): object {
    return { path: call.path };
  }

  @Delete()
  @GuardedRoute('burnShelf', { possession: true })
  burn(call: Call): object {
    return { path: call.path };
  }
}

@SelfScoped()
class SeparateDecorators {
  @Authenticated()
  list(): void {}

  @RequireScopes('books:write', 'shelves:write')
  @AllowSessions()
  @Uncached()
  add(): void {}

  @Possession()
  burn(): void {}
}

type Route = 'list' | 'add' | 'burn';

const ROUTES: readonly Route[] = ['list', 'add', 'burn'];

describe('a guarded route', () => {
  it('requires the same access as the separate decorators do', () => {
    for (const route of ROUTES) {
      const separate = compileRouteAccess(SeparateDecorators, methodOf(route, SeparateDecorators));
      expect(accessOf(route)).toEqual({ ...separate, isOwn: true });
    }
  });

  it('documents the problems that its access rules and its input can cause', () => {
    const [list, add, burn] = ROUTES.map(codesOf);
    expect(list).toContain('key_disabled');
    expect(list).not.toContain('insufficient_scope');
    expect(burn).not.toContain('key_disabled');
    const ofAdd = ['insufficient_scope', 'invalid_session', 'invalid_json', 'not_found', 'version_mismatch'];
    expect(add).toEqual(expect.arrayContaining([...ofAdd, 'rotation_conflict']));
    for (const code of ofAdd) expect([...(list ?? []), ...(burn ?? [])]).not.toContain(code);
  });

  it('documents its operation id, its parameters and whether it accepts sessions', () => {
    expect(ROUTES.map((route) => metadataOf('swagger/apiOperation', route))).toEqual([
      { summary: '', operationId: 'listShelves' },
      { summary: '', operationId: 'addBook' },
      { summary: '', operationId: 'burnShelf' },
    ]);
    const parameters = metadataOf('swagger/apiParameters', 'add') as readonly { readonly name?: string }[];
    expect(parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(['If-Match', 'id']));
    expect(metadataOf('swagger/apiExtension', 'add')).toEqual({ 'x-sessions': true });
    expect(metadataOf('swagger/apiExtension', 'list')).toBeUndefined();
  });
});

function accessOf(route: Route): RouteAccess {
  return compileRouteAccess(ShelvesController, methodOf(route));
}

function codesOf(route: Route): readonly string[] {
  const responses = metadataOf('swagger/apiResponse', route) as Readonly<Record<string, object>>;
  return [...JSON.stringify(responses).matchAll(/`(\w+)`/g)].map(([, code = '']) => code);
}

function metadataOf(name: string, route: Route): unknown {
  return Reflect.getMetadata(name, methodOf(route));
}

function methodOf(route: Route, controller: Type = ShelvesController): object {
  // From the descriptor, because the decorators have replaced the method.
  return Object.getOwnPropertyDescriptor(controller.prototype, route)?.value as object;
}

import { All, Controller, Get, Post, RequestMethod, Scope, type Type } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { type DiscoveredRoute, discoverRoutes } from './route-discovery';

class Shared {
  @Get('shared')
  shared(this: void): void {}

  @Get('replaced')
  replaced(this: void): void {}
}

@Controller(['memories', '/archive/'])
class Memories extends Shared {
  @Post(['', ':id//again/'])
  add(this: void): void {}

  override replaced(this: void): void {}

  get computed(): string {
    throw new Error('a getter must not be called');
  }

  helper(this: void): void {}
}

@Controller({ path: 'requests', scope: Scope.REQUEST })
class PerRequest {
  @All()
  anything(this: void): void {}
}

@Controller()
class Root {
  @Get()
  home(this: void): void {}
}

async function routesOf(...controllers: readonly Type[]): Promise<readonly DiscoveredRoute[]> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers: [...controllers],
    providers: [Shared],
  }).compile();
  return discoverRoutes(module.get(DiscoveryService), module.get(MetadataScanner));
}

describe('the routes of an application', () => {
  it('have labels that contain all of their paths', async () => {
    const routes = await routesOf(Memories, Root);

    expect(routes.map((route) => route.label)).toEqual([
      'POST /memories, /memories/:id/again, /archive, /archive/:id/again (Memories.add)',
      'GET /memories/shared, /archive/shared (Memories.shared)',
      'GET / (Root.home)',
    ]);
  });

  it('have the handler that Nest calls', async () => {
    const [add, shared] = await routesOf(Memories);

    expect(add).toMatchObject({ controller: Memories, method: RequestMethod.POST });
    expect(add?.handler).toBe(Memories.prototype.add);
    expect(shared?.handler).toBe(Shared.prototype.shared);
  });

  it('include those of request-scoped controllers', async () => {
    const routes = await routesOf(PerRequest);

    expect(routes.map((route) => route.label)).toEqual(['ALL /requests (PerRequest.anything)']);
  });

  it('exclude the methods of a class that is registered as a controller but has no @Controller()', async () => {
    expect(await routesOf()).toEqual([]);
    expect(await routesOf(Shared)).toEqual([]);
  });
});

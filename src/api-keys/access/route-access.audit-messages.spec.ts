import { Controller, Get, Injectable, type Provider, type Type, UseGuards } from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { API_KEYS_SETTINGS } from './module-settings';
import { Authenticated, Public, RequireScopes } from './access.decorators';
import { RouteAccessAudit } from './route-access.audit';
import { ScopesGuard } from './scopes.guard';

/** As `@MessagePattern` and `@EventPattern` of `@nestjs/microservices` mark a method. */
const MessagePattern = (pattern: string): MethodDecorator => mark('microservices:pattern', [pattern]);
/** As `@SubscribeMessage` of `@nestjs/websockets` does. */
const SubscribeMessage = (): MethodDecorator => mark('websockets:message_mapping', true);

function mark(key: string, value: unknown): MethodDecorator {
  return (_target, _name, { value: method }) => Reflect.defineMetadata(key, value, method as object);
}

@Controller('memories')
@RequireScopes('memory:read')
class Memories {
  @Get()
  list(this: void): void {}

  @MessagePattern('wipe')
  wipe(this: void): void {}
}

@Controller()
class Listener {
  @MessagePattern('noted')
  noted(this: void): void {}

  @MessagePattern('forget')
  @Authenticated()
  forget(this: void): void {}
}

@Controller()
class Undeclared {
  @MessagePattern('noted')
  noted(this: void): void {}

  @MessagePattern('open')
  @Public()
  open(this: void): void {}
}

@Controller()
@UseGuards(ScopesGuard)
@RequireScopes('memory:read')
class Closed {
  @MessagePattern('wipe')
  wipe(this: void): void {}
}

@Injectable()
@RequireScopes('memory:read')
class Gateway {
  @SubscribeMessage()
  wipe(this: void): void {}

  helper(this: void): void {}
}
Reflect.defineMetadata('websockets:is_gateway', true, Gateway);

@Injectable()
@RequireScopes('memory:read')
class NoGateway {
  @SubscribeMessage()
  wipe(this: void): void {}
}

const guard = Object.create(ScopesGuard.prototype) as ScopesGuard;

/** The sentence by which a start is refused, or nothing. */
async function startOf(
  parts: { readonly controllers?: Type[]; readonly providers?: Provider[] },
  globalGuard?: ScopesGuard,
): Promise<string | undefined> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers: [],
    ...parts,
    providers: [
      RouteAccessAudit,
      { provide: API_KEYS_SETTINGS, useValue: { guard: false } },
      ...(parts.providers ?? []),
    ],
  })
    .useMocker(() => ({}))
    .compile();
  if (globalGuard !== undefined) module.get(ApplicationConfig).addGlobalGuard(globalGuard);
  try {
    module.get(RouteAccessAudit).onApplicationBootstrap();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const sentence = (labels: string): string =>
  `these message handlers declare access, which is enforced on HTTP only: ${labels}. ` +
  'Move them to a class without access decorators, or close them with @UseGuards(ScopesGuard).';

describe('an application with handlers of messages', () => {
  it.each([
    ['a guard before every route, which need not stand before a microservice', guard],
    ['no guard before every route', undefined],
  ])(
    'is refused where they or their classes declare access, and they are named: with %s',
    async (_how, global) => {
      expect(await startOf({ controllers: [Memories, Listener] }, global)).toBe(
        sentence('Memories.wipe; Listener.forget'),
      );
    },
  );

  it('starts where they declare nothing, or that they are public', async () => {
    expect(await startOf({ controllers: [Undeclared] })).toBeUndefined();
  });

  it('starts where the guard stands before them itself: it lets no message in', async () => {
    expect(await startOf({ controllers: [Closed] })).toBeUndefined();
  });

  it('is refused where a gateway declares access and no guard stands before it [T49]', async () => {
    expect(await startOf({ providers: [Gateway] })).toBe(sentence('Gateway.wipe'));
    expect(await startOf({ providers: [Gateway] }, guard)).toBeUndefined();
    expect(await startOf({ providers: [NoGateway] })).toBeUndefined();
  });
});

describe('the routes of the module itself', () => {
  @Controller('v1/keys')
  @Authenticated()
  class Own {
    @Get()
    list(this: void): void {}
  }

  @Controller('v1/keys')
  @UseGuards(ScopesGuard)
  class Guarded extends Own {}

  it('are not held for guarded by a global guard, which may be another module’s', async () => {
    expect(await startOf({ controllers: [Own] }, guard)).toBe(
      'no ScopesGuard enforces the access decorators of these routes: GET /v1/keys (Own.list). ' +
        'Add @UseGuards(ScopesGuard), or remove guard: false.',
    );
    expect(await startOf({ controllers: [Guarded] }, guard)).toBeUndefined();
  });
});

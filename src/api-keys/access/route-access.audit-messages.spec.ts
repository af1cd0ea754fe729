import { Controller, Get, type Provider, type Type, UseGuards } from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { API_KEYS_SETTINGS } from './module-settings';
import { Authenticated, Public, RequireScopes } from './access.decorators';
import { RouteAccessAudit } from './route-access.audit';
import { ScopesGuard } from './scopes.guard';

/** Marks a method like `@MessagePattern` and `@EventPattern` of `@nestjs/microservices`. */
const MessagePattern = (pattern: string): MethodDecorator => mark('microservices:pattern', [pattern]);

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

const guard = Object.create(ScopesGuard.prototype) as ScopesGuard;

/** Returns the message with which the start fails; `undefined` if it succeeds. */
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
  `these handlers of microservices declare access, which is not enforced for them: ${labels}. ` +
  'Move them to a class without access decorators, or reject all their messages with @UseGuards(ScopesGuard).';

describe('an application with message handlers', () => {
  it.each([
    ['with a global guard', guard],
    ['without a global guard', undefined],
  ])(
    'does not start if a handler or its class declares access, and names the handlers: %s [T49]',
    async (_how, global) => {
      expect(await startOf({ controllers: [Memories, Listener] }, global)).toBe(
        sentence('Memories.wipe; Listener.forget'),
      );
    },
  );

  it('starts if the handlers declare @Public() or nothing', async () => {
    expect(await startOf({ controllers: [Undeclared] })).toBeUndefined();
  });

  it('starts if the handlers have their own ScopesGuard, which rejects every message', async () => {
    expect(await startOf({ controllers: [Closed] })).toBeUndefined();
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

  it('need their own guard, because a global guard may belong to another module', async () => {
    expect(await startOf({ controllers: [Own] }, guard)).toBe(
      'no ScopesGuard enforces the access decorators of these routes: GET /v1/keys (Own.list). ' +
        'Add @UseGuards(ScopesGuard), or remove guard: false.',
    );
    expect(await startOf({ controllers: [Guarded] }, guard)).toBeUndefined();
  });
});

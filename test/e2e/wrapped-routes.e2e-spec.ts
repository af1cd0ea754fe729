import { Controller, Get, type ModuleMetadata, type Type } from '@nestjs/common';
import {
  ApiKeysModule,
  ApiKeysService,
  Authenticated,
  ConfigurationError,
  Public,
  RequireScopes,
  rootCaller,
} from 'keyward';
import { ADAPTERS, refusalOf, startHost } from '../support/two-adapters';

type Method = (this: unknown, ...parameters: unknown[]) => unknown;

/** Replaces a method, as decorators for tracing or caching do. */
const Traced =
  (): MethodDecorator =>
  (_target, _key, descriptor): void => {
    const method = descriptor.value as Method;
    descriptor.value = function (this: unknown, ...parameters: unknown[]): unknown {
      return method.apply(this, parameters);
    } as never;
  };

@Controller('wrapped')
@Authenticated()
class WrappedController {
  @Get()
  @Traced()
  @RequireScopes('admin:all')
  closed(): object {
    return { for: 'administrators' };
  }

  @Get('bare')
  @Traced()
  bare(): object {
    return { for: 'every key' };
  }
}

@Controller('open')
@Public()
class OpenController {
  @Get()
  @Traced()
  @RequireScopes('admin:all')
  closed(): object {
    return {};
  }
}

@Controller('bound')
@Authenticated()
class BoundController {
  constructor() {
    this.closed = this.closed.bind(this);
  }

  @Get()
  @RequireScopes('admin:all')
  closed(): object {
    return {};
  }
}

@Controller('messages')
@RequireScopes('admin:all')
class MessagesController {
  @Get()
  list(): object {
    return {};
  }

  wipe(this: void): void {}
}
// Does the same as `@MessagePattern` of `@nestjs/microservices`.
Reflect.defineMetadata('microservices:pattern', ['wipe'], MessagesController.prototype.wipe);

const withKeys = (controller: Type): ModuleMetadata => ({
  imports: [ApiKeysModule.forRoot({ storage: 'memory', routes: false })],
  controllers: [controller],
});

describe.each(ADAPTERS)('a route on %s whose method another decorator wraps', (adapter) => {
  it('still requires the scopes that it declares [T48]', async () => {
    const host = await startHost(adapter, withKeys(WrappedController));
    const issue = async (...scopes: string[]): Promise<string> =>
      (await host.app.get(ApiKeysService).create(rootCaller('system'), { name: 'test', scopes })).token;
    const [nobody, admin] = [await issue(), await issue('admin:all')];
    const statusOf = async (token: string | undefined, path: string): Promise<number> =>
      (await host.as(token).get(path)).status;
    const statuses = [
      await statusOf(undefined, '/wrapped'),
      await statusOf(nobody, '/wrapped'),
      await statusOf(admin, '/wrapped'),
      await statusOf(nobody, '/wrapped/bare'),
      await statusOf(undefined, '/wrapped/bare'),
    ];
    await host.close();

    expect(statuses).toEqual([401, 403, 200, 200, 401]);
  });

  it('prevents the start if its class is public and the method requires a scope [T48]', async () => {
    expect(await refusalOf(adapter, withKeys(OpenController))).toEqual(
      new ConfigurationError(
        'OpenController.closed has both @Public() and a decorator that requires access: remove one of them.',
      ),
    );
  });

  it('prevents the start if the constructor replaces the method', async () => {
    const refusal = await refusalOf(adapter, withKeys(BoundController));

    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(refusal.message).toMatch(/^BoundController\..*closed was replaced on its instance/);
  });
});

describe.each(ADAPTERS)('an application on %s with a message handler among guarded routes', (adapter) => {
  it('does not start, and names the handler [T49]', async () => {
    const refusal = await refusalOf(adapter, withKeys(MessagesController));

    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(refusal.message).toContain(
      'declare access, which is not enforced for them: MessagesController.wipe.',
    );
  });
});

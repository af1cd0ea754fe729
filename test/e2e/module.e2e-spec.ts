import { Controller, Get, Module, Post } from '@nestjs/common';
import {
  ApiKeysModule,
  Authenticated,
  ConfigurationError,
  Public,
  RequireScopes,
  SelfScoped,
  TenantHeaders,
} from 'keyward';
import { startMemoriesHost } from '../support/memories-host';
import { ADAPTERS, refusalOf, startHost } from '../support/two-adapters';

@Controller('forgotten')
class ForgottenController {
  @Get()
  list(): string {
    return 'everyone’s memories';
  }

  @Post(':id')
  @SelfScoped()
  add(): void {}

  @Get('fine')
  @Authenticated()
  fine(): void {}
}

@Controller('half')
@TenantHeaders()
class HalfDeclaredController {
  @Get()
  list(): string {
    return 'everyone’s memories';
  }
}

@Controller('contrary')
@RequireScopes('memory:read')
class ContraryController {
  @Get()
  @Public()
  list(): void {}
}

@Module({ controllers: [ForgottenController] })
class DeepModule {}

@Module({ imports: [DeepModule] })
class FeatureModule {}

const keyward = ApiKeysModule.forRoot({ storage: 'memory' });

describe.each(ADAPTERS)('an application on %s', (adapter) => {
  it('does not start if routes declare no access, and names each of them [T9]', async () => {
    const refusal = await refusalOf(adapter, { imports: [keyward], controllers: [ForgottenController] });

    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(refusal.message).toBe(
      'these routes declare no access: GET /forgotten (ForgottenController.list); ' +
        'POST /forgotten/:id (ForgottenController.add). ' +
        'Add @RequireScopes(…), @RequireAnyScope(…), @Authenticated() or @Public().',
    );
  });

  it('does not start if a route that declares no access is in a nested module', async () => {
    const refusal = await refusalOf(adapter, { imports: [FeatureModule, keyward] });

    expect(refusal.message).toContain('GET /forgotten (ForgottenController.list)');
  });

  it('does not start with a class that declares tenant headers but no access', async () => {
    const refusal = await refusalOf(adapter, { imports: [keyward], controllers: [HalfDeclaredController] });

    expect(refusal.message).toContain('GET /half (HalfDeclaredController.list)');
  });

  it('rejects requests to undeclared routes with 403 if undeclaredRoutes is deny [T9]', async () => {
    const host = await startMemoriesHost(
      adapter,
      { guard: { undeclaredRoutes: 'deny' } },
      { controllers: [ForgottenController, HalfDeclaredController] },
    );
    const acme = await host.issue({ scopes: ['*'], orgId: 'acme' });
    const globex = await host.issue({ scopes: ['*'], orgId: 'globex' });
    const answers = [
      await host.as().get('/forgotten'),
      await host.as(acme.token).get('/forgotten'),
      await host.as(globex.token).post('/forgotten/1'),
      await host.as(globex.token).get('/half', { 'X-Org-Id': 'globex' }),
    ];
    const declared = await host.as((await host.issue({})).token).get('/forgotten/fine');
    await host.close();

    for (const answer of answers) {
      expect([answer.status, answer.body['code']]).toEqual([403, 'access_undeclared']);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/);
      expect(answer.text).not.toContain('memories');
    }
    expect(declared.status).toBe(200);
  });

  it.each([
    ['guards every route', {}],
    ['denies undeclared routes', { guard: { undeclaredRoutes: 'deny' } }],
    ['has no global guard', { guard: false, routes: false }],
  ] as const)('does not start with contradictory decorators if it %s', async (_how, settings) => {
    const refusal = await refusalOf(adapter, {
      imports: [ApiKeysModule.forRoot({ storage: 'memory', ...settings })],
      controllers: [ContraryController],
    });

    expect(refusal).toEqual(
      new ConfigurationError(
        'ContraryController.list has both @Public() and a decorator that requires access: remove one of them.',
      ),
    );
  });

  it('requires a key for the management routes, and lists only keys of its tenant', async () => {
    const host = await startMemoriesHost(adapter);
    const { token } = await host.issue({ scopes: ['api-keys:read'], orgId: 'acme' });
    await host.issue({ name: 'of globex', orgId: 'globex' });
    const stranger = await host.as().get('/v1/api-keys');
    const list = await host.as(token).get('/v1/api-keys');
    await host.close();

    expect([stranger.status, stranger.body['code']]).toEqual([401, 'missing_credential']);
    expect(list.status).toBe(200);
    expect(list.body['data']).toHaveLength(1);
    expect(list.text).not.toContain('globex');
  });

  it('serves no management routes with `routes: false`', async () => {
    const host = await startMemoriesHost(adapter, { routes: false });
    const acme = host.as((await host.issue({ scopes: ['*'] })).token);
    const statuses = [
      (await acme.get('/v1/api-keys')).status,
      (await acme.post('/v1/api-keys', { name: 'x', scopes: [] })).status,
      (await acme.get('/v1/api-keys/self')).status,
      (await acme.get('/orgs/acme/projects/apollo/memories')).status,
    ];
    await host.close();

    expect(statuses).toEqual([404, 404, 404, 200]);
  });

  it('starts without controllers of its own', async () => {
    const host = await startHost(adapter, { imports: [keyward] });
    const answer = await host.as().get('/v1/api-keys/self');
    await host.close();

    expect(answer.status).toBe(401);
  });
});

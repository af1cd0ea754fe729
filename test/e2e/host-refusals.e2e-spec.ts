import {
  type CanActivate,
  ConflictException,
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeysModule, ApiKeysService, ProblemFilter, Public, rootCaller } from 'keyward';
import { ADAPTERS, type RunningHost, startHost } from '../support/two-adapters';

const REFUSALS: Readonly<Record<string, HttpException>> = {
  jwt: new UnauthorizedException('Sign in first.'),
  throttled: new HttpException('Slow down.', 429),
};

class HostGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    const refusal = REFUSALS[headers['x-refuse'] ?? ''];
    if (refusal !== undefined) throw refusal;
    return true;
  }
}

@Controller('memories')
class MemoriesController {
  @Get()
  @Public()
  conflict(): never {
    throw new ConflictException('Somebody else wrote this memory.');
  }
}

describe.each(ADAPTERS)('the error of a host application on %s', (adapter) => {
  let host: RunningHost;
  let token: string;

  beforeAll(async () => {
    host = await startHost(
      adapter,
      {
        controllers: [MemoriesController],
        imports: [ApiKeysModule.forRoot({ storage: 'memory' })],
        providers: [ProblemFilter, { provide: APP_GUARD, useClass: HostGuard }],
      },
      { app: (app) => app.useGlobalFilters(app.get(ProblemFilter)) },
    );
    const request = { name: 'x', scopes: ['api-keys:verify'], orgId: 'acme' };
    ({ token } = await host.app.get(ApiKeysService).create(rootCaller('system'), request));
  });
  afterAll(async () => host.close());

  it.each([
    ['jwt', 401, 'Unauthorized', 'Sign in first.'],
    ['throttled', 429, 'Too Many Requests', 'Slow down.'],
  ])('appears in the problem of a Keyward route: %s', async (refusal, status, title, detail) => {
    const answer = await host.as(token).get('/v1/api-keys/self', { 'X-Refuse': refusal });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, title, detail, code: 'http_error' });
  });

  it('appears in the OAuth error of introspection', async () => {
    const answer = await host.as(token).send('POST', '/oauth2/introspect', 'token=x', {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Refuse': 'jwt',
    });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ error_description: 'Sign in first.' });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  it('appears in the problem of a host route with ProblemFilter', async () => {
    const answer = await host.as().get('/memories');
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ title: 'Conflict', detail: 'Somebody else wrote this memory.' });
  });
});

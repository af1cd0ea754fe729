import { Controller, Get } from '@nestjs/common';
import { ApiKeysModule, ApiKeysService, RequireScopes, rootCaller } from 'keyward';
import { getRaw, type HeaderLine } from '../support/raw-request';
import { ADAPTERS, type RunningHost, startHost } from '../support/two-adapters';

@Controller('memories')
class MemoriesController {
  @Get()
  @RequireScopes('memory:read')
  list(): readonly string[] {
    return ['a memory'];
  }
}

/** More than the 2,000 headers that Node reads by default. */
const MANY: readonly HeaderLine[] = Array.from({ length: 2100 }, () => ['a', ''] as const);

describe.each(ADAPTERS)('a client that sends 2,100 headers to a host application on %s', (adapter) => {
  let host: RunningHost;
  let token: string;

  beforeAll(async () => {
    host = await startHost(adapter, {
      controllers: [MemoriesController],
      imports: [ApiKeysModule.forRoot({ storage: 'memory', http: { trustProxy: ['127.0.0.0/8'] } })],
    });
    const request = { name: 'x', scopes: ['memory:read'], allowedIps: ['127.0.0.0/8'] };
    ({ token } = await host.app.get(ApiKeysService).create(rootCaller('system'), request));
  });
  afterAll(async () => host.close());

  it.each(['/memories', '/v1/forward-auth?authenticated=1', '/v1/api-keys/self'])(
    'cannot hide its address or a second credential from %s [T18]',
    async (path) => {
      const authorized: HeaderLine = ['Authorization', `Bearer ${token}`];
      const statusWith = async (...lines: HeaderLine[]): Promise<number> =>
        (await getRaw(host.url, path, [authorized, ...MANY, ...lines])).status;
      expect(await statusWith()).toBe(200);
      expect(await statusWith(['X-Forwarded-For', '203.0.113.9'])).toBe(403);
      expect(await statusWith(['X-API-Key', 'another'])).toBe(path.includes('forward-auth') ? 401 : 400);
    },
  );
});

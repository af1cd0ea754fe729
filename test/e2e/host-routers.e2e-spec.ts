import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ApiKeysModule } from 'keyward';

describe('a host whose router ignores duplicate slashes and case, and ends paths at a semicolon', () => {
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [ApiKeysModule.forRoot({ storage: 'memory' })],
    }).compile();
    const routerOptions = {
      ignoreDuplicateSlashes: true,
      ignoreTrailingSlash: true,
      caseSensitive: false,
      useSemicolonDelimiter: true,
    };
    const adapter = new FastifyAdapter({ routerOptions });
    app = module.createNestApplication<NestFastifyApplication>(adapter, { logger: false, cors: true });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(async () => app.close());

  it.each([
    '/v1/forward-auth',
    '//v1/forward-auth',
    '/v1//forward-auth/',
    '/V1/forward-auth',
    '/v1/forward-auth;x',
  ])('answers a preflight to forward-auth without a key with 401: %s', async (path) => {
    const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'GET' };
    const answer = await fetch(`${url}${path}?authenticated=1`, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(401);
  });
});

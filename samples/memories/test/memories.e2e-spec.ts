import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ApiKeysService, type CreateApiKey, rootCaller } from 'keyward';
import { HttpClient } from '../../../test/support/http-client';
import { AppModule } from '../src/app.module';

describe('the memories sample', () => {
  let app: INestApplication;
  let url: string;

  const keyWith = async (request: Partial<CreateApiKey>): Promise<HttpClient> => {
    const { token } = await app
      .get(ApiKeysService)
      .create(rootCaller('system'), { name: 'test', scopes: [], ...request });
    return new HttpClient(url, token);
  };

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication(new FastifyAdapter());
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterAll(async () => app.close());

  it('rejects a key of another organisation or without the scope with 403, and allows others', async () => {
    const path = '/orgs/acme/projects/apollo/memories';
    const writer = await keyWith({ scopes: ['memory:write'], orgId: 'acme' });
    const reader = await keyWith({ scopes: ['memory:read'], orgId: 'acme', projectId: 'apollo' });
    const stranger = await keyWith({ scopes: ['memory:*'], orgId: 'globex' });

    expect((await writer.post(path, { text: 'the sky is blue' })).status).toBe(201);
    expect(JSON.parse((await reader.get(path)).text)).toEqual(['the sky is blue']);
    expect((await writer.get(path)).status).toBe(403);
    expect((await reader.post(path, { text: 'no' })).status).toBe(403);
    expect((await stranger.get(path)).status).toBe(403);
    expect((await reader.get('/orgs/acme/projects/gemini/memories')).status).toBe(403);
    expect((await reader.get('/orgs/globex/projects/apollo/memories')).status).toBe(403);
  });

  it('rejects a request without a key with 401', async () => {
    const answer = await new HttpClient(url).get('/orgs/acme/projects/apollo/memories');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="keyward"');
  });
});

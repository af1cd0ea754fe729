import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEM_CATALOGUE } from 'keyward';
import { startService, type TestService } from '../support/service';

describe('docs/problems.md', () => {
  it('lists every problem with its status, and no others', () => {
    const text = readFileSync(join(__dirname, '../../docs/problems.md'), 'utf8');
    const documented = [...text.matchAll(/^\| `(\w+)` *\| (\d+) /gm)].map(([, code, status]) => [
      code,
      Number(status),
    ]);
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(Object.entries(PROBLEM_CATALOGUE).map(([code, { status }]) => [code, status])),
    );
    expect(documented).toHaveLength(Object.keys(PROBLEM_CATALOGUE).length);
  });
});

describe('Swagger UI', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory');
  });
  afterAll(async () => service.stop());

  it('is served with its assets, and describes how to send a key', async () => {
    const page = await service.as().get('/docs');
    expect(page.status).toBe(200);
    expect(page.text).toContain('<title>Keyward</title>');
    for (const [, asset] of page.text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)) {
      expect((await service.as().get(`/docs/${String(asset)}`)).status).toBe(200);
    }
    const { body } = await service.as().get('/docs-json');
    expect(body).toMatchObject({
      openapi: expect.stringMatching(/^3\./),
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: expect.stringContaining('`X-API-Key: <token>`'),
          },
        },
      },
    });
  });

  it('is off by default in production, and with SWAGGER=off [T28]', async () => {
    for (const environment of [{ NODE_ENV: 'production' }, { SWAGGER: 'off' }]) {
      const quiet = await startService('mongo', environment);
      expect((await quiet.as().get('/docs')).status).toBe(404);
      expect((await quiet.as().get('/docs-json')).status).toBe(404);
      await quiet.stop();
    }
    const asked = await startService('mongo', { NODE_ENV: 'production', SWAGGER: 'on' });
    expect((await asked.as().get('/docs-json')).status).toBe(200);
    await asked.stop();
  });
});

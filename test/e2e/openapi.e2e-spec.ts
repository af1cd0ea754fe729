import { type NodeProcess, runBuiltService } from '../support/node-process';
import { HttpClient, type JsonObject } from '../support/http-client';

interface Operation {
  readonly summary?: string;
  readonly security?: readonly JsonObject[];
  readonly responses: Readonly<Record<string, { readonly content?: JsonObject }>>;
}

/** The document from the build: under Jest the plugin that reads types and comments does not run. */
describe('the OpenAPI document of the build', () => {
  let service: NodeProcess & { readonly url: string };
  let document: JsonObject;

  beforeAll(async () => {
    service = await runBuiltService({ NODE_ENV: 'test' });
    document = (await new HttpClient(service.url).get('/docs-json')).body;
  });
  afterAll(async () => service.stop());

  it('describes every field of every schema with its type', () => {
    const { schemas } = document['components'] as { schemas: Record<string, { properties?: JsonObject }> };
    expect(Object.keys(schemas)).toEqual(
      expect.arrayContaining([
        'CreateApiKeyDto',
        'UpdateApiKeyDto',
        'ApiKeyDto',
        'IssuedApiKeyDto',
        'ProblemDto',
      ]),
    );
    for (const [name, { properties = {} }] of Object.entries(schemas)) {
      expect([name, Object.keys(properties)]).not.toEqual([name, []]);
    }
    const create = schemas['CreateApiKeyDto']?.properties as Record<string, { example?: unknown }>;
    for (const [field, property] of Object.entries(create)) {
      expect([field, property.example]).not.toEqual([field, undefined]);
    }
    const { ImportedKeyDto: taken, ...given } = schemas;
    expect(taken).toBeDefined();
    expect(
      Object.values(given).filter(({ properties = {} }) => 'hash' in properties || 'secrets' in properties),
    ).toEqual([]);
  });

  it('gives each route a summary, its security and every error it can answer with', () => {
    const paths = document['paths'] as Record<string, Record<string, Operation>>;
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
    );
    expect(operations.length).toBeGreaterThanOrEqual(8);
    for (const [name, { summary, security, responses }] of operations) {
      expect([name, summary?.length ?? 0]).not.toEqual([name, 0]);
      expect([name, security]).toEqual([name, expect.arrayContaining([{ bearer: [] }, { apiKey: [] }])]);
      // Possession of a key is enough to revoke it, whatever it may do.
      const mayBeForbidden = name !== 'delete /v1/api-keys/self';
      for (const status of ['400', '401', ...(mayBeForbidden ? ['403'] : []), '431', '500', '503']) {
        expect([name, status, Object.keys(responses[status]?.content ?? {})]).toEqual([
          name,
          status,
          [name.includes('/oauth2/') ? 'application/json' : 'application/problem+json'],
        ]);
      }
    }
  });
});

import { type NodeProcess, runBuiltService } from '../support/node-process';
import { HttpClient, type JsonObject } from '../support/http-client';

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly security?: readonly JsonObject[];
  readonly requestBody?: { readonly required: boolean };
  readonly responses: Readonly<Record<string, { readonly content?: JsonObject }>>;
}

interface Schema {
  readonly properties?: Readonly<Record<string, JsonObject>>;
  readonly enum?: readonly unknown[];
}

type Schemas = Readonly<Record<string, Schema>>;

/** Uses the build, because the plugin that reads types and comments does not run under Jest. */
describe('the OpenAPI document of the build', () => {
  let service: NodeProcess & { readonly url: string };
  let document: JsonObject;
  let schemas: Schemas;
  let operations: readonly (readonly [route: string, Operation])[];

  beforeAll(async () => {
    service = await runBuiltService({ NODE_ENV: 'test' });
    document = (await new HttpClient(service.url).get('/docs-json')).body;
    ({ schemas } = document['components'] as { schemas: Schemas });
    operations = Object.entries(document['paths'] as Record<string, Record<string, Operation>>).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
    );
  });
  afterAll(async () => service.stop());

  it('is OpenAPI 3.1 and contains no 3.0 keyword', () => {
    expect(document['openapi']).toBe('3.1.0');
    expect(JSON.stringify(document)).not.toContain('"nullable"');
  });

  it('describes every field of every schema with its type', () => {
    expect(Object.keys(schemas)).toEqual(
      expect.arrayContaining([
        'CreateApiKeyRequest',
        'UpdateApiKeyRequest',
        'ApiKey',
        'IssuedApiKey',
        'Problem',
      ]),
    );
    expect(Object.keys(schemas).filter((name) => /Dto|Query/.test(name))).toEqual([]);
    for (const [name, { properties = {}, enum: values }] of Object.entries(schemas)) {
      if (values !== undefined) continue;
      expect([name, Object.keys(properties)]).not.toEqual([name, []]);
      for (const [field, property] of Object.entries(properties)) {
        const isTyped = ['type', '$ref', 'anyOf'].some((keyword) => keyword in property);
        expect([name, field, isTyped]).toEqual([name, field, true]);
      }
    }
    for (const [field, property] of Object.entries(schemas['CreateApiKeyRequest']?.properties ?? {})) {
      expect([field, property['examples']]).not.toEqual([field, undefined]);
    }
    const { ImportedApiKey: taken, ...given } = schemas;
    expect(taken).toBeDefined();
    expect(
      Object.values(given).filter(({ properties = {} }) => 'hash' in properties || 'secrets' in properties),
    ).toEqual([]);
  });

  it('has one schema for a key, and a second one that adds the token', () => {
    const { ApiKey: key, IssuedApiKey: issued, ...others } = schemas;
    expect({ ...issued?.properties, token: undefined }).toEqual({ ...key?.properties, token: undefined });
    const keys = Object.entries(others).filter(([, { properties = {} }]) => 'createdBy' in properties);
    expect(keys).toEqual([]);
  });

  it('describes numbers as 64-bit integers, except in metadata', () => {
    const numbers = numbersIn(document);
    expect(numbers.length).toBeGreaterThan(20);
    for (const [path, type, format] of numbers) {
      const expected = path.includes('/metadata/') ? ['number', 'double'] : ['integer', 'int64'];
      const kinds = [type].flat().filter((each) => each !== 'null');
      expect([path, ...kinds, format]).toEqual([path, ...expected]);
    }
  });

  it('gives each operation a unique id that begins with a verb', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(ids).toEqual([...new Set(ids)]);
    const verb =
      /^(?:create|list|get|update|replace|rotate|revoke|delete|verify|introspect|import)[A-Z][A-Za-z]+$/;
    expect(ids.filter((id) => !verb.test(id))).toEqual([]);
    expect(ids).toEqual(
      expect.arrayContaining(['createApiKey', 'listApiKeys', 'verifyApiKey', 'introspectToken']),
    );
  });

  it('begins with the key routes', () => {
    expect(operations.slice(0, 2).map(([route]) => route)).toEqual(['post /v1/api-keys', 'get /v1/api-keys']);
  });

  it('marks each request body as required, except in a rotation', () => {
    const optional = operations.filter(([, { requestBody }]) => requestBody?.required === false);
    expect(optional.map(([, { operationId }]) => operationId)).toEqual([
      'rotateCurrentApiKey',
      'rotateApiKey',
    ]);
  });

  it('gives each route a summary, one security scheme and every error it can answer with', () => {
    expect(operations.length).toBeGreaterThanOrEqual(8);
    for (const [name, { summary, security, responses }] of operations) {
      expect([name, summary?.length ?? 0]).not.toEqual([name, 0]);
      expect([name, security]).toEqual([name, [{ bearer: [] }]]);
      // Any key can revoke itself, whatever its scopes.
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

/** Returns the path, type and format of each number schema. */
function numbersIn(node: unknown, path = ''): readonly (readonly [string, unknown, unknown])[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type, format } = node as { readonly type?: unknown; readonly format?: unknown };
  const isNumber = [type].flat().some((each) => each === 'number' || each === 'integer');
  return [
    ...(isNumber ? [[path, type, format] as const] : []),
    ...Object.entries(node).flatMap(([name, value]) => numbersIn(value, `${path}/${name}`)),
  ];
}

import { guardedAccess } from '../../../test/support/guarded-access';
import { type OpenApiDocument, withAccess } from './openapi-access';
import type { GuardedAccess } from './route-access';

interface Described extends OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components?: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

interface DescribedOperation {
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
  }[];
  readonly responses: Readonly<Record<string, DescribedAnswer>>;
  readonly security?: readonly object[];
  readonly 'x-required-scopes'?: object;
}

interface DescribedAnswer {
  readonly description: string;
  readonly headers?: object;
  readonly content?: Readonly<Record<string, { readonly schema?: object; readonly examples?: object }>>;
}

const PATH = '/orgs/{orgId}/memories';
const BEARER = expect.objectContaining({ type: 'http', scheme: 'bearer' }) as object;
const X_API_KEY = expect.objectContaining({ type: 'apiKey', in: 'header', name: 'X-API-Key' }) as object;

function accessWith(fields: Partial<GuardedAccess> = {}): GuardedAccess {
  return guardedAccess({ scopes: { allOf: ['memory:read'], anyOf: [] }, ...fields });
}

function documentWith(
  operation: Partial<DescribedOperation> = {},
  fields: Partial<Described> = {},
): Described {
  return {
    openapi: '3.0.0',
    paths: { [PATH]: { get: { responses: { 200: { description: 'memories' } }, ...operation } } },
    ...fields,
  };
}

/** Returns the document after the access of its only operation was added. */
function described(
  document: Described,
  fields: Partial<GuardedAccess> = {},
): { document: Described; operation: DescribedOperation } {
  const after = withAccess(document, () => accessWith(fields));
  return { document: after, operation: operationIn(after) };
}

function operationIn({ paths }: Described): DescribedOperation {
  const operation = paths[PATH]?.['get'];
  if (operation === undefined) throw new Error('the operation is missing');
  return operation;
}

function namesOf(operation: DescribedOperation): readonly string[] {
  return (operation.parameters ?? []).map((each) => `${each.in} ${each.name}`);
}

describe('the description of a guarded operation', () => {
  it('is added to a copy of the document', () => {
    const document = documentWith();
    const before = structuredClone(document);
    described(document, { tenantHeaders: true });
    expect(document).toEqual(before);
  });

  it('is not added if the access of the operation is unknown', () => {
    const document = documentWith();
    expect(withAccess(document, () => undefined)).toEqual(documentWith());
  });

  it('accepts the key in either header', () => {
    const { document, operation } = described(documentWith());
    expect(operation.security).toEqual([{ apiKeyBearer: [] }, { apiKeyHeader: [] }]);
    expect(document.components?.['securitySchemes']).toEqual({
      apiKeyBearer: BEARER,
      apiKeyHeader: X_API_KEY,
    });
  });

  it.each([
    [{ allOf: [], anyOf: [] }, 'Requires an API key.'],
    [{ allOf: ['a'], anyOf: [] }, 'Requires an API key with the scope `a`.'],
    [{ allOf: ['a', 'b', 'c'], anyOf: [] }, 'Requires an API key with the scopes `a`, `b` and `c`.'],
    [
      { allOf: ['a'], anyOf: [['b', 'c']] },
      'Requires an API key with the scope `a`, and with one of the scopes `b` or `c`.',
    ],
  ])('names the scopes %j', (scopes, sentence) => {
    const { operation } = described(documentWith(), { scopes });
    expect([operation.description, operation['x-required-scopes']]).toEqual([sentence, scopes]);
  });

  it('says that a session works too, after the description by the host', () => {
    const { operation } = described(documentWith({ description: 'Lists memories.' }), { sessions: true });
    expect(operation.description).toBe(
      'Lists memories.\n\nRequires an API key with the scope `memory:read`. The session of a user works too.',
    );
  });

  it.each([
    ['3.0.0', []],
    ['3.0.4', []],
    ['3.1.0', ['memory:read']],
    ['3.2.0', ['memory:read']],
  ])('lists scopes in `security` only if OpenAPI %s allows them there', (openapi, roles) => {
    const { operation } = described(documentWith({}, { openapi }));
    expect(operation.security).toEqual([{ apiKeyBearer: roles }, { apiKeyHeader: roles }]);
  });

  it.each([
    [true, ['path orgId', 'header X-Org-Id', 'header X-Project-Id']],
    [false, ['path orgId']],
  ])('has the tenant headers only if the route reads them: %s', (tenantHeaders, names) => {
    expect(namesOf(described(documentWith(), { tenantHeaders }).operation)).toEqual(names);
  });

  it.each([
    [{}, ['ip_not_allowed', 'insufficient_scope', 'binding_mismatch'], true],
    [{ scopes: { allOf: [], anyOf: [] } }, ['ip_not_allowed', 'binding_mismatch'], false],
    [{ scopes: { allOf: [], anyOf: [] }, selfScoped: true }, ['ip_not_allowed'], false],
    [{ selfScoped: true }, ['ip_not_allowed', 'insufficient_scope'], true],
  ])('with %j documents for 403 only the codes that the guard can return', (fields, codes, isChallenged) => {
    const { 403: answer } = described(documentWith(), fields).operation.responses;
    const examples = answer?.content?.['application/problem+json']?.examples ?? {};
    expect(Object.keys(examples)).toEqual(codes);
    expect(Object.keys(answer?.headers ?? {})).toEqual(isChallenged ? ['WWW-Authenticate'] : []);
  });

  it('documents the headers of the 401 and 429 responses', () => {
    const { responses } = described(documentWith()).operation;
    expect(Object.keys(responses[401]?.headers ?? {})).toEqual(['WWW-Authenticate']);
    expect(Object.keys(responses[429]?.headers ?? {})).toEqual([
      'Retry-After',
      'RateLimit',
      'RateLimit-Policy',
    ]);
    expect(Object.keys(responses)).toEqual(['200', '401', '403', '429']);
  });
});

describe('a public operation', () => {
  const open = { kind: 'public' } as const;

  it('has an empty `security`, and its document gets no security schemes', () => {
    const after = withAccess(documentWith(), () => open);
    expect([operationIn(after), after.components]).toEqual([
      { ...operationIn(documentWith()), security: [] },
      undefined,
    ]);
  });

  it.each([[documentWith({ security: [{ jwt: [] }] })], [documentWith({}, { security: [{ jwt: [] }] })]])(
    'keeps the `security` that the host set',
    (document) => {
      expect(withAccess(document, () => open)).toEqual(document);
    },
  );
});

describe('a description by the host', () => {
  it('is kept for responses, security, tenant headers and path parameters', () => {
    const own = {
      security: [{ cookie: [] }],
      parameters: [
        { name: 'orgId', in: 'path', description: 'acme or globex' },
        { name: 'x-org-id', in: 'header', description: 'acme or globex' },
      ],
      responses: { 401: { description: 'Sign in at acme or globex.' } },
    };
    const { operation } = described(documentWith(own), { tenantHeaders: true });
    expect(operation.security).toEqual(own.security);
    expect(operation.parameters?.slice(0, 2)).toEqual(own.parameters);
    expect(namesOf(operation)).toEqual(['path orgId', 'header x-org-id', 'header X-Project-Id']);
    expect(operation.responses[401]).toEqual(own.responses[401]);
    expect(Object.keys(operation.responses)).toEqual(['401', '403', '429']);
  });

  it("is kept for components with the names of Keyward's components", () => {
    const components = {
      schemas: { Problem: { type: 'string' } },
      securitySchemes: {
        apiKeyBearer: { type: 'openIdConnect', openIdConnectUrl: 'https://acme.example' },
        apiKeyHeader: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'Ask globex for one.' },
      },
    };
    const { document, operation } = described(documentWith({}, { components }));
    expect(operation.security).toEqual([{ apiKeyBearer2: [] }, { apiKeyHeader: [] }]);
    expect(document.components?.['securitySchemes']).toEqual({
      ...components.securitySchemes,
      apiKeyBearer2: BEARER,
    });
    expect(document.components?.['schemas']).toEqual({
      ...components.schemas,
      Problem2: expect.anything() as object,
    });
    expect(operation.responses[401]?.content?.['application/problem+json']?.schema).toEqual({
      $ref: '#/components/schemas/Problem2',
    });
  });

  it('does not change if the access is added again', () => {
    const once = described(documentWith({ description: 'Lists memories.' }), {
      tenantHeaders: true,
    }).document;
    expect(described(once, { tenantHeaders: true }).document).toEqual(once);
  });
});

describe('a route of Keyward itself', () => {
  it('gets the security schemes of other routes, and keeps its problem schema and its responses', () => {
    const components = {
      schemas: { Problem: { properties: { code: { $ref: '#/components/schemas/ProblemCode' } } } },
    };
    const own = { security: [{ bearer: [] }], responses: { 401: { description: 'its own' } } };
    const { document, operation } = described(documentWith(own, { components }), { isOwn: true });
    expect(operation.security).toEqual([{ apiKeyBearer: [] }, { apiKeyHeader: [] }]);
    expect(operation.responses[401]).toEqual({ description: 'its own' });
    expect(document.components?.['schemas']).toEqual(components.schemas);
  });
});

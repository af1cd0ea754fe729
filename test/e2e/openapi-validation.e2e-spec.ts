import type { Type } from '@nestjs/common';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { getMetadataStorage } from 'class-validator';
import { CreateApiKeyDto } from '../../src/api-keys/management/dto/create-api-key.dto';
import { ImportKeysDto } from '../../src/api-keys/management/import/import.dto';
import { ImportedKeyDto } from '../../src/api-keys/management/import/imported-key.dto';
import { IntrospectDto } from '../../src/api-keys/doors/introspect.dto';
import { ImportQuery } from '../../src/api-keys/management/import/import.query';
import { ListApiKeysQuery } from '../../src/api-keys/management/dto/list-api-keys.query';
import { RevokeApiKeyQuery } from '../../src/api-keys/management/dto/revoke-api-key.query';
import { RotateApiKeyDto } from '../../src/api-keys/management/dto/rotate-api-key.dto';
import { UpdateApiKeyDto } from '../../src/api-keys/management/dto/update-api-key.dto';
import { UsageQuery } from '../../src/api-keys/management/dto/usage.query';
import { UsageSumsQuery } from '../../src/api-keys/management/dto/usage-sums.query';
import { VerifyDto } from '../../src/api-keys/doors/verify.dto';
import { ListEventsQuery } from '../../src/events/dto/list-events.query';
import { PatchPolicyDto, PutPolicyDto } from '../../src/policies/management/dto/policy-request.dto';
import { readStrictly } from '../../src/problems/validation';
import { ListUsersQuery } from '../../src/users/management/dto/list-users.query';
import { UpdateMeDto } from '../../src/users/management/dto/update-me.dto';
import { UpdateUserDto } from '../../src/users/management/dto/update-user.dto';
import { HttpClient, type JsonObject } from '../support/http-client';
import { type NodeProcess, runBuiltService } from '../support/node-process';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: JsonObject;
}

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly parameters: Parameter[] }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> };
}

const TOKEN = 'kw_01jd8x4k2m6n8p0q2r4s6t8v0w_x';
const ULID = '01jd8x4k2m6n8p0q2r4s6t8v0w';
const DATE = '2030-01-31T12:00:00Z';
const RECORD = { name: 'ingest', scopes: ['memory:read'], hash: '9f'.repeat(32) };

/** Each request body: its class, and a complete valid example. */
const BODIES: Readonly<Record<string, readonly [Type<object>, JsonObject]>> = {
  CreateApiKeyRequest: [CreateApiKeyDto, { name: 'ingest', scopes: ['memory:read'] }],
  UpdateApiKeyRequest: [UpdateApiKeyDto, {}],
  RotateApiKeyRequest: [RotateApiKeyDto, {}],
  VerifyApiKeyRequest: [VerifyDto, { token: TOKEN, scopes: ['memory:read'] }],
  IntrospectTokenRequest: [IntrospectDto, { token: TOKEN }],
  ImportApiKeysRequest: [ImportKeysDto, { keys: [RECORD] }],
  ImportedApiKey: [ImportedKeyDto, RECORD],
  UpdateCurrentUserRequest: [UpdateMeDto, {}],
  UpdateUserRequest: [UpdateUserDto, {}],
  ReplacePolicyRequest: [PutPolicyDto, { status: 'active' }],
  UpdatePolicyRequest: [PatchPolicyDto, {}],
};

const QUERIES: Readonly<Record<string, Type<object>>> = {
  'get /v1/api-keys': ListApiKeysQuery,
  'delete /v1/api-keys/{id}': RevokeApiKeyQuery,
  'delete /v1/api-keys/self': RevokeApiKeyQuery,
  'get /v1/api-keys/{id}/usage': UsageQuery,
  'get /v1/events': ListEventsQuery,
  'get /v1/usage': UsageSumsQuery,
  'get /v1/users': ListUsersQuery,
  'post /v1/api-keys/import': ImportQuery,
};

/** Fields that validation restricts further than a schema can express. */
const STRICTER: ReadonlySet<string> = new Set(['allowedIps', 'ip', 'metadata', 'email', 'rateLimits']);

/** A request has exactly one of these. The document says so in words, because generators fail on a schema for it. */
const EITHER: Readonly<Record<string, string>> = { scopes: 'authenticated', authenticated: 'scopes' };

const many = <Each>(count: number, each: (index: number) => Each): readonly Each[] =>
  Array.from({ length: count }, (_, index) => each(index));

const TEXTS: readonly string[] = [
  ' \t a A acme é * a:* a::b memory:read Memory:read memory:*:x a/b a_b - _a ~ 1 203.0.113.7'.split(' '),
  ['ac me', ' acme ', ' ', 'a\nb', 'a\u0000', 'a\u0085', 'a\u2028', TOKEN],
  [ULID, ULID.toUpperCase(), `z${ULID.slice(1)}`, `8${ULID.slice(1)}`, `${ULID}0`],
  [DATE, DATE.slice(0, -1), '2030-01-31', '2030-02-30T12:00:00Z', '2030-01-31T12:00:00+02:00'],
  ['active', 'disabled', 'deleted', 'api-key.revoked', '9f'.repeat(32), '9F'.repeat(32)],
  [39, 40, 100, 101, 128, 129, 200, 201, 320, 321, 500, 501].map((length) => 'a'.repeat(length)),
].flat();

const LISTS: readonly unknown[] = [
  [],
  ['a'],
  ['a', 'a'],
  ['*'],
  ['a:*'],
  ['A'],
  [''],
  [1],
  [null],
  ['a'.repeat(128)],
  ['a'.repeat(129)],
  many(100, (index) => `a${index}`),
  many(101, (index) => `a${index}`),
  ['203.0.113.0/24'],
  ['203.0.113.0/24', '203.0.113.0/24'],
  many(101, (index) => `203.0.113.${index}`),
];

/** Lists of rate limits. */
const LIMITS: readonly unknown[] = [
  ...[
    { name: 'a', limit: 1, windowSeconds: 1 },
    { name: 'per-minute_1.', limit: 1_000_000, windowSeconds: 86_400 },
    { name: 'a', limit: 1_000_001, windowSeconds: 60 },
    { name: 'a', limit: 10, windowSeconds: 86_401 },
    { name: 'a', limit: 0, windowSeconds: 60 },
    { name: 'a', limit: 1.5, windowSeconds: 60 },
    { name: 'a', limit: '1', windowSeconds: 60 },
    { name: 'a', limit: 10 },
    { name: 'A', limit: 10, windowSeconds: 60 },
    { name: 'a'.repeat(33), limit: 10, windowSeconds: 60 },
    { name: '', limit: 10, windowSeconds: 60 },
    { limit: 10, windowSeconds: 60 },
    { name: 'a', limit: 10, windowSeconds: 60, burst: 5 },
  ].map((limit) => [limit]),
  many(2, () => ({ name: 'a', limit: 10, windowSeconds: 60 })),
  many(3, (index) => ({ name: `a${index}`, limit: 10, windowSeconds: 60 })),
  many(4, (index) => ({ name: `a${index}`, limit: 10, windowSeconds: 60 })),
];

const OBJECTS: readonly JsonObject[] = [
  {},
  { team: 'search', size: 1.5, on: true },
  { team: null },
  { team: ['search'] },
  { team: 'a'.repeat(500) },
  { team: 'a'.repeat(501) },
  Object.fromEntries(many(50, (index) => [`k${index}`, index])),
  Object.fromEntries(many(51, (index) => [`k${index}`, index])),
];

const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  -1,
  0,
  1,
  1.5,
  100,
  604_800,
  604_801,
  1_000_001,
  ...TEXTS,
  ...LISTS,
  ...LIMITS,
  ...OBJECTS,
];

/** Each record is validated separately. Only their number can reject the whole request. */
const RECORDS: readonly unknown[] = [
  undefined,
  null,
  'a',
  {},
  ...[0, 1, 500, 501].map((count) => many(count, () => RECORD)),
];

describe('the OpenAPI document of the build', () => {
  let service: NodeProcess & { readonly url: string };
  let document: Described;
  let ajv: Ajv2020;

  beforeAll(async () => {
    service = await runBuiltService({ NODE_ENV: 'test' });
    document = (await new HttpClient(service.url).get('/docs-json')).body as unknown as Described;
    ajv = addFormats(new Ajv2020({ strict: false, allErrors: false }));
    ajv.addFormat('int64', true).addFormat('double', true).addSchema(document, 'document');
  });
  afterAll(async () => service.stop());

  it.each(Object.entries(BODIES))(
    'allows the same values in the body fields of %s as the service accepts',
    (name, [type, base]) => {
      const isDescribed = ajv.compile({ $ref: `document#/components/schemas/${name}` });
      expect([name, isDescribed(base), 'value' in readStrictly(type, base)]).toEqual([name, true, true]);
      const fields = Object.keys(document.components.schemas[name]?.['properties'] as object);
      expect(fields.length).toBeGreaterThan(0);
      const isForm = name === 'IntrospectTokenRequest';
      const values = isForm ? [undefined, ...TEXTS] : name === 'ImportApiKeysRequest' ? RECORDS : VALUES;
      for (const field of [...fields, ...(isForm ? [] : ['unknown'])]) {
        const other = name === 'VerifyApiKeyRequest' ? EITHER[field] : undefined;
        const { [other ?? '']: _other, ...rest } = base;
        const given = other === undefined ? values : values.filter((value) => value !== undefined);
        const differ = differences(type, rest, field, given, (body) => isDescribed(body));
        expect([field, differ]).toEqual([field, []]);
      }
    },
  );

  it.each(Object.entries(QUERIES))(
    'allows the same values in the query of %s as the service accepts',
    (route, type) => {
      const [method = '', path = ''] = route.split(' ');
      const parameters =
        document.paths[path]?.[method]?.parameters.filter((each) => each.in === 'query') ?? [];
      expect(parameters.map(({ name }) => name).toSorted()).toEqual(fieldsOf(type));
      for (const { name: field, schema, required = false } of parameters) {
        const isDescribed = ajv.compile(rooted(schema));
        const base = {
          ...(field === 'projectId' && { orgId: 'acme' }),
          ...(route === 'get /v1/usage' && { groupBy: 'hour' }),
        };
        const isNumber = schema['type'] === 'integer';
        const values = [undefined, ...(isNumber ? ['0', '1', '20', '100', '101', '1001', 'a', ''] : TEXTS)];
        const differ = differences(type, base, field, values, (body) => {
          const value = body[field];
          if (value === undefined) return !required;
          return isDescribed(isNumber && value !== '' ? Number(value) : value);
        });
        expect([route, field, differ]).toEqual([route, field, []]);
      }
    },
  );

  it('contains no request body or query that these tests omit', () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
    );
    const withQuery = operations.filter(([, { parameters }]) =>
      parameters.some((each) => each.in === 'query'),
    );
    expect(withQuery.map(([route]) => route).toSorted()).toEqual(Object.keys(QUERIES).toSorted());
    const requests = Object.keys(document.components.schemas).filter((name) => name.endsWith('Request'));
    expect(requests.toSorted()).toEqual(
      Object.keys(BODIES)
        .filter((name) => name !== 'ImportedApiKey')
        .toSorted(),
    );
  });
});

/** Returns the values on which the description and the validation of a field differ. */
function differences(
  type: Type<object>,
  base: JsonObject,
  field: string,
  values: readonly unknown[],
  isDescribed: (body: JsonObject) => boolean,
): readonly unknown[] {
  return values.filter((value) => {
    const { [field]: _former, ...rest } = base;
    const body = value === undefined ? rest : { ...rest, [field]: value };
    const isAccepted = 'value' in readStrictly(type, body);
    return STRICTER.has(field) ? isAccepted && !isDescribed(body) : isAccepted !== isDescribed(body);
  });
}

/** Returns a part of the document whose references point into the whole document. */
function rooted(schema: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as JsonObject;
}

/** Returns the validated fields, sorted. */
function fieldsOf(type: Type<object>): readonly string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))].toSorted();
}

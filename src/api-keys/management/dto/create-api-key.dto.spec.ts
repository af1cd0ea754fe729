import { ProblemException } from '../../../problems/problem.exception';
import { readOrRefuse } from '../../../problems/validation';
import { CreateApiKeyDto } from './create-api-key.dto';

const create = async (body: unknown): Promise<unknown> => readOrRefuse(CreateApiKeyDto, body);

async function faultyFields(body: unknown): Promise<readonly string[]> {
  const outcome: unknown = await create(body).catch((error: unknown) => error);
  if (!(outcome instanceof ProblemException)) return [];
  expect(outcome.problem.code).toBe('validation_failed');
  return (outcome.problem.errors ?? []).map(({ field }) => field);
}

const smallest = { name: 'ingest', scopes: [] };
const whole = {
  name: 'ingest worker',
  description: 'writes memories',
  scopes: ['memory:read', 'memory:write'],
  orgId: 'acme',
  projectId: 'apollo',
  ownerId: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  allowedIps: ['203.0.113.0/24'],
  metadata: { team: 'search' },
  externalId: 'cust-7',
  enabled: false,
  expiresAt: '2030-01-31T12:00:00Z',
};
const cleared = {
  ...smallest,
  description: null,
  orgId: null,
  projectId: null,
  ownerId: null,
  externalId: null,
  allowedIps: null,
  expiresAt: null,
};

describe('a request to create a key', () => {
  it.each([
    ['if it has only a name and scopes', smallest],
    ['if it has all fields', whole],
    ['if each nullable field is null', cleared],
  ])('is read unchanged %s', async (_sentence, body) => {
    const read = await create(body);
    expect(read).toBeInstanceOf(CreateApiKeyDto);
    expect({ ...(read as object) }).toEqual(body);
  });

  it.each([
    ['name', { scopes: [] }],
    ['scopes', { name: 'ingest' }],
    ['name', { ...whole, name: null }],
    ['name', { ...whole, name: ' ' }],
    ['name', { ...whole, name: 'n'.repeat(101) }],
    ['name', { ...whole, name: { $ne: null } }],
    ['description', { ...whole, description: 'd'.repeat(501) }],
    ['description', { ...whole, description: '' }],
    ['scopes', { ...whole, scopes: null }],
    ['scopes', { ...whole, scopes: 'memory:read' }],
    ['orgId', { ...whole, orgId: ['acme'] }],
    ['orgId', { ...whole, orgId: '' }],
    ['projectId', { ...whole, projectId: { $ne: 'apollo' } }],
    ['ownerId', { ...whole, ownerId: 'ada' }],
    ['allowedIps', { ...whole, allowedIps: ['10.0.0.1/8'] }],
    ['metadata', { ...whole, metadata: null }],
    ['metadata', { ...whole, metadata: { team: { name: 'search' } } }],
    ['externalId', { ...whole, externalId: '' }],
    ['externalId', { ...whole, externalId: 'c'.repeat(129) }],
    ['externalId', { ...whole, externalId: 'cust 7' }],
    ['externalId', { ...whole, externalId: 'cust-7\n' }],
    ['externalId', { ...whole, externalId: 'cüst-7' }],
    ['externalId', { ...whole, externalId: 7 }],
    ['externalId', { ...whole, externalId: ['cust-7'] }],
    ['externalId', { ...whole, externalId: { $ne: 'cust-7' } }],
    ['enabled', { ...whole, enabled: null }],
    ['enabled', { ...whole, enabled: 'false' }],
    ['enabled', { ...whole, enabled: 0 }],
    ['expiresAt', { ...whole, expiresAt: 1_895_918_400_000 }],
    ['expiresAt', { ...whole, expiresAt: '2030-01-31T12:00:00' }],
  ])('is rejected for its %s: %j', async (field, body) => {
    expect(await faultyFields(body)).toEqual([`/${field}`]);
  });

  it.each([
    'id',
    'version',
    'secrets',
    'token',
    'revokedAt',
    'createdBy',
    'history',
    'status',
    'orgID',
    '$set',
    'name.first',
    '',
  ])('is rejected for an unknown field: %j', async (field) => {
    expect(await faultyFields({ ...whole, [field]: 'x' })).toEqual([`/${field}`]);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty'])(
    'is rejected for an unknown field that is named like a property of Object: %s',
    async (field) => {
      const body: unknown = JSON.parse(`{"name":"ingest","scopes":[],"${field}":"x"}`);
      expect(await faultyFields(body)).toEqual([`/${field}`]);
    },
  );

  it('is rejected with one error for each invalid field, without the invalid values', async () => {
    const secret = 'kw_secret\0';
    const outcome: unknown = await create({ name: secret, scopes: [secret], orgId: secret }).catch(
      (error: unknown) => error,
    );
    expect(outcome).toMatchObject({
      problem: {
        status: 400,
        errors: [
          { field: '/name', message: expect.stringMatching(/^must /) },
          { field: '/scopes', message: expect.stringMatching(/^must /) },
          { field: '/orgId', message: expect.stringMatching(/^must /) },
        ],
      },
    });
    expect(JSON.stringify(outcome)).not.toContain('kw_secret');
  });

  it.each([null, undefined, 'text', 5, true, [], [whole], [[]]])(
    'is rejected if it is not an object: %j',
    async (body) => {
      expect(await faultyFields(body)).not.toEqual([]);
    },
  );
});

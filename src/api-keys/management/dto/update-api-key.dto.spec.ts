import { ProblemException } from '../../../problems/problem.exception';
import { readOrRefuse } from '../../../problems/validation';
import { UpdateApiKeyDto } from './update-api-key.dto';

const update = async (body: unknown): Promise<unknown> => readOrRefuse(UpdateApiKeyDto, body);

async function faultyFields(body: unknown): Promise<readonly string[]> {
  const outcome: unknown = await update(body).catch((error: unknown) => error);
  if (!(outcome instanceof ProblemException)) return [];
  return (outcome.problem.errors ?? []).map(({ field }) => field);
}

describe('a request to change a key', () => {
  it.each([
    {},
    { name: 'ingest' },
    { scopes: [] },
    { metadata: {} },
    { enabled: false },
    { allowedIps: [] },
    { orgId: 'globex', projectId: 'hermes' },
    { expiresAt: '2030-01-31T12:00:00Z', description: 'reads memories' },
  ])('may leave out any field: %j', async (body) => {
    expect({ ...((await update(body)) as object) }).toEqual(body);
  });

  it.each(['description', 'orgId', 'projectId', 'ownerId', 'externalId', 'allowedIps', 'expiresAt'])(
    'keeps null for %s, which clears the field',
    async (field) => {
      expect({ ...((await update({ [field]: null })) as object) }).toEqual({ [field]: null });
    },
  );

  it.each(['name', 'scopes', 'enabled', 'metadata'])('is rejected for null as %s', async (field) => {
    expect(await faultyFields({ [field]: null })).toEqual([`/${field}`]);
  });

  it.each([
    ['name', ''],
    ['name', ['ingest']],
    ['description', '\ud800'],
    ['scopes', ['memory:']],
    ['scopes', { $set: ['*'] }],
    ['orgId', { $ne: 'acme' }],
    ['projectId', ['apollo']],
    ['ownerId', 'ada'],
    ['externalId', 'cust 7'],
    ['allowedIps', '203.0.113.7'],
    ['metadata', []],
    ['enabled', 'true'],
    ['expiresAt', '2030-02-30T00:00:00Z'],
    ['expiresAt', 0],
  ])('is rejected for an invalid %s: %j', async (field, value) => {
    expect(await faultyFields({ [field]: value })).toEqual([`/${field}`]);
  });

  it.each(['id', 'version', 'secrets', 'revokedAt', 'createdBy', 'history', 'updatedAt', '$set', '$unset'])(
    'is rejected for a field that cannot be changed: %s',
    async (field) => {
      expect(await faultyFields({ [field]: null })).toEqual([`/${field}`]);
    },
  );

  it.each([undefined, null, 'text', 5, true, [], [{ enabled: true }]])(
    'is rejected if it is not an object: %j',
    async (body) => {
      expect(await faultyFields(body)).not.toEqual([]);
    },
  );
});

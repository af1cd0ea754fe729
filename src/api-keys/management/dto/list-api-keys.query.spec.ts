import { ProblemException } from '../../../problems/problem.exception';
import { readOrRefuse } from '../../../problems/validation';
import { ListApiKeysQuery } from './list-api-keys.query';

const read = async (query: unknown): Promise<unknown> => readOrRefuse(ListApiKeysQuery, query);

async function faultyParameters(query: unknown): Promise<readonly string[]> {
  const outcome: unknown = await read(query).catch((error: unknown) => error);
  if (!(outcome instanceof ProblemException)) return [];
  return (outcome.problem.errors ?? []).map(({ field }) => field);
}

describe('a query for keys', () => {
  it.each([
    [{}, { limit: 20 }],
    [{ limit: '1' }, { limit: 1 }],
    [{ limit: '100' }, { limit: 100 }],
    [{ status: 'revoked' }, { limit: 20, status: 'revoked' }],
    [{ orgId: 'acme' }, { limit: 20, orgId: 'acme' }],
    [
      { orgId: 'acme', projectId: 'apollo' },
      { limit: 20, orgId: 'acme', projectId: 'apollo' },
    ],
    [{ ownerId: '01jd8x4k2m6n8p0q2r4s6t8v0w' }, { limit: 20, ownerId: '01jd8x4k2m6n8p0q2r4s6t8v0w' }],
    [{ externalId: 'cust-7' }, { limit: 20, externalId: 'cust-7' }],
    [{ cursor: 'azE6MDFqZA' }, { limit: 20, cursor: 'azE6MDFqZA' }],
  ])('with %j is read as %j', async (query, meaning) => {
    expect({ ...((await read(query)) as object) }).toEqual(meaning);
  });

  it.each([
    ['limit', { limit: '0' }],
    ['limit', { limit: '101' }],
    ['limit', { limit: '-1' }],
    ['limit', { limit: '' }],
    ['limit', { limit: '1.5' }],
    ['limit', { limit: '1e1' }],
    ['limit', { limit: '0x10' }],
    ['limit', { limit: ' 5' }],
    ['limit', { limit: '５' }],
    ['limit', { limit: 'all' }],
    ['limit', { limit: 'NaN' }],
    ['limit', { limit: '99999999999999999999' }],
    ['limit', { limit: ['5', '6'] }],
    ['limit', { limit: { $gt: '0' } }],
    ['limit', { limit: null }],
    ['status', { status: 'ACTIVE' }],
    ['status', { status: 'all' }],
    ['status', { status: '' }],
    ['status', { status: ['active', 'revoked'] }],
    ['status', { status: { $ne: 'revoked' } }],
    ['cursor', { cursor: '' }],
    ['cursor', { cursor: 'a b' }],
    ['cursor', { cursor: 'a=' }],
    ['cursor', { cursor: 'a'.repeat(101) }],
    ['cursor', { cursor: ['a', 'b'] }],
    ['orgId', { orgId: '' }],
    ['orgId', { orgId: ['acme', 'globex'] }],
    ['orgId', { orgId: { $ne: 'acme' } }],
    ['projectId', { projectId: 'apollo' }],
    ['projectId', { orgId: 'acme', projectId: '' }],
    ['projectId', { orgId: 'acme', projectId: ['apollo', 'hermes'] }],
    ['ownerId', { ownerId: 'me' }],
    ['ownerId', { ownerId: { $exists: 'false' } }],
    ['externalId', { externalId: '' }],
    ['externalId', { externalId: ['cust-7', 'cust-8'] }],
    ['externalId', { externalId: { $ne: 'cust-7' } }],
    ['page', { page: '2' }],
    ['orgId[$ne]', { 'orgId[$ne]': 'acme' }],
  ])('is rejected for its %s: %j', async (parameter, query) => {
    expect(await faultyParameters(query)).toEqual([`/${parameter}`]);
  });

  it('is rejected for projectId without orgId, with an error that names orgId', async () => {
    const outcome: unknown = await read({ projectId: 'apollo' }).catch((error: unknown) => error);
    expect(outcome).toMatchObject({
      problem: { errors: [{ field: '/projectId', message: 'requires orgId' }] },
    });
  });
});

import { ProblemException } from '../../../problems/problem.exception';
import { readOrRefuse } from '../../../problems/validation';
import { RevokeApiKeyQuery } from './revoke-api-key.query';

const read = async (query: unknown): Promise<unknown> => readOrRefuse(RevokeApiKeyQuery, query);

describe('a request to revoke a key', () => {
  it.each([{}, { reason: 'leaked in a log' }, { reason: 'r'.repeat(200) }])('accepts %j', async (query) => {
    expect({ ...((await read(query)) as object) }).toEqual(query);
  });

  it.each([
    { reason: '' },
    { reason: ' ' },
    { reason: 'r'.repeat(201) },
    { reason: 'a\nb' },
    { reason: '\ud800' },
    { reason: ['a', 'b'] },
    { reason: { $ne: '' } },
    { reason: null },
    { Reason: 'leaked' },
    { force: 'true' },
  ])('is rejected for %j', async (query) => {
    await expect(read(query)).rejects.toBeInstanceOf(ProblemException);
  });
});

import { startWriteGate, type WriteGate } from '../support/drills/write-gate';
import { HttpClient } from '../support/http-client';
import { type NodeProcess, runBuiltService } from '../support/node-process';
import { eventuallyIs } from '../support/patience';
import { relayed } from '../support/relayed';
import { startService } from '../support/service';
import { testDatabaseUri } from '../support/test-database';

const KEYS = '/v1/api-keys';

describe('a service whose MongoDB server rejects every write', () => {
  let gate: WriteGate;
  let service: NodeProcess & { readonly url: string };
  let root: HttpClient;

  beforeAll(async () => {
    const uri = testDatabaseUri('refusals');
    const maker = await startService('mongo', { MONGODB_URI: uri });
    const { token } = maker.root;
    await maker.stop();
    const { relay, through } = await relayed(uri, startWriteGate);
    gate = relay;
    service = await runBuiltService({ NODE_ENV: 'test', STORAGE: 'mongo', MONGODB_URI: through });
    root = new HttpClient(service.url, token);
  });
  afterAll(async () => {
    gate.open();
    await service.stop();
    await gate.close();
  });

  const namesOf = async (orgId: string): Promise<readonly unknown[]> => {
    const { body } = await root.get(`${KEYS}?orgId=${orgId}&limit=100`);
    return (body['data'] as { name: unknown }[]).map(({ name }) => name);
  };

  it.each([
    { code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on keyward to execute command' },
    { code: 121, codeName: 'DocumentValidationFailure', errmsg: 'Document failed validation' },
    { code: 40, codeName: 'ConflictingUpdateOperators', errmsg: "Updating the path 'updatedAt' conflicts" },
    { code: 10_334, codeName: 'BSONObjectTooLarge', errmsg: 'BSONObj size is invalid' },
  ])('answers 500 for $codeName, logs the cause, and stores nothing [T93]', async (error) => {
    gate.refuse(error);
    for (const orgId of ['acme', 'globex']) {
      const answer = await root.post(KEYS, { name: error.codeName, scopes: ['a:b'], orgId });
      expect([answer.status, answer.body['code']]).toEqual([500, 'internal_error']);
      expect(answer.headers.get('retry-after')).toBeNull();
      expect(answer.text).not.toContain(error.errmsg);
    }
    await service.waitFor(new RegExp(`${error.code} ${error.codeName}`));
    gate.open();
    expect(await namesOf('acme')).not.toContain(error.codeName);
    expect(await namesOf('globex')).not.toContain(error.codeName);
  });

  it.each([
    { code: 91, codeName: 'ShutdownInProgress', errmsg: 'The server is in quiesce mode' },
    { code: 262, codeName: 'ExceededTimeLimit', errmsg: 'operation exceeded time limit' },
  ])('answers 503 for $codeName, and creates keys again afterwards [T93]', async (error) => {
    gate.refuse(error);
    const refused = await root.post(KEYS, { name: 'during', scopes: ['a:b'], orgId: 'acme' });
    expect([refused.status, refused.body['code']]).toEqual([503, 'storage_unavailable']);
    expect(refused.headers.get('retry-after')).not.toBeNull();
    gate.open();
    await eventuallyIs(
      async () => (await root.post(KEYS, { name: 'after', scopes: ['a:b'], orgId: 'globex' })).status,
      201,
    );
  });
});

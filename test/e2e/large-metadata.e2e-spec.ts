import { newKeyId } from '../../src/api-keys/domain/key-id';
import { hashToken, issueToken } from '../../src/api-keys/domain/token/key-token';
import { aKey } from '../../src/testing/contract/key-fixtures';
import { startService, type TestService } from '../support/service';
import { storeOf } from '../support/stored-key';

const FAULT = { message: 'must take at most 8192 bytes as JSON in UTF-8' };
const LARGE = Object.fromEntries(
  Array.from({ length: 50 }, (_none, index) => [`k${index}`, 'v'.repeat(500)]),
);

describe('metadata of more than 8 kB', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory', { IMPORT_TOKEN_PREFIXES: 'xm-' });
  });
  afterAll(async () => service.stop());

  /** Stores a key of acme with metadata larger than the limit. */
  async function storedBefore(): Promise<{ readonly id: string; readonly token: string }> {
    const { keyId: id, hash, token } = issueToken('kw', newKeyId(new Date()));
    const secrets = [{ hash, createdAt: new Date() }];
    await storeOf(service).insert(
      aKey({ id, orgId: 'acme', scopes: ['memory:read'], metadata: LARGE, secrets }),
    );
    return { id, token };
  }

  it('is rejected with 400 at creation, and the error names the field and the limit', async () => {
    const root = service.as(service.root.token);
    const answer = await root.post('/v1/api-keys', { name: 'large', scopes: [], metadata: LARGE });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      code: 'validation_failed',
      errors: [{ field: '/metadata', ...FAULT }],
    });
  });

  it('is rejected with 400 in an update, which then changes nothing', async () => {
    const { key } = await service.issue({ orgId: 'globex', metadata: { team: 'search' } });
    const root = service.as(service.root.token);
    const answer = await root.patch(`/v1/api-keys/${key.id}`, { name: 'renamed', metadata: LARGE });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ errors: [{ field: '/metadata', ...FAULT }] });
    const { body } = await root.get(`/v1/api-keys/${key.id}`);
    expect(body).toMatchObject({ name: 'test', version: 1, metadata: { team: 'search' } });
  });

  it('causes an import to reject only the record that contains it', async () => {
    const record = { name: 'imported', scopes: ['memory:read'] };
    const keys = [
      { ...record, orgId: 'acme', hash: hashToken('xm-acme'), metadata: LARGE },
      { ...record, orgId: 'globex', hash: hashToken('xm-globex') },
    ];
    const { body } = await service.as(service.root.token).post('/v1/api-keys/import', { keys });
    expect(body).toMatchObject({
      imported: 1,
      refused: 1,
      results: [
        { line: 1, outcome: 'refused', reasons: [`metadata ${FAULT.message}`] },
        { outcome: 'imported' },
      ],
    });
  });

  it('does not prevent verifying, changing and revoking a key that was stored before the limit', async () => {
    const { id, token } = await storedBefore();
    const root = service.as(service.root.token);
    const verify = async (): Promise<unknown> =>
      (await root.post('/v1/api-keys/verify', { token, scopes: ['memory:read'], orgId: 'acme' })).body;
    for (let use = 0; use < 2; use += 1) {
      expect(await verify()).toMatchObject({ valid: true, code: 'VALID', key: { id, metadata: LARGE } });
    }
    const patched = await root.patch(`/v1/api-keys/${id}`, { name: 'renamed' });
    expect([patched.status, patched.body['name']]).toEqual([200, 'renamed']);
    expect((await root.delete(`/v1/api-keys/${id}`)).status).toBe(204);
    expect(await verify()).toMatchObject({ valid: false, code: 'REVOKED' });
  });
});

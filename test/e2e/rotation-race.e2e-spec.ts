import type { HttpAnswer, HttpClient } from '../support/http-client';
import { startService, type TestService } from '../support/service';
import { storedKey } from '../support/stored-key';

const AT_ONCE = 50;

describe.each(['memory', 'mongo'] as const)('concurrent rotations of a key in the %s store', (storage) => {
  let service: TestService;
  let root: HttpClient;

  beforeAll(async () => {
    service = await startService(storage);
    root = service.as(service.root.token);
  });
  afterAll(async () => service.stop());

  const rotateAtOnce = async (id: string, gracePeriodSeconds: number): Promise<readonly HttpAnswer[]> =>
    Promise.all(
      Array.from({ length: AT_ONCE }, async () =>
        root.post(`/v1/api-keys/${id}/rotate`, { gracePeriodSeconds }),
      ),
    );
  const works = async (token: string): Promise<boolean> =>
    (await service.as(token).get('/v1/api-keys/self')).status === 200;

  it.each([
    [0, 1],
    [3600, 2],
  ])('leave one current token (grace period %i s, %i valid tokens) [T51]', async (grace, working) => {
    const { key, token } = await service.issue({});
    const answers = await rotateAtOnce(key.id, grace);
    const issued = answers.flatMap(({ status, body }) => (status === 200 ? [String(body['token'])] : []));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(issued.length).toBeGreaterThanOrEqual(1);
    expect(new Set(issued).size).toBe(issued.length);
    for (const { status, body } of refused)
      expect([status, body['code']]).toEqual([409, 'rotation_conflict']);

    const alive = [];
    for (const each of [token, ...issued]) if (await works(each)) alive.push(each);
    expect(alive).toHaveLength(working);
    const { secrets, history, version } = await storedKey(service, key.id);
    expect(secrets.filter(({ retiresAt }) => retiresAt === undefined)).toHaveLength(1);
    const rotations = history.filter(({ action }) => action === 'rotated');
    expect(rotations).toHaveLength(issued.length);
    expect(version).toBeGreaterThanOrEqual(1 + issued.length);
  });

  it('do not conflict with other changes of the key', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { key } = await service.issue({});
      const path = `/v1/api-keys/${key.id}`;
      const answers = await Promise.all([
        root.patch(path, { name: 'renamed' }),
        root.post(`${path}/rotate`, {}),
        root.patch(path, { description: 'described' }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      const stored = await storedKey(service, key.id);
      expect([stored.name, stored.description, stored.secrets.length, stored.version]).toEqual([
        'renamed',
        'described',
        2,
        4,
      ]);
      expect(await works(String(answers[1].body['token']))).toBe(true);
    }
  });

  it('leave no valid token if the key is revoked at the same time', async () => {
    const { key, token } = await service.issue({});
    const [killed, ...answers] = await Promise.all([
      root.delete(`/v1/api-keys/${key.id}`),
      ...Array.from({ length: 3 }, async () => root.post(`/v1/api-keys/${key.id}/rotate`, {})),
    ]);
    expect(killed.status).toBe(204);
    for (const { status, body } of answers) {
      if (status === 200) expect(await works(String(body['token']))).toBe(false);
      else expect(status).toBe(409);
    }
    expect(await works(token)).toBe(false);
    const actions = (await storedKey(service, key.id)).history.map(({ action }) => action);
    expect(actions).toContain('revoked');
    expect(actions.slice(actions.indexOf('revoked'))).not.toContain('rotated');
  });
});

import { AUDIENCE, IdentityProvider } from '../support/identity-provider';
import { MovableTime } from '../support/movable-time';
import { startService, type TestService } from '../support/service';

const ME = '/v1/users/me';

async function startWith(issuer: string): Promise<TestService> {
  return startService('memory', { OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE });
}

describe('an identity provider that rotates its keys', () => {
  let provider: IdentityProvider;
  const clock = new MovableTime();
  let service: TestService;

  beforeAll(async () => {
    provider = await IdentityProvider.start();
    service = await startWith(provider.issuer);
  });
  afterAll(async () => {
    clock.restore();
    await service.stop();
    await provider.stop();
  });

  it('can sign sessions with its new key without a restart, and those of its old key get 401', async () => {
    const before = service.as(await provider.tokenFor('ada'));
    const { body: ada } = await before.get(ME);
    await provider.rotateKeys();
    const after = service.as(await provider.tokenFor('ada'));
    clock.advanceMinutes(1);
    const answer = await after.get(ME);
    expect([answer.status, answer.body['id']]).toEqual([200, ada['id']]);
    expect((await before.get(ME)).status).toBe(401);
  });
});

describe('an identity provider whose issuer ends with a slash', () => {
  let provider: IdentityProvider;
  let service: TestService;

  beforeAll(async () => {
    provider = await IdentityProvider.start('/');
  });
  afterAll(async () => provider.stop());
  afterEach(async () => service.stop());

  it('is accepted if the setting has the slash', async () => {
    service = await startWith(provider.issuer);
    const answer = await service.as(await provider.tokenFor('ada')).get(ME);
    expect([answer.status, answer.body['issuer']]).toEqual([200, provider.issuer]);
  });

  it('is rejected with 401 if the setting omits the slash', async () => {
    const issuer = provider.issuer.replace(/\/$/, '');
    service = await startWith(issuer);
    expect((await service.as(await provider.tokenFor('ada')).get(ME)).status).toBe(401);
    const forged = await service.as(provider.sign({ iss: issuer })).get(ME);
    expect([forged.status, forged.body['code']]).toEqual([500, 'internal_error']);
  });
});

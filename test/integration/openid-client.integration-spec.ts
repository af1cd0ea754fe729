import * as client from 'openid-client';
import { type IssuedKey, type Keyward, startKeywardInMemory } from '../support/integration/keyward';

const ISSUER = 'https://keys.example.com';

describe('openid-client, which introspects with a key’s id and token as its client credentials,', () => {
  let keyward: Keyward;
  let verifier: IssuedKey;

  beforeAll(async () => {
    keyward = await startKeywardInMemory({ PUBLIC_URL: ISSUER });
    verifier = await keyward.issue({ scopes: ['api-keys:verify'] });
  });
  afterAll(async () => keyward.stop());

  const clientOf = (
    { id, token }: IssuedKey,
    authentication: client.ClientAuth = client.ClientSecretBasic(token),
  ): client.Configuration => {
    const server = { issuer: ISSUER, introspection_endpoint: `${keyward.url}/oauth2/introspect` };
    const configuration = new client.Configuration(server, id, undefined, authentication);
    client.allowInsecureRequests(configuration);
    return configuration;
  };

  it('gets the scopes, binding and expiry of an active key', async () => {
    const { id, token } = await keyward.issue({
      scopes: ['memory:read', 'memory:write'],
      orgId: 'acme',
      projectId: 'apollo',
      expiresAt: '2099-01-01T00:00:00Z',
    });
    const tenant = { org_id: 'acme', project_id: 'apollo' };
    expect(await client.tokenIntrospection(clientOf(verifier), token, tenant)).toEqual({
      active: true,
      scope: 'memory:read memory:write',
      client_id: id,
      sub: id,
      jti: id,
      token_type: 'Bearer',
      iat: expect.any(Number) as number,
      exp: Date.parse('2099-01-01T00:00:00Z') / 1000,
      iss: ISSUER,
      ...tenant,
    });
  });

  it('gets only active: false for a revoked key, a key of another tenant or nonsense', async () => {
    const revoked = await keyward.issue({ scopes: ['memory:read'] });
    await keyward.root.delete(`/v1/api-keys/${revoked.id}`);
    const bound = await keyward.issue({ scopes: ['memory:read'], orgId: 'globex' });
    for (const token of [revoked.token, bound.token, 'nonsense']) {
      expect(await client.tokenIntrospection(clientOf(verifier), token, { org_id: 'acme' })).toEqual({
        active: false,
      });
    }
  });

  it('gets active: false for keys of other organisations, and 403 if it names one', async () => {
    const { id, token } = await keyward.issue({ scopes: ['api-keys:verify'], orgId: 'acme' });
    const ours = await keyward.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const theirs = await keyward.issue({ scopes: ['memory:read'], orgId: 'globex' });
    const acme = clientOf({ id, token });
    expect(await client.tokenIntrospection(acme, ours.token)).toMatchObject({ active: true, org_id: 'acme' });
    expect(await client.tokenIntrospection(acme, theirs.token)).toEqual({ active: false });
    await expect(client.tokenIntrospection(acme, theirs.token, { org_id: 'globex' })).rejects.toMatchObject({
      name: 'ResponseBodyError',
      status: 403,
      error: 'access_denied',
    });
  });

  it('can send its secret in the form, and ask for a scope and a resource', async () => {
    const { token } = await keyward.issue({ scopes: ['memory:*'] });
    const posting = clientOf(verifier, client.ClientSecretPost(verifier.token));
    const asked = { scope: 'memory:read', resource: 'https://api.example.com' };
    expect(await client.tokenIntrospection(posting, token, asked)).toMatchObject({
      active: true,
      scope: 'memory:read',
    });
    expect(await client.tokenIntrospection(posting, token, { ...asked, scope: 'billing:read' })).toEqual({
      active: false,
    });
  });

  it('gets invalid_request with an error_description for an invalid org_id', async () => {
    const asking = client.tokenIntrospection(clientOf(verifier), verifier.token, { org_id: 'not an id' });
    await expect(asking).rejects.toMatchObject({
      name: 'ResponseBodyError',
      status: 400,
      error: 'invalid_request',
      error_description: 'org_id must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ -',
    });
  });

  it.each<[string, number, string | undefined, () => client.Configuration | Promise<client.Configuration>]>([
    [
      'a secret that is not a token',
      401,
      'invalid_token',
      () => clientOf({ ...verifier, token: 'kw_guessed' }),
    ],
    [
      'the token of another key than its id',
      401,
      'invalid_token',
      async () => clientOf({ ...(await keyward.issue({ scopes: ['*'] })), token: verifier.token }),
    ],
    [
      'a key without the scope to verify',
      403,
      'insufficient_scope',
      async () => clientOf(await keyward.issue({ scopes: ['memory:read'] })),
    ],
    ['no secret', 401, undefined, () => clientOf(verifier, client.None())],
  ])('gets a WWW-Authenticate challenge for %s', async (_what, status, error, configuration) => {
    const asking = client.tokenIntrospection(await configuration(), verifier.token);
    const refusal: unknown = await asking.catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ name: 'WWWAuthenticateChallengeError', status });
    const { cause } = refusal as client.WWWAuthenticateChallengeError;
    expect(cause[0]).toMatchObject({ scheme: 'bearer', parameters: error === undefined ? {} : { error } });
    expect(cause[0]?.parameters.error).toBe(error);
    if (status === 401) expect(cause[1]).toMatchObject({ scheme: 'basic', parameters: { realm: 'keyward' } });
  });
});

import { startService, type TestService } from '../support/service';

const OAUTH = '/.well-known/oauth-authorization-server';
const OPENID = '/.well-known/openid-configuration';

async function withService(
  environment: Record<string, string>,
  use: (service: TestService) => Promise<void>,
): Promise<void> {
  const service = await startService('memory', environment);
  try {
    await use(service);
  } finally {
    await service.stop();
  }
}

describe('a client that discovers the introspection endpoint', () => {
  it.each([
    ['https://keys.example.com', 'https://keys.example.com/oauth2/introspect', [OAUTH, OPENID]],
    ['https://keys.example.com/', 'https://keys.example.com/oauth2/introspect', [OAUTH, OPENID]],
    [
      'https://example.com/acme/keys',
      'https://example.com/acme/keys/oauth2/introspect',
      [OAUTH, OPENID, `${OAUTH}/acme/keys`, `${OPENID}/acme/keys`],
    ],
  ])(
    'gets the endpoint and its authentication methods without a key, for the issuer %s',
    async (issuer, endpoint, paths) => {
      await withService({ PUBLIC_URL: issuer }, async (service) => {
        for (const path of paths) {
          const answer = await service.as().get(path);
          expect([answer.status, answer.body]).toEqual([
            200,
            {
              issuer,
              introspection_endpoint: endpoint,
              introspection_endpoint_auth_methods_supported: [
                'client_secret_basic',
                'client_secret_post',
                'Bearer',
              ],
              response_types_supported: [],
            },
          ]);
          expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
          expect(answer.headers.get('cache-control')).toBe('public, max-age=3600');
        }
      });
    },
  );

  it('gets 404 under the path of another issuer and for a POST request', async () => {
    await withService({ PUBLIC_URL: 'https://example.com/acme' }, async (service) => {
      const root = service.as(service.root.token);
      expect((await root.get(`${OAUTH}/globex`)).body['code']).toBe('not_found');
      expect((await root.get(`${OPENID}/acme/more`)).body['code']).toBe('not_found');
      expect((await root.post(OAUTH, {})).status).toBe(404);
    });
  });

  it('gets 404 if PUBLIC_URL is not set', async () => {
    await withService({}, async (service) => {
      for (const path of [OAUTH, OPENID]) {
        const answer = await service.as().get(path);
        expect([answer.status, answer.body['code']]).toEqual([404, 'not_found']);
      }
    });
  });
});

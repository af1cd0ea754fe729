import type { Browser, Page } from 'playwright-core';
import { AUDIENCE, CLIENTS, IdentityProvider } from '../support/identity-provider';
import { openBrowser, openPage } from '../support/integration/browser';
import { eventuallyIs } from '../support/patience';
import { type Keyward, startKeywardInMemory } from '../support/integration/keyward';
import { fillIn, signInFrom, statusOf } from '../support/integration/swagger-sign-in';
import { SwaggerUi } from '../support/integration/swagger-ui';

// On a busy machine, a browser needs a while to draw all of Swagger UI.

describe('a person who signs in from Swagger UI in a browser', () => {
  let provider: IdentityProvider;
  let keyward: Keyward;
  let browser: Browser;

  beforeAll(async () => {
    provider = await IdentityProvider.start();
    [keyward, browser] = await Promise.all([
      startKeywardInMemory({
        OIDC_ISSUER: provider.issuer,
        OIDC_AUDIENCE: AUDIENCE,
        OIDC_ORG_CLAIM: 'orgs',
        OIDC_SWAGGER_CLIENT_ID: CLIENTS.swagger,
        USER_GRANTABLE_SCOPES: 'memory:read',
      }),
      openBrowser(),
    ]);
    const offersSignIn = async (): Promise<boolean> =>
      (await keyward.as().get('/docs/swagger-ui-init.js')).text.includes('authorizationCode');
    await eventuallyIs(offersSignIn, true);
  });
  afterAll(async () => {
    await browser.close();
    await keyward.stop();
    await provider.stop();
  });

  const openDocumentation = async (): Promise<Page> => {
    const { page } = await openPage(browser);
    page.setDefaultTimeout(20_000);
    await page.goto(`${keyward.url}/docs`);
    return page;
  };

  it('finds the sign-in only in Swagger UI, because /docs-json has only the bearer scheme', async () => {
    const { components } = (await keyward.as().get('/docs-json')).body;
    expect(components).toMatchObject({ securitySchemes: { bearer: { type: 'http' } } });
    expect(JSON.stringify(components)).not.toContain('authorizationCode');
  });

  it('creates a key, uses it, rotates it and revokes it', async () => {
    const page = await openDocumentation();
    await signInFrom(page, 'ada');
    const ada = new SwaggerUi(page);
    expect((await ada.execute('getCurrentUser')).body).toContain('"subject": "ada"');
    const request = { name: "Ada's reader", scopes: ['memory:read'], orgId: 'acme' };
    const made = await ada.execute('createApiKey', request);
    expect(made.status).toBe(201);
    const { id, token } = JSON.parse(made.body) as { readonly id: string; readonly token: string };

    const holder = new SwaggerUi(await openDocumentation());
    const expectHolderToSee = async (status: number, text: string): Promise<void> => {
      const self = await holder.execute('getCurrentApiKey');
      expect([self.status, self.body]).toEqual([status, expect.stringContaining(text)]);
    };
    await holder.authorize(token);
    await expectHolderToSee(200, `"id": "${id}"`);

    await fillIn(page, 'rotateApiKey', 'id', id);
    const rotated = await ada.execute('rotateApiKey', {});
    expect(rotated.status).toBe(200);
    await expectHolderToSee(401, 'key_rotated');
    await holder.authorize((JSON.parse(rotated.body) as { readonly token: string }).token);
    await expectHolderToSee(200, `"id": "${id}"`);

    await fillIn(page, 'revokeApiKey', 'id', id);
    expect(await statusOf(page, 'revokeApiKey')).toBe(204);
    await expectHolderToSee(401, 'key_revoked');
  });

  it('gets 403 for a new key of another organisation, and 404 for its existing keys', async () => {
    const theirs = await keyward.issue({ name: 'of globex', scopes: ['memory:read'], orgId: 'globex' });
    const page = await openDocumentation();
    await signInFrom(page, 'ada');
    const ada = new SwaggerUi(page);
    const request = { name: 'not hers', scopes: ['memory:read'], orgId: 'globex' };
    expect((await ada.execute('createApiKey', request)).status).toBe(403);
    await fillIn(page, 'getApiKey', 'id', theirs.id);
    expect((await ada.execute('getApiKey')).status).toBe(404);
  });
});

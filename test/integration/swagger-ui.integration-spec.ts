import type { Browser } from 'playwright-core';
import { type BrowserPage, openBrowser, openPage } from '../support/integration/browser';
import { type Keyward, startKeywardInMemory } from '../support/integration/keyward';
import { SwaggerUi } from '../support/integration/swagger-ui';

describe('a person with a browser at /docs', () => {
  let keyward: Keyward;
  let browser: Browser;
  let opened: BrowserPage;

  beforeAll(async () => {
    [keyward, browser] = await Promise.all([startKeywardInMemory(), openBrowser()]);
    opened = await openPage(browser);
    opened.page.setDefaultTimeout(8000);
  });
  afterAll(async () => {
    await browser.close();
    await keyward.stop();
  });

  it('makes a key with the root key, switches to the new one and sees what that may do', async () => {
    const { page, errors } = opened;
    await page.goto(`${keyward.url}/docs`);
    const ui = new SwaggerUi(page);

    await ui.authorize(keyward.rootToken);
    const body = { name: 'auditor', scopes: ['api-keys:read'], orgId: 'acme' };
    const made = await ui.execute('ApiKeys_create', body);
    expect(made.status).toBe(201);
    const { id, token, ...key } = JSON.parse(made.body) as Record<string, unknown>;
    expect(key).toMatchObject({ name: 'auditor', scopes: ['api-keys:read'], orgId: 'acme' });

    await ui.authorize(String(token));
    const self = await ui.execute('ApiKeys_self');
    expect(self.status).toBe(200);
    expect(JSON.parse(self.body)).toMatchObject({ id, name: 'auditor' });

    const refused = await ui.execute('ApiKeys_create', body);
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'insufficient_scope' });

    expect(errors.filter((error) => !error.includes('403'))).toEqual([]);
  });

  it('loads nothing from another host', () => {
    expect(opened.requestedHosts()).toEqual([keyward.address]);
  });
});

describe('a person who opens /docs over plain HTTP by the name of another host', () => {
  it('finds the page whole, and a key made with it', async () => {
    const keyward = await startKeywardInMemory();
    const browser = await openBrowser(['keyward.test']);
    const foreign = await openPage(browser);
    const { page, errors } = foreign;
    page.setDefaultTimeout(8000);
    const { port } = new URL(keyward.url);
    await page.goto(`http://keyward.test:${port}/docs`);
    const ui = new SwaggerUi(page);
    await ui.authorize(keyward.rootToken);
    expect((await ui.execute('ApiKeys_create', { name: 'n', scopes: [], orgId: 'globex' })).status).toBe(201);
    expect([errors, foreign.requestedHosts()]).toEqual([[], [`keyward.test:${port}`]]);
    await browser.close();
    await keyward.stop();
  });
});

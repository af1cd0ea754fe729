import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { type BrowserPage, openBrowser, openPage } from '../support/integration/browser';
import { type Keyward, startKeywardInMemory } from '../support/integration/keyward';
import { SwaggerUi } from '../support/integration/swagger-ui';

/**
 * Serious accessibility faults in Swagger UI's own markup and colours, by rule and place. Only its authors can fix
 * them. Any other fault is Keyward's own.
 */
const FAULTS_OF_SWAGGER_UI: Readonly<Record<string, RegExp>> = {
  // Its colours: version, methods, links, buttons (those of schemas too) and highlighted code.
  'color-contrast':
    /^<(?:pre class="version"|span(?: style="color: rgb| class="opblock-summary-method"|>)|button class="(?:btn |download-contents)|button type="button" class="json-schema-2020-12-|a [^>]*class="link")/,
  // The field for a request's body has a heading next to it that is not associated with it.
  label: /^<textarea class="body-param__text"/,
  // The line of an operation is a button that contains the lock and the copy button.
  'nested-interactive': /^<button [^>]*class="opblock-summary-control"/,
  // Examples are wider than their box, and the Tab key does not reach them.
  'scrollable-region-focusable': /^<pre class="(?:example )?microlight"/,
  // The captions of the choices of server and example are not associated with them.
  'select-name': /^<select (?:class="examples-select-element"|id="servers")/,
};

/** Returns the serious faults that axe finds, as rule and place. */
async function graveFaults(page: Page): Promise<readonly (readonly [string, string])[]> {
  await page.evaluate(await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate<AxeResults>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => [id, html] as const));
}

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

  it('creates a key with the root key, and gets 403 for what the new key cannot do', async () => {
    const { page, errors } = opened;
    await page.goto(`${keyward.url}/docs`);
    const ui = new SwaggerUi(page);

    await ui.authorize(keyward.rootToken);
    const body = { name: 'auditor', scopes: ['api-keys:read'], orgId: 'acme' };
    const made = await ui.execute('createApiKey', body);
    expect(made.status).toBe(201);
    const { id, token, ...key } = JSON.parse(made.body) as Record<string, unknown>;
    expect(key).toMatchObject({ name: 'auditor', scopes: ['api-keys:read'], orgId: 'acme' });

    await ui.authorize(String(token));
    const self = await ui.execute('getCurrentApiKey');
    expect(self.status).toBe(200);
    expect(JSON.parse(self.body)).toMatchObject({ id, name: 'auditor' });

    const refused = await ui.execute('createApiKey', body);
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'insufficient_scope' });

    expect(errors.filter((error) => !error.includes('403'))).toEqual([]);
  });

  it('gets a page of the same size as the picture in the README, which is under 200 kB', async () => {
    const file = join(__dirname, '../../docs/images/swagger-ui.png');
    const { page } = opened;
    await page.evaluate('window.scrollTo(0, 0)');
    const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 1280, height: 900 } });
    if (process.env['DOCS_PICTURE'] === '1') await writeFile(file, picture);
    expect((await stat(file)).size).toBeLessThan(200_000);
    const kept = await readFile(file);
    expect(kept.subarray(0, 24)).toEqual(picture.subarray(0, 24)); // a PNG of the same size
  });

  it('finds no serious accessibility fault except the known ones of Swagger UI', async () => {
    const faults = await graveFaults(opened.page);
    expect(faults.filter(([rule, html]) => !FAULTS_OF_SWAGGER_UI[rule]?.test(html))).toEqual([]);
    expect(
      Object.keys(FAULTS_OF_SWAGGER_UI).filter((rule) => !faults.some(([found]) => found === rule)),
    ).toEqual([]);
  });

  it('loads nothing from another host [T27]', () => {
    expect(opened.requestedHosts()).toEqual([keyward.address]);
  });
});

describe('a person who opens /docs over plain HTTP by another host name', () => {
  it('sees the page without errors, and can create a key with it', async () => {
    const keyward = await startKeywardInMemory();
    const browser = await openBrowser(['keyward.test']);
    const foreign = await openPage(browser);
    const { page, errors } = foreign;
    page.setDefaultTimeout(8000);
    const { port } = new URL(keyward.url);
    await page.goto(`http://keyward.test:${port}/docs`);
    const ui = new SwaggerUi(page);
    await ui.authorize(keyward.rootToken);
    expect((await ui.execute('createApiKey', { name: 'n', scopes: [], orgId: 'globex' })).status).toBe(201);
    expect([errors, foreign.requestedHosts()]).toEqual([[], [`keyward.test:${port}`]]);
    await browser.close();
    await keyward.stop();
  });
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance } from 'fastify';
import type { Browser } from 'playwright-core';
import { type BrowserPage, openBrowser, openPage } from '../support/integration/browser';
import { makeTempFolder, type TempFolder } from '../support/integration/temp-folder';

const ROOT = join(__dirname, '../..');
const run = promisify(execFile);

describe('the site that npm run docs builds', () => {
  let site: TempFolder;
  let browser: Browser;
  let server: FastifyInstance;
  let host: string;

  async function openStart(): Promise<BrowserPage> {
    const opened = await openPage(browser);
    await opened.page.goto(`http://${host}/index.html`);
    return opened;
  }

  beforeAll(async () => {
    site = await makeTempFolder('docs-site');
    browser = await openBrowser();
    await run(process.execPath, [join(ROOT, 'node_modules/typedoc/bin/typedoc'), '--out', site.path], {
      cwd: ROOT,
    });
    server = fastify();
    await server.register(fastifyStatic, { root: site.path });
    host = new URL(await server.listen({ host: '127.0.0.1', port: 0 })).host;
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
    await site.remove();
  });

  it('has a search that finds a word in a guide and opens that guide', async () => {
    const opened = await openStart();
    const { page } = opened;
    await page.click('#tsd-search-trigger');
    await page.fill('#tsd-search-input', 'SubdomainGuard');
    await page.locator('#tsd-search-results a').first().click();
    await page.waitForURL(/nest-team\.html/);
    expect(await page.textContent('h1')).toBe('Guard a Nest application');
    expect([opened.errors, opened.requestedHosts()]).toEqual([[], [host]]);
  });

  it('lists the guides, the decision records and the modules in its navigation', async () => {
    const { page } = await openStart();
    const groups = await page.locator('#tsd-nav-container > li').allTextContents();
    for (const name of ['Guides', 'Reference', 'Operations', 'Decision records', 'Modules']) {
      expect(groups.some((text) => text.includes(name))).toBe(true);
    }
  });

  it('fails scripts/check-docs.mjs if a link leads nowhere', async () => {
    const check = join(ROOT, 'scripts/check-docs.mjs');
    await run(process.execPath, [check, site.path]);
    await run('rm', [join(site.path, 'docs/concepts.html')]);
    await expect(run(process.execPath, [check, site.path])).rejects.toMatchObject({
      stderr: expect.stringMatching(/index\.html: docs\/concepts\.html leads nowhere\./),
    });
  });
});

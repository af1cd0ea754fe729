import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/** Without these, Chromium asks for things of its own that a machine without a network cannot have. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page in a real browser, and what it asked for. */
export interface BrowserPage {
  readonly page: Page;
  /** The host of every request it made, once each. */
  requestedHosts(): readonly string[];
  /** What went wrong on the page: errors thrown, and logged. */
  readonly errors: readonly string[];
}

/**
 * Debian's Chromium, with a profile of its own that is gone afterwards.
 *
 * @param aliases names that lead to this machine, to which browsers grant less than to its own address
 */
export async function openBrowser(aliases: readonly string[] = []): Promise<Browser> {
  const rules = aliases.map((name) => `MAP ${name} 127.0.0.1`).join(', ');
  const args = rules === '' ? QUIET : [...QUIET, `--host-resolver-rules=${rules}`];
  return chromium.launch({ executablePath: EXECUTABLE, args });
}

export async function openPage(browser: Browser): Promise<BrowserPage> {
  const context: BrowserContext = await browser.newContext({ viewport: { width: 1280, height: 1600 } });
  const page = await context.newPage();
  const hosts = new Set<string>();
  const errors: string[] = [];
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== 'data:' && protocol !== 'blob:') hosts.add(host);
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return { page, requestedHosts: () => [...hosts], errors };
}

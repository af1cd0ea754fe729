import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/** Without these, Chromium sends requests of its own that fail on a machine without a network. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page in a real browser, and its requests. */
export interface BrowserPage {
  readonly page: Page;
  /** The host of every request, once each. */
  requestedHosts(): readonly string[];
  /** Errors that the page threw or logged. */
  readonly errors: readonly string[];
}

/**
 * Starts Debian's Chromium with a temporary profile.
 *
 * @param aliases names that resolve to this machine. Browsers trust them less than its own address.
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

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/** Stops Chromium's own background requests, which fail on a machine without a network. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page in a real browser, with its requests and errors. */
export interface BrowserPage {
  readonly page: Page;
  /** Returns the host of every request so far, without duplicates. */
  requestedHosts(): readonly string[];
  /** The errors that the page threw or logged. */
  readonly errors: readonly string[];
}

/**
 * Starts Debian's Chromium with a temporary profile.
 *
 * @param aliases host names that resolve to 127.0.0.1. Unlike 127.0.0.1, they are no secure context over plain HTTP.
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

/** A page, or the address outside the provider that the provider sent the browser to. */
export type Arrival =
  { readonly url: URL; readonly html: string } | { readonly url: URL; readonly html?: undefined };

/** The little of a browser that a sign-in needs: cookies, redirects and forms. */
export class BrowserSession {
  private readonly cookies = new Map<string, string>();

  /** @param home the browser goes to other addresses no more; it tells what they are */
  constructor(private readonly home: string) {}

  /** Goes to an address and wherever it leads. */
  async open(url: URL, form?: URLSearchParams): Promise<Arrival> {
    let next = { url, form };
    for (;;) {
      if (next.url.origin !== this.home) return { url: next.url };
      const response = await this.ask(next.url, next.form);
      const location = response.headers.get('location');
      if (location === null) return { url: next.url, html: await response.text() };
      next = { url: new URL(location, next.url), form: undefined };
    }
  }

  /** Submits the form of a page, with what a person entered and what the page hid in it. */
  async submit(page: Arrival, entered: Readonly<Record<string, string>>): Promise<Arrival> {
    const html = page.html ?? '';
    const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1];
    if (action === undefined) throw new Error(`no form at ${page.url.href}: ${html}`);
    const hidden = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const form = new URLSearchParams(entered);
    for (const [, name = '', value = ''] of hidden) form.set(name, value);
    return this.open(new URL(action, page.url), form);
  }

  private async ask(url: URL, form?: URLSearchParams): Promise<Response> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: form }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}

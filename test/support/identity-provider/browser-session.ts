/** The page where the browser ended. Without `html`, it is an address of another origin that was not opened. */
export type Arrival =
  { readonly url: URL; readonly html: string } | { readonly url: URL; readonly html?: undefined };

/** The few features of a browser that a sign-in needs: cookies, redirects and forms. */
export class BrowserSession {
  private readonly cookies = new Map<string, string>();

  /** @param home the only origin that the browser opens. It returns other addresses without opening them. */
  constructor(private readonly home: string) {}

  /** Opens an address and follows its redirects. */
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

  /** Submits the form of a page with the entered values and its hidden fields. */
  async submit(page: Arrival, entered: Readonly<Record<string, string>>): Promise<Arrival> {
    const html = page.html ?? '';
    const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1];
    if (action === undefined) throw new Error(`there is no form at ${page.url.href}: ${html}`);
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

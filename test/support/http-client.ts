/** An answer as a test looks at it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON body; `undefined` where there is none. */
  readonly body: JsonObject;
  readonly text: string;
}

/** Any JSON object; members are looked at by name. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Whether a request found its connection closed, or lost it on the way. By its shape: inside a jest test, what `fetch`
 * throws is no instance of the test's `TypeError`.
 */
export function isBrokenConnection(error: unknown): boolean {
  const { name, message } = (error ?? {}) as { readonly name?: unknown; readonly message?: unknown };
  return name === 'TypeError' && (message === 'fetch failed' || message === 'terminated');
}

/** One id for all requests, so that tests can compare answers whole: problems name the request. */
const REQUEST_ID = 'a-test';

/** Calls a service over real HTTP as the holder of one token, or as nobody. */
export class HttpClient {
  /** @param requestId what the client calls its requests; `null` leaves that to the service */
  constructor(
    private readonly url: string,
    private readonly token?: string,
    private readonly requestId: string | null = REQUEST_ID,
  ) {}

  async get(path: string, headers?: Record<string, string>): Promise<HttpAnswer> {
    return this.send('GET', path, undefined, headers);
  }

  async post(path: string, body?: unknown, headers?: Record<string, string>): Promise<HttpAnswer> {
    return this.send('POST', path, body, headers);
  }

  async patch(path: string, body?: unknown, headers?: Record<string, string>): Promise<HttpAnswer> {
    return this.send('PATCH', path, body, headers);
  }

  async delete(path: string, headers?: Record<string, string>): Promise<HttpAnswer> {
    return this.send('DELETE', path, undefined, headers);
  }

  /** @param body sent as it is where it is a string, else as JSON */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<HttpAnswer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.requestId !== null && { 'X-Request-Id': this.requestId }),
        ...(this.token !== undefined && { Authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = text !== '' && /\bjson\b/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as JsonObject) : {},
      text,
    };
  }
}

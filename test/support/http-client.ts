/** An answer as a test reads it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON body. `undefined` if there is none. */
  readonly body: JsonObject;
  readonly text: string;
}

/** Any JSON object. Members are read by name. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Returns whether a request found its connection closed, or lost it on the way. Checks the error by its shape: inside a
 * jest test, what `fetch` throws is not an instance of the test's `TypeError`.
 */
export function isBrokenConnection(error: unknown): boolean {
  const { name, message } = (error ?? {}) as { readonly name?: unknown; readonly message?: unknown };
  return name === 'TypeError' && (message === 'fetch failed' || message === 'terminated');
}

/** One id for all requests, so that tests can compare whole answers: problems contain the request id. */
const REQUEST_ID = 'a-test';

/** Calls a service over real HTTP with one token, or without one. */
export class HttpClient {
  /** @param requestId the client's id for its requests. With `null`, the service chooses one. */
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

  /** @param body a string is sent unchanged, anything else as JSON */
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

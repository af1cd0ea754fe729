/** An HTTP response, as a test reads it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON body, or an empty object if the body is not JSON. */
  readonly body: JsonObject;
  readonly text: string;
}

/** Any JSON object. Members are read by name. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Returns whether an error means that the connection was closed before or during a request. Checks the name and message
 * of the error, because errors of `fetch` are not instances of `TypeError` inside a jest test.
 */
export function isBrokenConnection(error: unknown): boolean {
  const { name, message } = (error ?? {}) as { readonly name?: unknown; readonly message?: unknown };
  return name === 'TypeError' && (message === 'fetch failed' || message === 'terminated');
}

/** The request id of all requests. Problems contain it, so tests can compare whole answers. */
const REQUEST_ID = 'a-test';

/** Calls a service over HTTP with one token, or without one. */
export class HttpClient {
  /** @param requestId the value of X-Request-Id. With `null`, the client sends none and the service chooses one. */
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

  async put(path: string, body?: unknown, headers?: Record<string, string>): Promise<HttpAnswer> {
    return this.send('PUT', path, body, headers);
  }

  async patch(path: string, body?: unknown, headers?: Record<string, string>): Promise<HttpAnswer> {
    return this.send('PATCH', path, body, headers);
  }

  async delete(path: string, headers?: Record<string, string>): Promise<HttpAnswer> {
    return this.send('DELETE', path, undefined, headers);
  }

  /**
   * Sends a request.
   *
   * @param body sent unchanged if it is a string, otherwise as JSON
   */
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

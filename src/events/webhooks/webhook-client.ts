import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { guardedLookup, type LookupAll, RefusedAddressError } from './guarded-lookup';
import { isPublicAddress } from '../../common/public-address';
import type { WebhookMessage } from './webhook-message';
import { hostOf } from '../../api-keys/options/webhook.options';

/** The response of a receiver. Fields that the receiver did not send are `undefined`. */
export interface WebhookAnswer {
  readonly status?: number | undefined;
  readonly retryAfter?: string | undefined;
  /** Why there is no response: the code or name of an error, never text from the receiver. */
  readonly failure?: string | undefined;
}

/** The settings of a {@link WebhookClient}. */
export interface WebhookClientOptions {
  readonly url: string;
  readonly allowPrivateAddresses?: boolean | undefined;
  readonly timeoutMs?: number | undefined;
  readonly lookupAll?: LookupAll | undefined;
}

const TIMEOUT_MS = 15_000;
/** The maximum number of bytes of a response body that the client reads and discards. */
const MAX_BODY_BYTES = 16 * 1024;

/**
 * Sends messages to one URL. Each attempt uses a new connection, which looks up the host and checks every address. The
 * client does not follow redirects. One timeout covers the whole attempt.
 */
export class WebhookClient {
  private readonly url: URL;
  private readonly guarded: boolean;

  constructor(private readonly options: WebhookClientOptions) {
    this.url = new URL(options.url);
    this.guarded = options.allowPrivateAddresses !== true;
  }

  /** The host and port of the URL, without parts that may be secret. */
  get host(): string {
    return this.url.host;
  }

  /**
   * Sends a message and returns the response. Rejects only if `signal` aborts it.
   *
   * @param signal aborts the attempt
   */
  async send({ body, headers }: WebhookMessage, signal: AbortSignal): Promise<WebhookAnswer> {
    signal.throwIfAborted();
    // Not `AbortSignal.any`: a signal that lives as long as the process would keep a listener for every attempt.
    const trying = new AbortController();
    const end = (): void => trying.abort();
    signal.addEventListener('abort', end);
    const limit = setTimeout(end, this.options.timeoutMs ?? TIMEOUT_MS);
    try {
      return await this.exchange(body, headers, trying.signal);
    } catch (error) {
      signal.throwIfAborted();
      return { failure: trying.signal.aborted ? 'timeout' : nameOf(error) };
    } finally {
      clearTimeout(limit);
      signal.removeEventListener('abort', end);
    }
  }

  private async exchange(
    body: string,
    headers: WebhookMessage['headers'],
    signal: AbortSignal,
  ): Promise<WebhookAnswer> {
    const host = hostOf(this.url);
    // A connection to an IP address does no lookup.
    if (this.guarded && isIP(host) !== 0 && !isPublicAddress(host)) throw new RefusedAddressError();
    if (this.guarded && this.url.protocol !== 'https:') throw new RefusedAddressError();
    const send = this.url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(this.url, {
        method: 'POST',
        headers: {
          ...headers,
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'User-Agent': 'Keyward-Webhooks',
        },
        agent: false,
        signal,
        ...(this.guarded && { lookup: guardedLookup(this.options.lookupAll) }),
      });
      let answer: WebhookAnswer | undefined;
      // The answer is known when its headers have arrived. Errors in the body do not change it.
      const end = (error: unknown): void => (answer === undefined ? reject(error) : resolve(answer));
      // The timeout settles the promise in any case, because a pending promise would block all webhooks.
      signal.addEventListener('abort', () => end(signal.reason), { once: true });
      request.on('error', end);
      request.on('close', () => end(new Error('closed without an answer')));
      request.on('response', (response) => {
        const known = { status: response.statusCode, retryAfter: response.headers['retry-after'] };
        answer = known;
        readOff(response, () => resolve(known));
      });
      // A receiver that answers 101 no longer speaks HTTP, although no upgrade was requested.
      request.on('upgrade', ({ statusCode: status }, socket) => {
        resolve({ status });
        socket.destroy();
      });
      request.end(body);
    });
  }
}

/** Reads and discards a body up to the maximum, so that the receiver can finish its response. */
function readOff(response: IncomingMessage, done: () => void): void {
  let read = 0;
  response.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > MAX_BODY_BYTES) response.destroy();
  });
  response.on('error', done);
  response.on('close', done);
}

function nameOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown';
}

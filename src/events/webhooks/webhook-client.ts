import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { guardedLookup, type LookupAll, RefusedAddressError } from './guarded-lookup';
import { isPublicAddress } from '../../common/public-address';
import type { WebhookMessage } from './webhook-message';
import { hostOf } from '../../api-keys/options/webhook.options';

/** How a receiver answered; `undefined` parts where it did not. */
export interface WebhookAnswer {
  readonly status?: number | undefined;
  readonly retryAfter?: string | undefined;
  /** Why there is no answer: an error's code or name, nothing that a receiver wrote. */
  readonly failure?: string | undefined;
}

/** Settings of a {@link WebhookClient}. */
export interface WebhookClientOptions {
  readonly url: string;
  readonly allowPrivateAddresses?: boolean | undefined;
  readonly timeoutMs?: number | undefined;
  readonly lookupAll?: LookupAll | undefined;
}

const TIMEOUT_MS = 15_000;
/** How much of an answer's body is read; what it says is of no interest. */
const MAX_BODY_BYTES = 16 * 1024;

/**
 * Sends messages to one address. Each time anew: the name is looked up inside the connection and every address judged
 * there; redirects are answers like any other; the whole try has one time limit.
 */
export class WebhookClient {
  private readonly url: URL;
  private readonly guarded: boolean;

  constructor(private readonly options: WebhookClientOptions) {
    this.url = new URL(options.url);
    this.guarded = options.allowPrivateAddresses !== true;
  }

  /** Where messages go, without what may be secret of it. */
  get host(): string {
    return this.url.host;
  }

  /**
   * Never rejects but when it is aborted.
   *
   * @param signal ends the try, and rejects
   */
  async send({ body, headers }: WebhookMessage, signal: AbortSignal): Promise<WebhookAnswer> {
    signal.throwIfAborted();
    // Not `AbortSignal.any`: a signal that lives as long as the process would remember every try.
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
    // An address is connected to without a lookup.
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
      // Once the head is there the answer is known: however its body ends, or does not, nothing changes.
      const end = (error: unknown): void => (answer === undefined ? reject(error) : resolve(answer));
      // Whatever becomes of the request, the promise is settled by the limit: what waits for it holds up all webhooks.
      signal.addEventListener('abort', () => end(signal.reason), { once: true });
      request.on('error', end);
      request.on('close', () => end(new Error('closed without an answer')));
      request.on('response', (response) => {
        const known = { status: response.statusCode, retryAfter: response.headers['retry-after'] };
        answer = known;
        readOff(response, () => resolve(known));
      });
      // A receiver that answers 101 speaks no more HTTP, which nobody asked of it.
      request.on('upgrade', ({ statusCode: status }, socket) => {
        resolve({ status });
        socket.destroy();
      });
      request.end(body);
    });
  }
}

/** Reads a body to its end, or as far as is bearable, so that the receiver may end in peace. */
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

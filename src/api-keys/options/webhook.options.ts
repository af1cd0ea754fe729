import { isIP } from 'node:net';
import { ConfigurationError } from '../../problems/configuration.error';
import { isPublicAddress } from '../../common/public-address';

/** Where events are sent, and the secrets that sign them. */
export interface WebhookOptions {
  /** The https URL of the receiver. */
  readonly url: string;
  /**
   * Secrets in the format of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. Each secret signs every message,
   * so that a receiver can change to a new one at any time.
   */
  readonly secrets: readonly string[];
  /** Whether the receiver may be on this machine or in a private network, and use plain http; default false. */
  readonly allowPrivateAddresses?: boolean | undefined;
}

const SECRET = /^whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const [MIN_BYTES, MAX_BYTES] = [24, 64];

const ALLOW_PRIVATE =
  'set events.webhook.allowPrivateAddresses (WEBHOOK_ALLOW_PRIVATE of the service) to true';

/** @throws ConfigurationError if an option is invalid; the message contains neither the URL nor a secret */
export function requireWebhook({ url, secrets, allowPrivateAddresses }: WebhookOptions): void {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !['https:', 'http:'].includes(address.protocol)) {
    throw new ConfigurationError('events.webhook.url is not a URL: use one that begins with https://.');
  }
  if (address.username + address.password !== '') {
    throw new ConfigurationError(
      'events.webhook.url contains a user name or a password: remove it, because messages are signed instead.',
    );
  }
  if (allowPrivateAddresses !== true) {
    if (address.protocol !== 'https:') {
      throw new ConfigurationError(
        `events.webhook.url is not https: use https, or ${ALLOW_PRIVATE} for a receiver in your own network.`,
      );
    }
    const host = hostOf(address);
    if (isIP(host) !== 0 && !isPublicAddress(host)) {
      throw new ConfigurationError(
        `events.webhook.url is an address in a private network: use a public one, or ${ALLOW_PRIVATE}.`,
      );
    }
  }
  if (secrets.length === 0 || !secrets.every(isWebhookSecret)) {
    throw new ConfigurationError(
      `events.webhook.secrets is empty or contains an invalid secret: use "whsec_" and ${MIN_BYTES} to ${MAX_BYTES} bytes in base64.`,
    );
  }
}

/** Returns the host of a URL, without the brackets around an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function isWebhookSecret(secret: unknown): boolean {
  if (typeof secret !== 'string' || !SECRET.test(secret)) return false;
  const { length } = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return length >= MIN_BYTES && length <= MAX_BYTES;
}

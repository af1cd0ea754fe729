import { IssuerFaultError } from './issuer-fault.error';

const TIMEOUT_MS = 1500;

/** How much of what a provider says of itself is shown, in characters. */
const MAX_SHOWN = 200;

/** A moment after which an identity provider is not waited for, whatever it is asked until then. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(TIMEOUT_MS);
}

/** What is read of an identity provider's own description (OpenID Connect Discovery 1.0 section 3). */
export interface ProviderMetadata {
  readonly jwksUri: string;
  readonly authorizationEndpoint: string | undefined;
  readonly tokenEndpoint: string | undefined;
}

/**
 * Asks an issuer for its description.
 *
 * @throws Error if it does not answer in time
 * @throws IssuerFaultError if its answer shows that the set-up is wrong
 */
export async function discoverProvider(issuer: string, signal = patience()): Promise<ProviderMetadata> {
  const metadata = await readJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, signal);
  if (metadata['issuer'] !== issuer) throw otherIssuer(issuer, metadata['issuer']);
  const jwksUri = textOf(metadata['jwks_uri']);
  if (jwksUri === undefined || !URL.canParse(jwksUri))
    throw new IssuerFaultError(`the description of ${issuer} names no address of a key set (jwks_uri)`);
  return {
    jwksUri,
    authorizationEndpoint: textOf(metadata['authorization_endpoint']),
    tokenEndpoint: textOf(metadata['token_endpoint']),
  };
}

function otherIssuer(issuer: string, described: unknown): IssuerFaultError {
  const shown = JSON.stringify(described ?? null).slice(0, MAX_SHOWN);
  // Entra ID describes its `common` and `organizations` endpoints like this.
  const remedy = shown.includes('{')
    ? 'a template for many tenants: configure the issuer of one tenant'
    : 'another one: configure the issuer as it stands in its tokens';
  return new IssuerFaultError(`${issuer} describes itself as the issuer ${shown}, ${remedy}`);
}

/**
 * @throws Error if there is no JSON object in time
 * @throws IssuerFaultError for a redirect, which is never followed
 */
export async function readJson(url: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, { signal, redirect: 'manual' });
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    const to = JSON.stringify((response.headers.get('location') ?? '').slice(0, MAX_SHOWN));
    throw new IssuerFaultError(
      `${url} redirects to ${to}: configure the issuer as it stands in its tokens, which answers without a redirect`,
    );
  }
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const body: unknown = await response.json();
  if (typeof body !== 'object' || body === null) throw new Error(`${url} answers no JSON object`);
  return body as Readonly<Record<string, unknown>>;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

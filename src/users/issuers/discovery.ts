import { IssuerFaultError } from './issuer-fault.error';

const TIMEOUT_MS = 1500;

/** The maximum length of text from an identity provider in an error message, in characters. */
const MAX_SHOWN = 200;

/** Returns a signal that aborts all requests of one exchange with an identity provider after a timeout. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(TIMEOUT_MS);
}

/** The members that Keyward reads from the metadata of an identity provider (OpenID Connect Discovery 1.0 section 3). */
export interface ProviderMetadata {
  readonly jwksUri: string;
  readonly authorizationEndpoint: string | undefined;
  readonly tokenEndpoint: string | undefined;
}

/**
 * Fetches the metadata of an issuer.
 *
 * @throws Error if there is no valid answer in time
 * @throws IssuerFaultError if its answer shows that the setup is wrong
 */
export async function discoverProvider(issuer: string, signal = patience()): Promise<ProviderMetadata> {
  const metadata = await readJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, signal);
  if (metadata['issuer'] !== issuer) throw otherIssuer(issuer, metadata['issuer']);
  const jwksUri = textOf(metadata['jwks_uri']);
  if (jwksUri === undefined || !URL.canParse(jwksUri))
    throw new IssuerFaultError(`the metadata of ${issuer} has no valid jwks_uri, the address of its key set`);
  return {
    jwksUri,
    authorizationEndpoint: textOf(metadata['authorization_endpoint']),
    tokenEndpoint: textOf(metadata['token_endpoint']),
  };
}

function otherIssuer(issuer: string, described: unknown): IssuerFaultError {
  const shown = JSON.stringify(described ?? null).slice(0, MAX_SHOWN);
  // Entra ID does this for its `common` and `organizations` endpoints.
  const remedy = shown.includes('{')
    ? 'a template for several tenants: configure the issuer of one tenant'
    : 'which is different: configure the exact issuer (iss) of its tokens';
  return new IssuerFaultError(`the metadata of ${issuer} names the issuer ${shown}, ${remedy}`);
}

/**
 * Fetches a JSON object. Never follows redirects.
 *
 * @throws Error if there is no JSON object in time
 * @throws IssuerFaultError for a redirect
 */
export async function readJson(url: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, { signal, redirect: 'manual' });
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    const to = JSON.stringify((response.headers.get('location') ?? '').slice(0, MAX_SHOWN));
    throw new IssuerFaultError(
      `${url} redirects to ${to}: configure the exact issuer (iss) of its tokens, which answers without a redirect`,
    );
  }
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const body: unknown = await response.json();
  if (typeof body !== 'object' || body === null) throw new Error(`${url} did not answer with a JSON object`);
  return body as Readonly<Record<string, unknown>>;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

const TIMEOUT_MS = 1500;

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
 * @throws Error if it cannot be had in time, or describes another issuer
 */
export async function discoverProvider(issuer: string, signal = patience()): Promise<ProviderMetadata> {
  const metadata = await readJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, signal);
  if (metadata['issuer'] !== issuer) throw new Error('discovery describes another issuer');
  return {
    jwksUri: String(metadata['jwks_uri']),
    authorizationEndpoint: textOf(metadata['authorization_endpoint']),
    tokenEndpoint: textOf(metadata['token_endpoint']),
  };
}

/** @throws Error if there is no JSON object to be had in time */
export async function readJson(url: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, { signal, redirect: 'error' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as Readonly<Record<string, unknown>>;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

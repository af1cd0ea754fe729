const TIMEOUT_MS = 1500;

/** What is read of an identity provider's own description (OpenID Connect Discovery 1.0 section 3). */
export interface ProviderMetadata {
  readonly jwksUri: string;
  readonly authorizationEndpoint: string | undefined;
  readonly tokenEndpoint: string | undefined;
}

/**
 * Asks an issuer for its description.
 *
 * @throws Error if it cannot be had within its time, or describes another issuer
 */
export async function discoverProvider(issuer: string): Promise<ProviderMetadata> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    redirect: 'error',
  });
  if (!response.ok) throw new Error(`discovery answered ${response.status}`);
  const metadata = (await response.json()) as Readonly<Record<string, unknown>>;
  if (metadata['issuer'] !== issuer) throw new Error('discovery describes another issuer');
  return {
    jwksUri: String(metadata['jwks_uri']),
    authorizationEndpoint: textOf(metadata['authorization_endpoint']),
    tokenEndpoint: textOf(metadata['token_endpoint']),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

import type { FastifyInstance } from 'fastify';

const FRESH_FOR_SECONDS = 3600;

/** The paths at which OAuth and OpenID Connect clients look for an issuer's metadata. */
const WELL_KNOWN = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'] as const;

/**
 * The metadata of the service (RFC 8414 section 2). The service introspects tokens, but does not issue any by OAuth.
 */
interface IssuerMetadata {
  readonly issuer: string;
  readonly introspection_endpoint: string;
  readonly introspection_endpoint_auth_methods_supported: readonly string[];
  /** A required member. It is empty because there is no authorization endpoint. */
  readonly response_types_supported: readonly string[];
}

/**
 * Returns the metadata of an issuer.
 *
 * @param issuer the value of `PUBLIC_URL`
 * @example issuerMetadata('https://keys.example.com').introspection_endpoint // 'https://keys.example.com/oauth2/introspect'
 */
function issuerMetadata(issuer: string): IssuerMetadata {
  return {
    issuer,
    introspection_endpoint: `${withoutFinalSlash(issuer)}/oauth2/introspect`,
    // RFC 8414 section 2 allows access token types such as `Bearer` here, besides methods of client authentication.
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'Bearer'],
    response_types_supported: [],
  };
}

/**
 * Returns the paths of the metadata. If the issuer has a path, RFC 8414 section 3 appends it to the well-known path. OpenID
 * Connect prepends it, and the proxy removes it before the request reaches the service.
 *
 * @example metadataPaths('https://example.com/keys')
 *   // '/.well-known/oauth-authorization-server', '/.well-known/oauth-authorization-server/keys', …
 */
function metadataPaths(issuer: string): readonly string[] {
  const suffix = withoutFinalSlash(new URL(issuer).pathname);
  return WELL_KNOWN.flatMap((path) => (suffix === '' ? [path] : [path, path + suffix]));
}

/** Serves the metadata without authentication, if `PUBLIC_URL` is set. */
export function serveDiscovery(fastify: FastifyInstance, issuer: string | undefined): void {
  if (issuer === undefined) return;
  const document = JSON.stringify(issuerMetadata(issuer));
  for (const path of metadataPaths(issuer)) {
    fastify.get(path, (_request, reply) =>
      reply
        .header('Content-Type', 'application/json; charset=utf-8')
        .header('Cache-Control', `public, max-age=${FRESH_FOR_SECONDS}`)
        .send(document),
    );
  }
}

function withoutFinalSlash(text: string): string {
  return text.replace(/\/$/, '');
}

import type { FastifyInstance } from 'fastify';

const FRESH_FOR_SECONDS = 3600;

/** The names under which OAuth and OpenID Connect clients look for an issuer's metadata. */
const WELL_KNOWN = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'] as const;

/** The metadata of the service (RFC 8414 section 2). The service introspects tokens, and issues none by OAuth. */
interface IssuerMetadata {
  readonly issuer: string;
  readonly introspection_endpoint: string;
  readonly introspection_endpoint_auth_methods_supported: readonly string[];
  /** A required member: there is no authorization endpoint, and so no response type. */
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
    // `Bearer` is an access token type, which RFC 8414 section 2 allows here beside the methods of client authentication.
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'Bearer'],
    response_types_supported: [],
  };
}

/**
 * Returns the paths of the metadata. For an issuer with a path, RFC 8414 section 3 appends that path to the well-known one;
 * OpenID Connect puts it in front, where the proxy takes it away before the request reaches the service.
 *
 * @example metadataPaths('https://example.com/keys')
 *   // '/.well-known/oauth-authorization-server', '/.well-known/oauth-authorization-server/keys', …
 */
function metadataPaths(issuer: string): readonly string[] {
  const suffix = withoutFinalSlash(new URL(issuer).pathname);
  return WELL_KNOWN.flatMap((path) => (suffix === '' ? [path] : [path, path + suffix]));
}

/** Serves the metadata to everyone, if the service knows its public address. */
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

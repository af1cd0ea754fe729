import { Logger } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { discoverProvider } from '../users/issuers/discovery';

type PathsObject = OpenAPIObject['paths'];
type OperationObject = NonNullable<PathsObject[string]['get']>;

const RETRY_MS = 5000;
const SCOPES = { openid: 'Your user id', profile: 'Your name and picture', email: 'Your email address' };

/** The settings for sign-in from Swagger UI. */
export interface SignInSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly clientId: string;
}

/**
 * The OAuth 2.0 authorization-code scheme (with PKCE) for Swagger UI. The identity provider's addresses come from its
 * metadata, which is fetched in the background until it answers. Therefore an outage does not prevent the service from
 * starting.
 */
export class SignIn {
  private readonly logger = new Logger('Swagger');
  private endpoints: { readonly authorizationUrl: string; readonly tokenUrl: string } | undefined;

  constructor(readonly settings: SignInSettings) {
    void this.discover();
  }

  /** Adds the scheme to the document. Returns the document unchanged until the provider's addresses are known. */
  addTo(document: OpenAPIObject): OpenAPIObject {
    if (this.endpoints === undefined) return document;
    const signIn = {
      type: 'oauth2' as const,
      flows: { authorizationCode: { ...this.endpoints, scopes: SCOPES } },
    };
    const { components = {} } = document;
    return {
      ...document,
      paths: mapOperations(document.paths, withSignIn),
      components: { ...components, securitySchemes: { ...components.securitySchemes, signIn } },
    };
  }

  /** The OAuth options of Swagger UI: PKCE, and the audience as `resource` (RFC 8707). */
  get initOAuth(): Record<string, unknown> {
    return {
      clientId: this.settings.clientId,
      usePkceWithAuthorizationCodeGrant: true,
      scopes: Object.keys(SCOPES),
      additionalQueryStringParams: { resource: this.settings.audience },
    };
  }

  /** The origins from which Swagger UI fetches tokens. */
  get origins(): readonly string[] {
    const { tokenUrl = '' } = this.endpoints ?? {};
    return URL.canParse(tokenUrl) ? [new URL(tokenUrl).origin] : [];
  }

  private async discover(): Promise<void> {
    try {
      const { authorizationEndpoint, tokenEndpoint } = await discoverProvider(this.settings.issuer);
      if (authorizationEndpoint === undefined || tokenEndpoint === undefined) {
        this.logger.warn(
          `no sign-in from Swagger UI: the metadata of ${this.settings.issuer} has no authorization_endpoint or no token_endpoint`,
        );
        return;
      }
      this.endpoints = { authorizationUrl: authorizationEndpoint, tokenUrl: tokenEndpoint };
    } catch {
      setTimeout(() => void this.discover(), RETRY_MS).unref();
    }
  }
}

/** Adds the scheme to an operation that accepts sessions, which `x-sessions` marks. */
function withSignIn(operation: OperationObject): OperationObject {
  return 'x-sessions' in operation
    ? { ...operation, security: [...(operation.security ?? []), { signIn: [] }] }
    : operation;
}

function mapOperations(
  paths: PathsObject,
  change: (operation: OperationObject) => OperationObject,
): PathsObject {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item).map(([method, operation]) => [method, change(operation as OperationObject)]),
      ),
    ]),
  );
}

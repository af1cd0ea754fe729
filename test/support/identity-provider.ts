import type { JWTPayload } from 'jose';
import { freePort } from './free-port';
import { PEOPLE, type Person, type PersonClaims } from './identity-provider/people';
import { ProviderProcess, type ProviderSettings } from './identity-provider/provider-process';
import { type SignedIn, signInAt } from './identity-provider/sign-in-flow';
import { SigningKey } from './identity-provider/signing-key';
import { Suspension } from './mongo-server/suspension';

/** The audience of sessions for Keyward. */
export const AUDIENCE = 'urn:keyward';

/** The audience of another service, for which the same provider issues tokens. */
export const OTHER_AUDIENCE = 'urn:elsewhere';

/** The client ids: Keyward's own front end, Swagger UI and a third-party application. */
export const CLIENTS = { ours: 'keyward-web', swagger: 'keyward-docs', foreign: 'other-app' } as const;

const REDIRECT_URI = 'http://127.0.0.1/callback';
const SWAGGER_REDIRECT_URI = 'http://127.0.0.1/docs/oauth2-redirect.html';

/** How a person signs in. */
export interface SignInOptions {
  readonly client?: keyof typeof CLIENTS;
  /** The audience of the access token. `null` requests an opaque token that only the provider can read. */
  readonly resource?: string | null;
}

/** A real OpenID provider in its own process, with people who can sign in. */
export class IdentityProvider {
  private suspension: Suspension | undefined;

  private constructor(
    private settings: ProviderSettings,
    private key: SigningKey,
    private process: ProviderProcess,
  ) {}

  /** @param path the path of the issuer's URL, for example `/` */
  static async start(path = ''): Promise<IdentityProvider> {
    const port = await freePort();
    const key = new SigningKey();
    const settings: ProviderSettings = {
      issuer: `http://127.0.0.1:${port}${path}`,
      port,
      keys: [key.privateJwk],
      clients: [
        clientOf(CLIENTS.ours, REDIRECT_URI),
        clientOf(CLIENTS.swagger, SWAGGER_REDIRECT_URI),
        clientOf(CLIENTS.foreign, REDIRECT_URI),
      ],
      resources: [AUDIENCE, OTHER_AUDIENCE],
      people: PEOPLE,
    };
    return new IdentityProvider(settings, key, await ProviderProcess.start(settings));
  }

  get issuer(): string {
    return this.settings.issuer;
  }

  /** The current signing key. */
  get signingKey(): SigningKey {
    return this.key;
  }

  /** Signs a person in with the authorization-code flow. */
  async signIn(
    person: Person,
    { client = 'ours', resource = AUDIENCE }: SignInOptions = {},
  ): Promise<SignedIn> {
    return signInAt({
      issuer: this.issuer,
      clientId: CLIENTS[client],
      redirectUri: client === 'swagger' ? SWAGGER_REDIRECT_URI : REDIRECT_URI,
      login: person,
      resource,
    });
  }

  /** Signs a person in and returns the JWT access token. */
  async tokenFor(person: Person, options?: SignInOptions): Promise<string> {
    return (await this.signIn(person, options)).accessToken;
  }

  /**
   * Signs the claims of a valid session of Ada, with changes, with the provider's key. The provider itself might never
   * issue such a token.
   *
   * @param claims the changes. `undefined` removes a claim.
   */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string {
    return this.key.sign(this.claims(claims), header);
  }

  /** Returns the claims of a valid session of Ada, with changes. */
  claims(claims: Readonly<Record<string, unknown>> = {}): JWTPayload {
    const now = Math.floor(Date.now() / 1000);
    return { iss: this.issuer, aud: AUDIENCE, sub: 'ada', iat: now, exp: now + 300, ...claims };
  }

  /** Replaces the signing key, and publishes only the new one. */
  async rotateKeys(): Promise<void> {
    this.key = new SigningKey();
    await this.configure({ keys: [this.key.privateJwk] });
  }

  /** Replaces the claims of a person. */
  async describe(person: Person, claims: PersonClaims): Promise<void> {
    await this.configure({ people: { ...this.settings.people, [person]: claims } });
  }

  /** Suspends the provider: it accepts connections but does not answer. */
  suspend(): void {
    this.suspension = new Suspension(this.process.pid);
    this.suspension.begin();
  }

  resume(): void {
    this.suspension?.end();
  }

  async stop(): Promise<void> {
    this.resume();
    await this.process.stop();
  }

  /** Starts the provider again at its previous address. */
  async startAgain(): Promise<void> {
    this.process = await ProviderProcess.start(this.settings);
  }

  private async configure(change: Partial<ProviderSettings>): Promise<void> {
    this.settings = { ...this.settings, ...change };
    await this.process.configure(this.settings);
  }
}

/** Returns the registration of a native application, which can redirect to any port (RFC 8252 section 7.3). */
function clientOf(id: string, redirectUri: string): ProviderSettings['clients'][number] {
  return {
    client_id: id,
    redirect_uris: [redirectUri],
    application_type: 'native',
    token_endpoint_auth_method: 'none',
  };
}

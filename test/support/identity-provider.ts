import type { JWTPayload } from 'jose';
import { freePort } from './free-port';
import { PEOPLE, type Person, type PersonClaims } from './identity-provider/people';
import { ProviderProcess, type ProviderSettings } from './identity-provider/provider-process';
import { type SignedIn, signInAt } from './identity-provider/sign-in-flow';
import { SigningKey } from './identity-provider/signing-key';
import { Suspension } from './mongo-server/suspension';

/** What Keyward's sessions are for, as the provider is told it. */
export const AUDIENCE = 'urn:keyward';

/** Another service that the same provider issues tokens for. */
export const OTHER_AUDIENCE = 'urn:elsewhere';

/** The clients: a front end of ours, Swagger UI, and another party's application. */
export const CLIENTS = { ours: 'keyward-web', swagger: 'keyward-docs', foreign: 'other-app' } as const;

const REDIRECT_URI = 'http://127.0.0.1/callback';
const SWAGGER_REDIRECT_URI = 'http://127.0.0.1/docs/oauth2-redirect.html';

/** How somebody signs in. */
export interface SignInOptions {
  readonly client?: keyof typeof CLIENTS;
  /** The audience of the access token; `null` for one that is for the provider alone, and opaque. */
  readonly resource?: string | null;
}

/** A real OpenID provider on this machine, with people who sign in at it. */
export class IdentityProvider {
  private suspension: Suspension | undefined;

  private constructor(
    private settings: ProviderSettings,
    private key: SigningKey,
    private process: ProviderProcess,
  ) {}

  /** @param path what stands behind the host in the issuer: some providers' issuers end with a slash */
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

  /** The key that it signs with now. */
  get signingKey(): SigningKey {
    return this.key;
  }

  /** Signs a person in by the whole authorization-code flow. */
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

  /** The JWT access token of a person who signed in. */
  async tokenFor(person: Person, options?: SignInOptions): Promise<string> {
    return (await this.signIn(person, options)).accessToken;
  }

  /**
   * What it would never issue, signed with its own key: the claims of a good session of Ada's, but for these.
   *
   * @param claims `undefined` leaves one out
   */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string {
    return this.key.sign(this.claims(claims), header);
  }

  /** The claims of a good session of Ada's, but for these. */
  claims(claims: Readonly<Record<string, unknown>> = {}): JWTPayload {
    const now = Math.floor(Date.now() / 1000);
    return { iss: this.issuer, aud: AUDIENCE, sub: 'ada', iat: now, exp: now + 300, ...claims };
  }

  /** Signs with another key from now on, and publishes that one alone. */
  async rotateKeys(): Promise<void> {
    this.key = new SigningKey();
    await this.configure({ keys: [this.key.privateJwk] });
  }

  /** From now on it says this of a person. */
  async describe(person: Person, claims: PersonClaims): Promise<void> {
    await this.configure({ people: { ...this.settings.people, [person]: claims } });
  }

  /** Holds it still: it takes connections and answers nothing. */
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

  /** Starts it again at the address it had. */
  async startAgain(): Promise<void> {
    this.process = await ProviderProcess.start(this.settings);
  }

  private async configure(change: Partial<ProviderSettings>): Promise<void> {
    this.settings = { ...this.settings, ...change };
    await this.process.configure(this.settings);
  }
}

/** Of native applications any port will do (RFC 8252 section 7.3). */
function clientOf(id: string, redirectUri: string): ProviderSettings['clients'][number] {
  return {
    client_id: id,
    redirect_uris: [redirectUri],
    application_type: 'native',
    token_endpoint_auth_method: 'none',
  };
}

/** An identity provider whose sessions are taken. */
export interface OidcIssuerConfig {
  /** As it stands in `iss`, compared exactly. */
  readonly issuer: string;
  /** A session is taken if its `aud` holds one of these. */
  readonly audience: readonly string[];
  /** The claim that names a user's organisations: its name, or a path of names joined by dots. */
  readonly orgClaim?: string | undefined;
  /** `path=value`: who has exactly this value in this claim is an administrator. */
  readonly adminClaim?: string | undefined;
}

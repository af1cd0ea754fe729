/** An identity provider whose sessions are accepted. */
export interface OidcIssuerConfig {
  /** The value of `iss` in its tokens, compared exactly. */
  readonly issuer: string;
  /** A session is accepted if its `aud` contains one of these. */
  readonly audience: readonly string[];
  /** The claim with a user's organisations: its name, or a path of names joined by dots. */
  readonly orgClaim?: string | undefined;
  /** The claim with the organisations that a user administers, in the format of `orgClaim`. */
  readonly orgAdminClaim?: string | undefined;
  /** `path=value`: users with exactly this value in this claim are administrators. */
  readonly adminClaim?: string | undefined;
}

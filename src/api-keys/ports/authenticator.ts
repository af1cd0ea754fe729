import type { Caller } from '../domain/caller';

/** The injection token of the optional {@link Authenticator} port. */
export const AUTHENTICATOR = Symbol('keyward:authenticator');

/**
 * Authenticates a bearer credential that is no API key: a user's session. Provided by whoever keeps the users;
 * without it only keys authenticate. Asked on routes declared `@AllowSessions()` only.
 */
export interface Authenticator {
  /** Whether a text has the form of what this authenticates. Decides alone who is asked: key or session. */
  recognizes(token: string): boolean;

  /**
   * The caller that a session is.
   *
   * @throws KeywardError `invalid_session` for a session that is not good, other codes for what keeps it from being
   *   judged or used
   */
  authenticate(token: string): Promise<Caller>;
}

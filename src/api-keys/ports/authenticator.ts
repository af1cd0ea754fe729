import type { Caller } from '../domain/caller';

/** The injection token of the optional {@link Authenticator} port. */
export const AUTHENTICATOR = Symbol('keyward:authenticator');

/**
 * Authenticates the session of a user, which a request sends as its bearer credential. The users module provides this
 * port. Without it, only keys authenticate. The guard calls it only on routes with `@AllowSessions()`.
 */
export interface Authenticator {
  /**
   * Returns whether a bearer credential has the format of a session. If not, the guard reads it as the token of a key.
   */
  recognizes(token: string): boolean;

  /**
   * Returns the caller for a session.
   *
   * @throws KeywardError `invalid_session` for an invalid session, other codes if the session cannot be checked or used
   */
  authenticate(token: string): Promise<Caller>;
}

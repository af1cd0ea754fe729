import type { Caller } from '../domain/caller';

/** The injection token of the optional {@link Authenticator} port. */
export const AUTHENTICATOR = Symbol('keyward:authenticator');

/**
 * Authenticates a bearer credential that is not an API key: a user's session. The module that keeps users provides it.
 * Without it only keys authenticate. Called only on routes with `@AllowSessions()`.
 */
export interface Authenticator {
  /** Returns whether a text has the format of a session. This alone decides whether it is read as a key or a session. */
  recognizes(token: string): boolean;

  /**
   * Returns the caller for a session.
   *
   * @throws KeywardError `invalid_session` for an invalid session, other codes if the session cannot be checked or used
   */
  authenticate(token: string): Promise<Caller>;
}

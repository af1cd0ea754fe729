import { KeywardError } from '../problems/keyward.error';

/** The owner has no place left for a live key, or is not there. */
export class KeyLimitReachedError extends KeywardError {
  /** @param max how many live keys an owner may have */
  constructor(max: number) {
    super(
      'key_limit_reached',
      `An active user may own ${max} live keys: revoke one first, or name another owner.`,
    );
  }
}

/** There is no such user. */
export class UserNotFoundError extends KeywardError {
  constructor() {
    super('not_found', 'There is no user with this id.');
  }
}

/** Users are looked after by administrators, and by keys that are neither bound nor owned. */
export class UsersForbiddenError extends KeywardError {
  constructor() {
    super('forbidden', 'Use a key that is neither bound to a tenant nor owned by a user.');
  }
}

/** A token in its grace period cannot give anyone access that outlives the grace. */
export class RetiringTokenError extends KeywardError {
  constructor() {
    super('forbidden', 'This token was rotated and is in its grace period. Use the newest token of the key.');
  }
}

/** The user is no longer at the version the caller named, or others keep changing it. */
export class UserChangedError extends KeywardError {
  constructor(code: 'version_mismatch' | 'concurrent_change') {
    super(code, 'Read the user again and decide on what it is now.');
  }
}

/** Only a user's own session can do this. */
export class SessionRequiredError extends KeywardError {
  constructor() {
    super('session_required', 'Sign in with the identity provider and send the session as a bearer token.');
  }
}

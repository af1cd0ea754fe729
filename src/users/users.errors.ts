import { KeywardError } from '../problems/keyward.error';

/** The owner of a key is not an active user. */
export class InactiveOwnerError extends KeywardError {
  constructor() {
    super('key_limit_reached', 'The owner must be an active user: name another owner.');
  }
}

/** No user has this id. */
export class UserNotFoundError extends KeywardError {
  constructor() {
    super('not_found', 'There is no user with this id.');
  }
}

/** Only administrators, and keys with neither a binding nor an owner, may manage users. */
export class UsersForbiddenError extends KeywardError {
  constructor() {
    super('forbidden', 'Use a key that is neither bound to a tenant nor owned by a user.');
  }
}

/** A token in its grace period cannot grant access that outlives the grace period. */
export class RetiringTokenError extends KeywardError {
  constructor() {
    super('forbidden', 'This token was rotated and is in its grace period. Use the newest token of the key.');
  }
}

/** The user does not have the version that the caller expects, or other changes came first at every attempt. */
export class UserChangedError extends KeywardError {
  constructor(code: 'version_mismatch' | 'concurrent_change') {
    super(code, 'Read the user again, and repeat the change if it is still right.');
  }
}

/** This route requires the session of a user. */
export class SessionRequiredError extends KeywardError {
  constructor() {
    super('session_required', 'Sign in with the identity provider and send the session as a bearer token.');
  }
}

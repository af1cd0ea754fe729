import { KeywardError } from '../../problems/keyward.error';

/** There is no such key, or the caller may not know of it. The two are never told apart. */
export class KeyNotFoundError extends KeywardError {
  constructor() {
    super('not_found', 'There is no key with this id.');
  }
}

/** The caller asked for more than it holds itself. */
export class DelegationExceededError extends KeywardError {
  /** @param exceeded the fields in which the result would reach further than the caller */
  constructor(
    exceeded: readonly string[],
    message = `The caller does not hold this itself: ${exceeded.join(', ')}.`,
  ) {
    super('delegation_exceeded', message, { exceeded });
  }
}

/** A caller with a binding or an owner asked for an external id. */
export class ExternalIdNotAllowedError extends DelegationExceededError {
  constructor() {
    super(['externalId'], 'Only a caller without a binding and without an owner may set externalId.');
  }
}

/** The owner of a key cannot loosen what someone else restricted. */
export class ImposedRestrictionError extends DelegationExceededError {
  /** @param exceeded the fields that the change would loosen too far */
  constructor(exceeded: readonly string[]) {
    super(
      exceeded,
      `Someone other than the owner of this key restricted it, and the owner cannot undo that: ${exceeded.join(', ')}.`,
    );
  }
}

/** A revoked key stays as it is. */
export class RevokedKeyError extends KeywardError {
  constructor() {
    super('revoked_key_unchangeable', 'Create a new key instead.');
  }
}

/** The key was rotated by someone else in the meantime, or with a token that is itself on its way out. */
export class RotationConflictError extends KeywardError {
  constructor() {
    super('rotation_conflict', 'Rotate with the newest token of the key.');
  }
}

/** The expiry of an expired key stays as it is, and the key is not rotated back to life. */
export class ExpiredKeyError extends KeywardError {
  constructor() {
    super('expired_key_unchangeable', 'Create a new key instead.');
  }
}

/** The key is no longer at the version the caller named. */
export class VersionMismatchError extends KeywardError {
  constructor() {
    super('version_mismatch', 'Read the key again and decide on what it is now.');
  }
}

/** The change lost its guard against other changes too many times in a row. */
export class ConcurrentChangeError extends KeywardError {
  constructor() {
    super('concurrent_change', 'Try again in a moment.');
  }
}

/** This installation records no usage. */
export class UsageNotRecordedError extends KeywardError {
  constructor() {
    super('usage_not_recorded', 'Ask the operator to record usage (`usage.storage`).');
  }
}

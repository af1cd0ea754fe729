import { KeywardError } from '../../problems/keyward.error';

/** The key does not exist, or the caller cannot see it. Both cases get the same response. */
export class KeyNotFoundError extends KeywardError {
  constructor() {
    super('not_found', 'There is no key with this id.');
  }
}

/** The caller tried to grant more than it holds. */
export class DelegationExceededError extends KeywardError {
  /** @param exceeded the fields in which the key would have more rights than the caller */
  constructor(
    exceeded: readonly string[],
    message = `The caller does not hold this itself: ${exceeded.join(', ')}.`,
  ) {
    super('delegation_exceeded', message, { exceeded });
  }
}

/** A caller with a binding or an owner tried to set an external id. */
export class ExternalIdNotAllowedError extends DelegationExceededError {
  constructor() {
    super(['externalId'], 'Only a caller without a binding and without an owner may set externalId.');
  }
}

/** The owner of a key tried to loosen a restriction that another caller set. */
export class ImposedRestrictionError extends DelegationExceededError {
  /** @param exceeded the restricted fields that the change would loosen */
  constructor(exceeded: readonly string[]) {
    super(
      exceeded,
      `Another caller set this restriction, so the owner of the key cannot loosen it: ${exceeded.join(', ')}.`,
    );
  }
}

/** The owner or the organisation has the maximum number of live keys. */
export class KeyLimitReachedError extends KeywardError {
  /**
   * @param name what has the maximum number
   * @param max how many live keys it may have
   */
  constructor(name: 'owner' | 'organisation', max: number) {
    super(
      'key_limit_reached',
      `The ${name} may have at most ${max} live keys: revoke one of them, or name another ${name}.`,
    );
  }
}

/** A revoked key cannot be changed. */
export class RevokedKeyError extends KeywardError {
  constructor() {
    super('revoked_key_unchangeable', 'Create a new key instead.');
  }
}

/** Another rotation came first, or the caller presented a token that is not the current one. */
export class RotationConflictError extends KeywardError {
  constructor() {
    super('rotation_conflict', 'Rotate with the newest token of the key.');
  }
}

/** An expired key cannot be rotated or get another expiry. */
export class ExpiredKeyError extends KeywardError {
  constructor() {
    super('expired_key_unchangeable', 'Create a new key instead.');
  }
}

/** The key does not have the version that the caller expects. */
export class VersionMismatchError extends KeywardError {
  constructor() {
    super(
      'version_mismatch',
      'Read the key again, check that the change still applies, and send it with the new version.',
    );
  }
}

/** The change was tried several times, and another change to the same key came first each time. */
export class ConcurrentChangeError extends KeywardError {
  constructor() {
    super('concurrent_change', 'Try again in a moment.');
  }
}

/** This installation does not record usage. */
export class UsageNotRecordedError extends KeywardError {
  constructor() {
    super('usage_not_recorded', 'Ask the operator to record usage (`usage.storage`).');
  }
}

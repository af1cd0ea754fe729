import { KeywardError } from '../problems/keyward.error';

/** The policy does not exist, or the caller cannot see it. Both cases get the same response. */
export class PolicyNotFoundError extends KeywardError {
  constructor() {
    super('not_found', 'There is no policy for this organisation or owner.');
  }
}

/** Only administrators, and keys with neither a binding nor an owner, may change policies. */
export class PoliciesForbiddenError extends KeywardError {
  constructor() {
    super('forbidden', 'Use a key that is neither bound to a tenant nor owned by a user.');
  }
}

/** A suspended policy cannot be deleted, because that would resume its keys unnoticed. */
export class PolicySuspendedError extends KeywardError {
  constructor() {
    super('policy_suspended', 'Set status to "active" first, then delete the policy.');
  }
}

/** The policy does not have the version that the caller expects, or other changes came first at every attempt. */
export class PolicyChangedError extends KeywardError {
  constructor(code: 'version_mismatch' | 'concurrent_change') {
    super(code, 'Read the policy again, and repeat the change if it is still right.');
  }
}

import { KeywardError } from '../../problems/keyward.error';

/** The session is not good. Why in detail is nobody's business but the issuer's. */
export class InvalidSessionError extends KeywardError {
  constructor(cause?: unknown) {
    super('invalid_session', 'Sign in again.', {}, { cause });
  }
}

/** The identity provider's keys are not known, and it cannot be asked. */
export class IssuerUnavailableError extends KeywardError {
  constructor(cause: unknown) {
    super('issuer_unavailable', 'Try again in a moment. API keys go on working.', {}, { cause });
  }
}

/** The user is known, and disabled. */
export class UserDisabledError extends KeywardError {
  constructor() {
    super('user_disabled', 'Ask an administrator.');
  }
}

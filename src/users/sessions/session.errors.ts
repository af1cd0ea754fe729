import { KeywardError } from '../../problems/keyward.error';

/** The session is invalid. The response does not reveal the reason. */
export class InvalidSessionError extends KeywardError {
  constructor(cause?: unknown) {
    super('invalid_session', 'Sign in again.', {}, { cause });
  }
}

/** The identity provider is unreachable, and its keys are not cached. */
export class IssuerUnavailableError extends KeywardError {
  constructor(cause: unknown) {
    super('issuer_unavailable', 'Try again in a moment. API keys still work.', {}, { cause });
  }
}

/** The user is disabled. */
export class UserDisabledError extends KeywardError {
  constructor() {
    super('user_disabled', 'Ask an administrator.');
  }
}

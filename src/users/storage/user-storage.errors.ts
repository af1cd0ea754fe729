import { KeywardError } from '../../problems/keyward.error';

/** The issuer's subject is a user already: two first sign-ins at once. */
export class SubjectTakenError extends Error {
  constructor() {
    super('this subject is a user already');
    this.name = 'SubjectTakenError';
  }
}

/** Another user has this name. */
export class UsernameTakenError extends KeywardError {
  constructor() {
    super('username_taken', 'Choose another username.');
  }
}

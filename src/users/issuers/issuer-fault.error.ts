import { KeywardError } from '../../problems/keyward.error';

/**
 * The identity provider answers in a way that lasts until someone changes the set-up: its description redirects, is of another
 * issuer or names no key set. Over HTTP it is a 500 (decision record 0076).
 */
export class IssuerFaultError extends KeywardError {
  constructor(message: string) {
    super('issuer_fault', message);
  }
}

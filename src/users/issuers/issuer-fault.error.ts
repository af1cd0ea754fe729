import { KeywardError } from '../../problems/keyward.error';

/**
 * The identity provider is misconfigured: its metadata URL redirects, or its metadata belongs to another issuer or names no key set. Retries do
 * not help until someone corrects the setup. Over HTTP it is a 500 (decision record 0076).
 */
export class IssuerFaultError extends KeywardError {
  constructor(message: string) {
    super('issuer_fault', message);
  }
}

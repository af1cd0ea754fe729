/**
 * The identity provider answers in a way that lasts until someone changes the set-up: its description redirects, is of another
 * issuer or names no key set. Over HTTP it is a 500 (decision record 0076).
 */
export class IssuerFaultError extends Error {
  readonly code = 'issuer_fault';

  constructor(message: string) {
    super(message);
    this.name = 'IssuerFaultError';
  }
}

import type { HttpRequest } from '../../http/http-request';
import type { ProblemException } from '../../problems/problem.exception';
import type { Requirement } from '../domain/decision';
import type { Admission } from './admission';
import { withHandshake } from './handshake-credential';
import type { PresentedCredential } from './header-credential';
import { KeyAccess, type VerifiedAccess } from './verified-access';

/** The parts of `ScopesGuard` that its subclasses may replace and that apply to a connection. */
interface Hooks {
  credentialOf(request: HttpRequest): PresentedCredential;
  addressOf(request: HttpRequest): string | undefined;
}

/** What a client sent to open a connection. */
export interface Opening {
  /** The request that opens the connection. */
  readonly request: HttpRequest;
  /** What the client sent in addition to the headers, such as the `auth` of Socket.IO. */
  readonly handshake?: unknown;
}

/** A connection with the key that opened it. */
export interface KeyConnection {
  readonly access: VerifiedAccess;
  /**
   * Follows the key. It must stay valid, and keep the rights that it had when the client connected: the application may have
   * used them, for example to add the client to the room of an organisation.
   *
   * @param end called at most once, with the problem, when the key lost something
   * @returns a function that stops following
   */
  follow(end: (problem: ProblemException) => void): () => void;
}

/** Judges who may open a connection. Requires a valid key, but no scopes and no tenant: handlers and messages name those. */
export class ConnectionGuard {
  constructor(
    private readonly guard: object,
    private readonly admission: Admission,
    private readonly hooks: Hooks,
  ) {}

  /**
   * Judges the credential of a connection. Counts it as a use of the key, but not against its rate limits.
   *
   * @param isOpen whether clients without a credential are allowed
   * @returns `undefined` for a client without a credential
   * @throws ProblemException if the connection is rejected
   */
  async admit({ request, handshake }: Opening, isOpen: boolean): Promise<KeyConnection | undefined> {
    const { admission } = this;
    const credential = withHandshake(this.hooks.credentialOf(request), handshake);
    if (credential.kind === 'none' && isOpen) return undefined;
    const requirement: Requirement = {
      scopes: { allOf: [], anyOf: [] },
      tenant: undefined,
      // Read now: a request that ended no longer tells the address of its client.
      clientAddress: this.hooks.addressOf(request),
    };
    const passed = await admission.admit(credential, requirement, 'guard', { uncounted: true });
    const { guard } = this;
    const { scopes, orgId, projectId } = passed.key;
    const followed = { ...requirement, scopes: { allOf: scopes, anyOf: [] }, tenant: { orgId, projectId } };
    return {
      access: new KeyAccess(guard, request, request, guard, guard, passed, undefined),
      follow: (end) =>
        credential.kind === 'token' ? admission.follow(credential.token, followed, end) : () => undefined,
    };
  }
}

import type { TenantContext } from '../domain/binding';
import type { Requirement } from '../domain/decision';
import type { ScopeRequirement } from '../domain/scopes';

/**
 * The requirement of a route for one request. Computes the client's address only if the key has an allowlist. Few keys have
 * one, and the address costs as much time as everything else that is read from a request.
 */
export class RequestRequirement<Request> implements Requirement {
  constructor(
    readonly scopes: ScopeRequirement,
    readonly tenant: TenantContext | undefined,
    private readonly request: Request,
    private readonly addressOf: (request: Request) => string | undefined,
    readonly possession: boolean,
  ) {}

  get clientAddress(): string | undefined {
    return this.addressOf(this.request);
  }
}
